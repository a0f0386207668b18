"""Somebody else's page cannot make staff or visitors do anything; and looking changes nothing."""

import re

import pytest

from securemsg.desk.clinics import clinic
from securemsg.registry import Registry
from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import new_key
from tests.http.routes import ROUTES, VALUES
from tests.http.test_pools_page import made
from tests.plugins import visits

FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": site, "Origin": origin} for site, origin in (
        ("cross-site", "https://evil.example"), ("same-site", "https://a.example"), ("none", ""), ("", "https://evil.example"),
        ("", "null"), ("", ""), ("", "http://localhost:8000.evil.example"))]
ACTS = {"reply": {"text": "Yes."}, "note": {"text": "Yes."}, "claim": {}, "release": {}, "flag": {"urgent": "1"},
        "close": {"reason": "spam"}, "reopen": {}}


@pytest.mark.parametrize("told", FROM_ELSEWHERE)
def test_no_form_of_another_site_counts(house, told):
    leo, maren = house.visitor(), house.staff("Maren")
    leo.opens(wish="cookie")
    for act, form in ACTS.items():
        assert maren.does(act, leo.conversation, told, **form).status == 403, act
    assert maren.browser.submit(maren.path("clinic"), {"name": "Mine", "key": new_key()}, told).status == 403
    assert maren.browser.submit(maren.path("sign-out"), {"key": new_key()}, told).status == 403
    assert leo.browser.submit(f"/contact/{HARBOUR}/conversation", {"text": "x", "key": new_key()}, told).status == 403
    assert leo.browser.submit(f"/contact/{HARBOUR}/forget", {"key": new_key()}, told).status == 403
    assert maren.opens().status == 200 and leo.reads() == ["Is the flu jab free?"] and leo.card()["name"] != "Mine"


@pytest.mark.parametrize("told", FROM_ELSEWHERE)
def test_nobody_is_signed_in_or_made_to_write_from_another_site(house, told):
    ana, stranger = house.staff("Ana"), house.browser()
    house.clock.passes(minutes=1)
    form = {"email": ana.known.email, "password": PASSWORD, "code": ana.code(60), "key": new_key()}
    assert stranger.submit(ana.path("sign-in"), form, told).status == 403
    assert stranger.submit(ana.path("start"), {"secret": "x" * 43, "key": new_key()}, told).status == 403
    consent = house.visitor().card()["consent"]["sha256"]
    opening = {"category": "other", "about": "me", "text": "x", "consent": consent, "key": new_key()}
    assert stranger.submit(f"/contact/{HARBOUR}", opening, told).status == 403
    assert not stranger.jar and ana.inbox() == []


def test_an_origin_is_enough_where_a_browser_says_no_more(house):
    leo, maren = house.visitor(), house.staff("Maren")
    leo.opens()
    assert maren.does("claim", leo.conversation, {"Sec-Fetch-Site": "", "Origin": house.url}).status == 303


# Not to be seen by these two: without a token, a file, a provider, or the right to break a glass or to look at the log.
ELSEWHERE = {"measures.metrics", "contact_forms.file", "elsewhere.leave", "elsewhere.back", "step_up.leave",
             "step_up.waiting_act", "glass.page", "glass.break_glass"}


def test_looking_changes_nothing(house):
    """Every address that can be opened, opened by everybody who is signed in: all is as it was."""
    house.desk.registry = Registry.of({"visits": visits})
    leo, maren = house.visitor(), house.staff("Maren")
    maren.steps_up()
    leo.opens(wish="cookie")
    leo.browser.jar |= maren.browser.jar
    ready = {"label": "Hours", "language": "en", "text": "8 to 18.", "me": maren.known.id, "key": new_key()}
    assert maren.browser.submit(maren.path("templates/new"), ready).status == 303
    nurses = made(house, maren, "Nurses")
    before = state(house, leo, maren)
    values = VALUES | {"conversation": leo.conversation, "clinic": clinic(house.desk, HARBOUR).id, "person": maren.known.id,
                       "pool": nurses, "template": maren.opens("templates.json").json["items"][0]["id"]}
    for rule in house.app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], rule.rule)
        if not path.endswith("/events"):
            answer = leo.browser.get(path, {"Securemsg-Clinic": HARBOUR})
            theirs = rule.endpoint in ELSEWHERE or ROUTES.get(rule.endpoint, ("", ""))[1] == "compliance"
            assert answer.status in (200, 303, 405) or theirs, (path, answer.status)
    assert state(house, leo, maren) == before


def state(house, leo, maren) -> list:
    rows = house.desk.database.read(lambda tx: [tx.everywhere.all(each) for each in (
        "SELECT claimed_by, closed_at, last_seq, note_seq, urgency FROM conversations",
        "SELECT count(*) AS n FROM messages", "SELECT id, ended_at FROM staff_sessions ORDER BY id",
        "SELECT id, ended_at FROM visitor_sessions ORDER BY id",
        "SELECT version, profile FROM clinics ORDER BY id", "SELECT count(*) AS n FROM tickets", "SELECT * FROM invites")])
    return [*map(str, rows), leo.reads(), maren.inbox()]
