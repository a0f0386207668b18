"""Every route answers with the headers of its surface, errors included; a route without a line here fails."""

import re

import pytest

from securemsg.http.headers import SURFACES
from tests.http.house import HARBOUR, opened_house
from tests.http.people import new_key

ID = "0192f0a0-0000-7000-8000-000000000000"
# Each route by the surface of its good answer, and of its answer to somebody who only came across the address.
ROUTES = {
    "static": ("asset", "asset"), "health.loader": ("loader", "loader"), "health.healthz": ("api", "api"),
    "health.readyz": ("api", "api"), "health.home": ("page", "page"), "visitor.card": ("api", "api"),
    "visitor.receipt_keys": ("api", "api"), "visitor.frame": ("frame", "frame"), "visitor.contact": ("page", "page"),
    "visitor.contact_send": ("page", "api"), "visitor.contact_conversation": ("page", "page"),
    "visitor.contact_say": ("page", "api"), "visitor.contact_forget": ("page", "api"), "visitor.window": ("page", "api"),
    **dict.fromkeys(("visitor.open_conversation", "visitor.conversation", "visitor.messages", "visitor.send", "visitor.events",
                     "visitor.opened", "visitor.ticket", "visitor.end"), ("api", "api")),
    **dict.fromkeys(("staff.inbox", "staff.conversation", "owner.clinic"), ("page", "page")), "staff.events": ("api", "api"),
    **dict.fromkeys(("staff.sign_in_page", "staff.start", "staff.enrol"), ("page", "page")),
    **dict.fromkeys(("staff.reply", "staff.note", "staff.claim", "staff.release", "staff.flag", "staff.close", "staff.reopen",
                     "staff.sign_in", "staff.sign_out", "staff.use_link", "staff.do_enrol", "owner.save"), ("page", "api"))}
VALUES = {"slug": HARBOUR, "conversation": ID, "filename": "pages.css"}


def routes(house) -> list[tuple[str, str, str]]:
    """Every route as (endpoint, method, an address of it)."""
    found = []
    for rule in house.app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: VALUES[match[1]], rule.rule)
        found += [(rule.endpoint, method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def assert_dressed(answer, surface: str, what: object) -> None:
    policy, *others = SURFACES[surface]
    headers = answer.headers
    assert [headers[name] for name in ("Referrer-Policy", "Cross-Origin-Resource-Policy", "Cache-Control")] == others, what
    assert headers["Content-Security-Policy"].startswith(policy.partition("{origins}")[0]), what
    assert headers["X-Content-Type-Options"] == "nosniff" and "camera=()" in headers["Permissions-Policy"], what
    assert not [name for name, _ in headers.items() if name.lower().startswith("access-control-")], "no CORS anywhere"
    assert surface == "frame" or headers["Cross-Origin-Opener-Policy"] == "same-origin", what


def test_every_route_has_a_surface(shared):
    assert {endpoint for endpoint, *_ in routes(shared)} == set(ROUTES)


def test_every_route_is_dressed_for_who_only_comes_across_it(shared):
    for endpoint, method, path in routes(shared):
        answer = shared.browser().ask(method, path, headers={"Accept": "*/*"})
        good, otherwise = ROUTES[endpoint]
        is_page = answer.status < 400 and answer.headers["Content-Type"].startswith("text/html") and good == "page"
        surface = "page" if is_page else otherwise
        assert_dressed(answer, surface, (endpoint, answer.status))
        assert answer.status < 500, endpoint


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
    assert "RuntimeError" in caplog.text and "secret" not in caplog.text + answer.text and "leo" not in caplog.text


def test_https_is_insisted_on_where_it_is_used(furnished, tmp_path, shared):
    with opened_house(furnished, tmp_path, public_url="https://messages.example", trusted_proxies="10.0.0.0/8") as house:
        for path in ("/", "/widget.js", "/nowhere", f"/frame/{HARBOUR}"):
            assert house.browser().get(path).headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in shared.browser().get("/").headers


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
