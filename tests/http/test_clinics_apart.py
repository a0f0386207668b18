"""Several clinics in one service: what belongs to one does not exist for the other."""

import re

import pytest

from tests.http.forms import fields
from tests.http.house import HARBOUR, HILL
from tests.http.people import Visitor, new_key

NOBODYS = "0192f0a0-0000-7000-8000-000000000000"
ACTS = {"reply": {"text": "x"}, "note": {"text": "x"}, "claim": {}, "release": {}, "flag": {"urgent": "1"},
        "close": {"reason": "spam"}, "reopen": {}}


@pytest.fixture
def leo(house):
    """A visitor of Harbour Lane."""
    visitor = house.visitor()
    visitor.opens()
    return visitor


def alike(one, other) -> bool:
    """Whether two refusals tell nothing apart: all but the number of the answer, and the address asked for, is the same."""
    def bare(answer) -> tuple:
        text = re.sub(r"urn:uuid:[0-9a-f-]{36}|[0-9a-f]{8}-[0-9a-f-]{27}", "", answer.text)
        return answer.status, text, sorted(name for name, _ in answer.headers.items()), answer.headers.get("Content-Type")

    return bare(one) == bare(other)


def test_another_clinics_conversation_looks_like_none(house, leo):
    eve = house.staff("Eve")
    for accept in ("text/html", "application/json"):
        foreign, nobodys = (eve.opens(f"conversations/{id}", {"Accept": accept}) for id in (leo.conversation, NOBODYS))
        assert foreign.status == 404 and alike(foreign, nobodys)
    assert eve.inbox() == []


@pytest.mark.parametrize("act", ACTS)
def test_nobody_acts_on_another_clinics_conversation(house, leo, act):
    eve = house.staff("Eve")
    foreign, nobodys = (eve.does(act, id, **ACTS[act]) for id in (leo.conversation, NOBODYS))
    assert foreign.status == 404 and alike(foreign, nobodys)
    assert leo.reads() == ["Is the flu jab free?"] and house.staff("Ana").reads(leo.conversation) == ["Is the flu jab free?"]


def test_a_staff_session_is_worth_nothing_at_another_clinic(house, leo):
    eve = house.staff("Eve")
    token = next(iter(eve.browser.jar.values()))
    eve.browser.jar = {f"securemsg_staff_{HARBOUR}_8000": token}
    eve.clinic = HARBOUR
    for rest in ("", "clinic", f"conversations/{leo.conversation}"):
        assert eve.opens(rest).location.startswith(f"/staff/{HARBOUR}/sign-in")
    assert eve.browser.ask("GET", eve.path("events")).status == 401
    assert eve.replies(leo.conversation, "x").status == 401 and leo.reads() == ["Is the flu jab free?"]


def test_a_token_opens_its_own_clinics_conversation_alone(house, leo):
    elsewhere = leo.token.replace(HARBOUR, HILL)
    unknown = f"smv_{HILL}_{'a' * 43}"
    answers = [house.browser().ask("GET", "/v1/conversation", headers={"Authorization": f"Bearer {token}"})
               for token in (elsewhere, unknown)]
    assert answers[0].status == 401 and alike(*answers)


@pytest.mark.parametrize("rest", ["", "/messages", "/events"])
def test_a_cookie_under_another_clinics_name_opens_nothing(house, rest):
    leo = house.visitor()
    leo.opens(wish="cookie")
    token = next(iter(leo.browser.jar.values()))
    leo.browser.jar = {f"securemsg_visitor_{HILL}_8000": token}
    assert Visitor(leo.browser, HILL).asks("GET", rest).status == 401
    assert leo.asks("GET", rest).status == 401


def test_a_contact_page_shows_its_own_clinics_conversation_alone(house):
    leo = house.visitor()
    leo.opens("Secret", wish="cookie")
    token = next(iter(leo.browser.jar.values()))
    leo.browser.jar = {f"securemsg_visitor_{HILL}_8000": token}
    page = leo.browser.get(f"/contact/{HILL}/conversation")
    assert page.status == 303 and "Secret" not in page.text
    assert leo.browser.submit(f"/contact/{HILL}/conversation", {"text": "x", "key": new_key()}).status == 401
    bearer = house.browser().ask("GET", f"/contact/{HILL}/conversation", headers={"Authorization": f"Bearer {token}"})
    assert bearer.status == 303


def test_one_person_may_write_to_two_clinics_from_one_browser(house):
    browser = house.browser()
    harbour, hill = Visitor(browser, HARBOUR), Visitor(browser, HILL)
    harbour.opens("To the harbour", wish="cookie")
    hill.opens("To the hill", wish="cookie")
    assert (harbour.reads(), hill.reads()) == (["To the harbour"], ["To the hill"])
    assert hill.asks("DELETE").status == 204
    assert harbour.reads() == ["To the harbour"] and hill.asks("GET").status == 401


def test_the_same_key_at_two_clinics_is_two_keys(house):
    key = new_key()
    harbour, hill = house.visitor(), house.visitor(HILL)
    assert harbour.opens(key=key).json["conversation"]["id"] != hill.opens(key=key).json["conversation"]["id"]


def test_the_owner_of_one_clinic_changes_nothing_of_the_other(house):
    eve, before = house.staff("Eve"), house.visitor().card()
    assert eve.browser.get(f"/staff/{HARBOUR}/clinic").status == 303
    assert eve.browser.submit(f"/staff/{HARBOUR}/clinic", {"name": "Mine", "key": new_key()}).status == 303
    assert house.visitor().card() == before


def test_a_category_of_another_clinic_is_none(house):
    eve = house.staff("Eve")
    form = fields(eve.opens("clinic")) | {"category-new-label": "Skiing", "category-new-contact": "none"}
    assert eve.browser.submit(eve.path("clinic"), form).status == 200
    assert house.visitor(HILL).opens(category="skiing").status == 201
    assert house.visitor().opens(category="skiing").status == 422
