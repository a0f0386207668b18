"""Every route answers with the headers of its surface, errors included; a route without a line here fails."""

import re
from collections.abc import Iterator
from itertools import chain

import pytest

from securemsg import errors
from securemsg.http import headers
from securemsg.registry import Registry
from tests.http.browser import Answer
from tests.http.dressed import assert_dressed
from tests.http.house import HARBOUR, House, opened_house
from tests.http.people import new_key
from tests.http.routes import ROUTES, every_route
from tests.plugins import visits

ERRORS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.Error)]
# Every status that an answer of a surface can have. One that is new belongs here, and is looked at like the others.
REFUSED = {400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 416, 422, 428, 429, 500, 503, 507}
STATUSES = {"api": {200, 201, 204} | REFUSED, "page": {200, 303, 308} | REFUSED, "frame": {200}, "list": {200, 304},
            "loader": {200, 206, 304}, "asset": {200, 206, 304}}


Looked = Iterator[tuple[Answer, str, object]]  # an answer, the surface it should be of, what it is an answer to


def strangers(house: House) -> Looked:
    """Every route, by somebody who only came across its address."""
    for route in every_route(house.app):
        for accept in ("*/*", "text/html"):
            answer = house.browser().ask(route.method, route.path(), headers={"Accept": accept})
            refused = "page" if answer.headers["Content-Type"].startswith("text/html") else "api"
            yield answer, route.surface if answer.status < 400 else refused, route


def wrong(house: House, error: type[Exception]) -> Looked:
    """Every route when something goes wrong in it, after it has said what it is; asked for a page and for JSON."""
    for route in every_route(house.app):
        def fails(surface=route.surface, **_):
            if surface not in ("api", "page"):  # these are not said; the answer's type tells them apart
                headers.surface(surface)
            raise error

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(house.app.view_functions, route.endpoint, fails)
            for accept, surface in (("text/html", "page"), ("application/json", "api")):
                answer = house.browser().ask(route.method, route.path(), headers={"Accept": accept})
                always_json = route.rule.startswith(("/v1/", "/api/"))
                yield answer, "page" if answer.status == 303 else "api" if always_json else surface, route


def people(house: House) -> Looked:
    """What visitors and staff do all day."""
    leo, mia, maren = house.visitor(), house.visitor(), house.staff("Maren")
    yield mia.opens(), "api", "an opening"
    yield mia.says("more"), "api", "a message"
    yield mia.asks("POST", "/opened", {"upto_seq": 1}), "api", "opened"
    leo.opens(wish="cookie")
    of_a_conversation = maren.path(f"conversations/{leo.conversation}")
    for who, path in ((leo, "/v1/conversation"), (leo, "/v1/conversation/messages"), (leo, f"/contact/{HARBOUR}/conversation"),
                      (maren, maren.path()), (maren, of_a_conversation), (maren, maren.path("clinic"))):
        answer = who.browser.get(path, {"Securemsg-Clinic": HARBOUR})
        assert answer.status == 200
        yield answer, "api" if path.startswith("/v1") else "page", path
    for act, form in (("reply", {"text": "Yes."}), ("reply", {"text": ""}), ("close", {"reason": ""}), ("claim", {})):
        yield maren.does(act, leo.conversation, **form), "page", act
    yield mia.asks("DELETE"), "api", "the end"


def files(house: House) -> Looked:
    """Files whole, in part, unchanged; and asked for in ways that no browser has."""
    yield house.browser().get(f"/frame/{HARBOUR}"), "frame", "the frame"
    for path, surface in (("/widget.js", "loader"), ("/static/pages.css", "asset")):
        known = house.browser().get(path).headers["ETag"]
        for told in ({}, {"If-None-Match": known}, {"If-None-Match": "*"}, {"If-None-Match": 'W/"' + "x" * 2000},
                     {"If-None-Match": ","}, {"If-Modified-Since": "yesterday"}, {"Range": "bytes=0-9"}, {"If-Range": "x"}):
            yield house.browser().get(path, told), surface, told
        for told in ("bytes=9999999-", "bytes=9-1", "lines=1-2"):
            for accept, refused in (("text/html", "page"), ("*/*", "api")):
                answer = house.browser().ask("GET", path, headers={"Accept": accept, "Range": told})
                assert "could not be read" in answer.text, told
                yield answer, refused, told


