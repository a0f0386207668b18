"""Every route answers with the headers of its surface, errors included; a route without a line here fails."""

import re

import pytest

from securemsg.http.headers import SURFACES
from tests.http.house import HARBOUR, opened_house
from tests.http.people import new_key
from tests.http.routes import ROUTES, every_route


def assert_dressed(answer, surface: str, what: object) -> None:
    policy, *others = SURFACES[surface]
    headers = answer.headers
    assert [headers[name] for name in ("Referrer-Policy", "Cross-Origin-Resource-Policy", "Cache-Control")] == others, what
    assert headers["Content-Security-Policy"].startswith(policy.partition("{origins}")[0]), what
    assert headers["X-Content-Type-Options"] == "nosniff" and "camera=()" in headers["Permissions-Policy"], what
    assert not [name for name, _ in headers.items() if name.lower().startswith("access-control-")], "no CORS anywhere"
    assert surface == "frame" or headers["Cross-Origin-Opener-Policy"] == "same-origin", what


def test_every_route_has_a_surface(shared):
    assert {route.endpoint for route in every_route(shared.app)} == set(ROUTES)


def test_every_route_is_dressed_for_who_only_comes_across_it(shared):
    for route in every_route(shared.app):
        answer = shared.browser().ask(route.method, route.path(), headers={"Accept": "*/*"})
        assert_dressed(answer, route.surface if answer.status < 400 else "api", (route, answer.status))
        assert answer.status < 500, route


def test_every_answer_to_visitors_and_staff_is_dressed(house):
    leo, maren = house.visitor(), house.staff("Maren")
    leo.opens(wish="cookie")
    of_a_conversation = maren.path(f"conversations/{leo.conversation}")
    for who, path in ((leo, "/v1/conversation"), (leo, "/v1/conversation/messages"), (leo, f"/contact/{HARBOUR}/conversation"),
                      (maren, maren.path()), (maren, of_a_conversation), (maren, maren.path("clinic"))):
        answer = who.browser.get(path, {"Securemsg-Clinic": HARBOUR})
        assert answer.status == 200
        assert_dressed(answer, "api" if path.startswith("/v1") else "page", path)
    for act, form in (("reply", {"text": "Yes."}), ("reply", {"text": ""}), ("close", {"reason": ""}), ("claim", {})):
        assert_dressed(maren.does(act, leo.conversation, **form), "page", act)


@pytest.mark.parametrize(("accept", "surface"), [("text/html", "page"), ("application/json", "api")])
@pytest.mark.parametrize("path", ["/nowhere", "/frame/nowhere", "/static/nowhere.js", "/contact/nowhere",
                                  f"/clinics/{HARBOUR}.json"])
def test_errors_are_dressed_by_who_asked(shared, path, accept, surface):
    answer = shared.browser().ask("POST" if path.endswith(".json") else "GET", path, headers={"Accept": accept})
    assert answer.status in (404, 405)
    assert_dressed(answer, surface, path)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_fault_of_ours_is_dressed_and_says_no_more_than_that(house, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("leo@example.org said: " + "secret words")

    monkeypatch.setattr("securemsg.http.visitor.visitor.open", broken)
    answer = house.visitor().opens("secret words")
    assert answer.status == 500 and answer.json["title"] == "Something went wrong"
    assert_dressed(answer, "api", "500")
    (record,) = caplog.records
    assert record.error == "RuntimeError" and record.place.startswith("test_headers.py:")
    assert all(word not in str(vars(record)) + answer.text for word in ("secret", "leo"))


def test_https_is_insisted_on_where_it_is_used(furnished, tmp_path, shared):
    with opened_house(furnished, tmp_path, public_url="https://messages.example", trusted_proxies="10.0.0.0/8") as house:
        for path in ("/", "/widget.js", "/nowhere", f"/frame/{HARBOUR}"):
            assert house.browser().get(path).headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in shared.browser().get("/").headers


def test_the_frame_may_start_one_worker_and_make_no_markup(shared):
    """Under require-corp a worker's script says require-corp too, or does not run."""
    frame, script = shared.browser().get(f"/frame/{HARBOUR}"), shared.browser().get("/static/pages.css")
    policy = frame.headers["Content-Security-Policy"]
    assert "worker-src 'self';" in policy
    assert policy.endswith("require-trusted-types-for 'script'; trusted-types securemsg-solver")
    assert "worker-src" not in shared.browser().get(f"/contact/{HARBOUR}").headers["Content-Security-Policy"]
    assert [answer.headers["Cross-Origin-Embedder-Policy"] for answer in (frame, script)] == ["require-corp"] * 2


def test_pages_need_nothing_that_the_policy_forbids(house):
    """No inline script, style or handler, and nothing from elsewhere."""
    leo, maren = house.visitor(), house.staff("Maren")
    leo.opens(wish="cookie")
    of_a_conversation = maren.path(f"conversations/{leo.conversation}")
    for who, path in ((maren, maren.path()), (maren, of_a_conversation), (maren, maren.path("clinic")),
                      (leo, f"/frame/{HARBOUR}"), (leo, f"/contact/{HARBOUR}"), (leo, f"/contact/{HARBOUR}/conversation"),
                      (leo, maren.path("sign-in")), (leo, maren.path("start")), (leo, "/"), (leo, "/nowhere")):
        text = re.sub(r'<script type="application/json".*?</script>', "", who.browser.get(path).text, flags=re.DOTALL)
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text), path
        loaded = re.findall(r'<(?:script|img|link|iframe)[^>]*\s(?:src|href)="([^"]+)"', text)
        assert all(address.startswith(("/static/", "data:image/svg")) for address in loaded), path
        assert new_key() not in text
