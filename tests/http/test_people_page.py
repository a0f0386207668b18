"""The owner's page of people: somebody new comes, roles change, somebody leaves; and what they held is handed over."""

import base64
import html
import re

import pytest

from securemsg.desk.access import ROLES, Who
from securemsg.http.role_words import ALLOWS
from tests.http.browser import Answer
from tests.http.forms import every_form, fields
from tests.http.house import HARBOUR, PASSWORD, furnish
from tests.http.people import Staff, code, new_key
from tests.http.running import listening, started

NEW = {"name": "Ida Vale", "title": "Nurse", "email": "ida@harbour-lane.example", "role": "nurse"}


@pytest.fixture
def maren(house):
    """The owner, who confirmed a moment ago that it is she."""
    maren = house.staff("Maren")
    maren.steps_up()
    return maren


def does(staff, act: str, **form: str) -> Answer:
    return staff.browser.submit(staff.path(f"people/{act}"), {"key": new_key(), "me": staff.known.id} | form)


def page_of(maren, whose) -> Answer:
    return maren.opens(f"people/{whose.known.id}")


def link_in(page: Answer) -> str:
    """The secret of the link that a page shows."""
    return re.search(rf"/staff/{HARBOUR}/start#([\w-]+)", page.text)[1]


def follows(house, secret: str) -> tuple[Staff, Answer]:
    """Somebody with the link, in a browser of their own."""
    somebody = Staff(house.browser(), HARBOUR)
    return somebody, somebody.browser.submit(somebody.path("start"), {"secret": secret, "key": new_key()})