def words(house: House) -> Looked:
    """The clinic's words for the safety notice, and the same again."""
    before, path = house.desk.registry, f"/v1/clinics/{HARBOUR}/safety.json"
    house.desk.registry = Registry.of({"visits": visits})
    first = house.browser().get(path)
    yield first, "list", "the list"
    yield house.browser().get(path, {"If-None-Match": first.headers["ETag"]}), "list", "the same again"
    house.desk.registry = before


def elsewhere(house: House) -> Looked:
    """Where there is nothing."""
    yield house.browser().get(f"/staff/{HARBOUR}"), "page", "a missing slash"
    for accept, surface in (("text/html", "page"), ("*/*", "api")):
        for method, path in (("GET", "/nowhere"), ("BREW", "/"), ("POST", "/widget.js"), ("GET", "/static/nowhere.js")):
            yield house.browser().ask(method, path, headers={"Accept": accept}), surface, (method, path)


@pytest.fixture(scope="module")
def secure(furnished, tmp_path_factory) -> Iterator[House]:
    """The house as people reach it from outside: by https."""
    with opened_house(furnished, tmp_path_factory.mktemp("secure"), public_url="https://messages.example",
                      trusted_proxies="10.0.0.0/8") as house:
        yield house


def test_every_route_has_a_surface(shared):
    assert {route.endpoint for route in every_route(shared.app)} == set(ROUTES)


@pytest.mark.parametrize("which", [strangers, people, files, words, elsewhere], ids=lambda which: which.__name__)
def test_every_answer_is_dressed(secure, shared, which):
    for house in (secure, shared):
        for answer, surface, what in which(house):
            assert_dressed(answer, surface, what, https=house is secure)
            assert answer.status < 500, what


@pytest.mark.parametrize("error", [*ERRORS, RuntimeError], ids=lambda error: error.__name__)
def test_every_route_is_dressed_whatever_goes_wrong_in_it(secure, error):
    for answer, surface, route in wrong(secure, error):
        assert_dressed(answer, surface, route, https=True)
        assert answer.status == _status_of(error, route), (route, error)
        assert "Location" in answer.headers or '"detail":"' in answer.text or "data-problem" in answer.text, "no sentence"


def _status_of(error: type[Exception], route) -> int:
    if issubclass(error, errors.Misconfigured):
        return 503
    if issubclass(error, errors.Unknown) and route.rule.startswith("/staff/") and route.surface == "page":
        return 303  # to where one signs in
    return getattr(error, "status", 500)


def test_every_status_of_every_surface_was_looked_at(secure):
    """What was looked at above is all that the table lists, and nothing else."""
    seen: dict[str, set[int]] = {surface: set() for surface in STATUSES}
    for answer, surface, _ in chain(strangers(secure), people(secure), files(secure), words(secure), elsewhere(secure),
                                    *(wrong(secure, error) for error in [*ERRORS, RuntimeError])):
        seen[surface].add(answer.status)
    assert seen == STATUSES


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

    monkeypatch.setattr("securemsg.http.visitor.first_message.open", broken)
    answer = house.visitor().opens("secret words")
    assert answer.status == 500 and answer.json["title"] == "Something went wrong"
    assert_dressed(answer, "api", "500")
    (record,) = caplog.records
    assert record.error == "RuntimeError" and record.place.startswith("test_headers.py:")
    assert all(word not in str(vars(record)) + answer.text for word in ("secret", "leo"))


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