def test_somebody_new_comes_by_the_link_that_is_shown_once(house, maren):
    shown = does(maren, "", **NEW)
    assert shown.status == 200 and "only now" in shown.text
    ida, answer = follows(house, link_in(shown))
    assert answer.status == 303
    page = ida.opens("enrol")
    key = re.search(r'id="key-text">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    form = fields(page, "/enrol") | {"password": PASSWORD, "code": code(secret, house.clock.ahead // 1_000_000)}
    assert ida.browser.submit(ida.path("enrol"), form).status == 200
    assert "Ida Vale" in ida.opens().text
    listed = maren.opens("people/").text
    assert "<bdi>Ida Vale</bdi>" in listed and "ida@harbour-lane.example" in listed
    assert link_in(shown) not in listed and follows(house, link_in(shown))[1].status == 422


@pytest.mark.parametrize(("field", "value", "sentence"), [
    ("name", " ", "give the person's name"), ("email", "ida", "is not an email address"), ("role", "king", "at least one role"),
    ("email", "ANA@harbour-lane.example ", "address is taken")])
def test_what_does_not_fit_is_told_and_stays_typed(maren, field, value, sentence):
    refused = does(maren, "", **NEW | {field: value})
    assert refused.status == 422 and sentence in html.unescape(refused.text)
    assert fields(refused, "/people/")["title"] == "Nurse" and "Ida Vale" not in maren.opens("people/").text


def test_each_role_says_what_it_allows_and_promises_no_more(maren):
    page = html.unescape(maren.opens("people/").text)
    for role, allows in ALLOWS.items():
        assert f'id="r-{role}">{allows}</p>' in page and f'value="{role}" aria-describedby="r-{role}"' in page
        may = Who("staff", "", roles=frozenset({role})).may
        assert may("read") == (allows.startswith("Reads and answers") or role == "staff")
        assert may("break_glass") == ("emergency" in allows or role == "staff")
        assert may("audit") == ("who did what" in allows) and may("pools") >= ("looks after pools" in allows)
    assert ALLOWS.keys() == ROLES.keys()


def test_roles_change_and_the_person_signs_in_anew_with_them(house, maren):
    ana = house.staff("Ana")
    assert ana.opens().status == 200 and ana.opens("people/").status == 403
    assert does(maren, f"{ana.known.id}/roles", role="owner").status == 303
    assert ana.opens().status == 303, "no page goes on with the rights of before"
    house.clock.passes(minutes=1)
    assert ana.signs_in(PASSWORD, ana.code(house.clock.ahead // 1_000_000)).status == 303
    assert ana.opens("people/").status == 200
    assert does(maren, f"{ana.known.id}/roles").status == 422, "without any role"


def test_a_new_link_replaces_what_was_lost(house, maren):
    ana = house.staff("Ana")
    page = does(maren, f"{ana.known.id}/link")
    assert page.status == 200 and follows(house, link_in(page))[1].status == 303


def test_who_leaves_is_out_at_once_and_the_conversations_are_handed_over(house, maren):
    ana, tomas, visitors = house.staff("Ana"), house.staff("Tomas"), [house.visitor() for _ in range(3)]
    for visitor in visitors:
        visitor.opens()
        assert ana.does("claim", visitor.conversation).status == 303
    one, two, three = (visitor.conversation for visitor in visitors)
    assert does(maren, f"{ana.known.id}/end").status == 303 and ana.opens().status == 303
    page = page_of(maren, ana)
    assert "no access since" in page.text and all(f'name="to-{id}"' in page.text for id in (one, two, three))
    given = fields(page, "/hand-over") | {f"to-{one}": tomas.known.id, f"to-{two}": "", f"to-{three}": "stay"}
    assert maren.browser.submit(maren.path(f"people/{ana.known.id}/hand-over"), given).status == 303
    assert tomas.inbox("mine") == [one] and "There is none left" not in page_of(maren, ana).text
    claims = [item["data"].get("name") for item in visitors[0].items() if item["kind"] == "system.claimed"]
    assert claims == ["Ana Ruiz", "Tomas Berg"]
    assert visitors[1].reads().count("system.claimed") == 1, "of whoever is free the visitor hears when somebody is"
    assert does(tomas, f"{ana.known.id}/hand-over", **{f"to-{three}": tomas.known.id}).status == 403
    assert tomas.does("claim", two).status == 303
    again = maren.browser.submit(maren.path(f"people/{ana.known.id}/hand-over"), given | {f"to-{two}": maren.known.id})
    assert again.status == 303 and tomas.inbox("mine") == [one, two], "what somebody has taken since stays theirs"
    rows = house.desk.database.read(lambda tx: tx.everywhere.all(
        "SELECT action, actor_id FROM audit WHERE"
        " action IN ('person.disabled', 'conversation.handed_over', 'conversation.released')"))
    assert sorted(row.action for row in rows) == ["conversation.handed_over", "conversation.released", "person.disabled"]
    assert {row.actor_id for row in rows} == {maren.known.id}


def test_nobody_is_given_a_conversation_who_cannot_answer(house, maren):
    ana, leo = house.staff("Ana"), house.visitor()
    leo.opens()
    ana.does("claim", leo.conversation)
    early = does(maren, f"{ana.known.id}/hand-over", **{f"to-{leo.conversation}": house.staff("Tomas").known.id})
    assert early.status == 409 and "still works here" in early.text and ana.inbox("mine") == [leo.conversation]
    does(maren, f"{ana.known.id}/end")
    ida = re.search(r"/people/([0-9a-f-]{36})\">Continue|people/([0-9a-f-]{36})", does(maren, "", **NEW).text)
    for taker in (ida[1] or ida[2], ana.known.id, maren.known.id, "nobody"):
        refused = does(maren, f"{ana.known.id}/hand-over", **{f"to-{leo.conversation}": taker})
        assert refused.status == 422 and "choose again" in refused.text
    page = page_of(maren, ana).text
    assert f'name="to-{leo.conversation}"' in page and f'<option value="{maren.known.id}"' not in page, "nor is oneself offered"


def test_the_last_owner_and_oneself_stay(house, maren):
    refused = does(maren, f"{maren.known.id}/end")
    assert refused.status == 422 and "your own access" in html.unescape(refused.text)
    assert "End access" not in page_of(maren, maren).text
    assert does(maren, f"{maren.known.id}/roles", role="nurse").status == 422
    assert maren.opens("people/").status == 200


@pytest.mark.parametrize("act", ["", "roles", "link", "end", "hand-over"])
def test_each_act_waits_until_it_is_confirmed_and_nothing_typed_is_lost(house, maren, act):
    house.clock.passes(minutes=6)
    ana = house.staff("Ana")
    waits = does(maren, f"{ana.known.id}/{act}" if act else "", **NEW)
    [form] = [form for _, form in every_form(waits) if "step_up_code" in form]
    assert waits.status == 401 and {name: form[name] for name in NEW} == NEW
    assert ana.opens().status == 200 and "Ida Vale" not in maren.opens("people/").text


def test_one_clinics_owner_does_nothing_to_anothers_people(house, maren):
    eve = house.staff("Eve")
    for act in ("", "/roles", "/link", "/end", "/hand-over"):
        path = f"people/{eve.known.id}{act}"
        answer = maren.opens(path) if not act else does(maren, path.removeprefix("people/"), role="nurse")
        assert answer.status == 404, act
    assert eve.opens().status == 200


def test_a_page_that_stayed_open_does_nothing_in_anothers_name(house, maren):
    ana = house.staff("Ana")
    late = does(maren, f"{ana.known.id}/end", me=ana.known.id)
    assert late.status == 409 and ana.opens().status == 200


def test_who_leaves_is_out_within_a_second_in_every_process(postgresql, migrated_postgresql, tmp_path):
    """The owner presses the button at one process; the stream and the pages of the other hear of it."""
    name, folders = postgresql.create(migrated_postgresql), [tmp_path / each for each in ("template", "one", "two")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "data").mkdir()
    known = furnish(folders[0], postgresql.url(name))
    with started(folders[1], folders[0], known, postgresql.url(name)) as one, \
            started(folders[2], folders[0], known, postgresql.url(name)) as two:
        maren, ana, tomas = one.staff("Maren"), two.staff("Ana"), two.staff("Tomas")
        maren.steps_up()
        with listening(ana) as stream, listening(tomas) as other:
            assert does(maren, f"{ana.known.id}/end").status == 303
            stream.ends(1)
            assert stream.events()[-1]["event"] == "end" and not other.ended
        assert ana.opens().status == 303 and tomas.opens().status == 200
    postgresql.drop(name)
