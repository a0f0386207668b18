"""The page of pools: who works in which, which topic goes where; at once, on record, and never over what a colleague changed."""

import re
from html import unescape

import pytest

from securemsg.desk.clinics import clinic
from securemsg.desk.pools import pools_of
from tests.http.browser import Answer
from tests.http.forms import fields
from tests.http.house import HARBOUR, _enrolled
from tests.http.people import Staff, new_key

ID = "0192f0a0-0000-7000-8000-000000000000"


def hired(house, name: str, *roles: str) -> Staff:
    known = _enrolled(house.desk, HARBOUR, f"{name.lower()}@harbour-lane.example", f"{name} Day", "", roles)
    house.desk.known_people.clear()
    somebody = Staff.signed_in(house.browser(), known)
    somebody.steps_up()
    return somebody


@pytest.fixture
def maren(house):
    """The owner, who confirmed a moment ago that it is she."""
    maren = house.staff("Maren")
    maren.steps_up()
    return maren


def does(staff: Staff, act: str, **form: object) -> Answer:
    return staff.browser.submit(staff.path(f"pools/{act}"), {"key": new_key(), "me": staff.known.id} | form)


def page_of(staff: Staff) -> str:
    return unescape(staff.opens("pools/").text)


def pool(house, label: str) -> str:
    found = pools_of(house.desk, clinic(house.desk, HARBOUR).id, fresh=True)
    return next(id for id, known in found.labels.items() if known == label)


def version(staff: Staff) -> str:
    return re.search(r'name="version" value="(\w+)"', page_of(staff))[1]


def topic(house, name: str) -> str:
    return next(each.id for each in clinic(house.desk, HARBOUR).categories if each.name == name)


def made(house, by: Staff, label: str, *people: Staff) -> str:
    """A pool of these people."""
    assert does(by, "", label=label).status == 303
    id = pool(house, label)
    if people:
        assert does(by, f"{id}/people", version=version(by), person=[each.known.id for each in people]).status == 303
    return id


def test_a_pool_is_made_filled_and_given_its_topics_and_decides_at_once_who_sees_what(house, maren):
    tomas, ana, leo = house.staff("Tomas"), house.staff("Ana"), house.visitor()
    leo.opens(category="appointment")
    assert "There is none yet" in page_of(maren) and ana.inbox() == [leo.conversation]
    id = made(house, maren, "Front desk", tomas)
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'appointment')}": id}).status == 303
    assert tomas.inbox() == [leo.conversation] and ana.inbox() == []
    assert ana.opens(f"conversations/{leo.conversation}").status == 404
    page = page_of(maren)
    assert "Topics: <bdi>Appointment</bdi>." in page and "Nobody reads here" not in page and f"pools/{id}/people" in page
    assert f"pools/{id}/remove" not in page
    rows = house.desk.database.read(lambda tx: tx.everywhere.all(
        "SELECT action, actor_id FROM audit WHERE action IN ('pool.added', 'person.pools_changed', 'category.routed')"))
    assert [row.action for row in rows] == ["pool.added", "person.pools_changed", "category.routed"]
    assert {row.actor_id for row in rows} == {maren.known.id}


def test_where_nobody_who_reads_works_the_page_says_so_and_who_sees_it_until_then(house, maren):
    id = made(house, maren, "Bills")
    assert "Nobody reads here" not in page_of(maren), "nothing goes there"
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'billing')}": id}).status == 303
    assert "Nobody reads here" in page_of(maren) and "until somebody does, nurses, doctors" in page_of(maren)
    mona = hired(house, "Mona", "manager")
    assert does(maren, f"{id}/people", version=version(maren), person=mona.known.id).status == 303
    assert "Nobody reads here" in page_of(maren), "who manages reads nothing"
    assert does(maren, f"{id}/people", version=version(maren), person=house.staff("Ana").known.id).status == 303
    assert "Nobody reads here" not in page_of(maren)


def test_an_emptied_pool_with_something_open_says_so_and_the_page_tells_what_goes_with_a_pool(house, maren):
    tomas, ana, leo = house.staff("Tomas"), house.staff("Ana"), house.visitor()
    leo.opens(category="appointment")
    id = made(house, maren, "Nurses", ana)
    assert tomas.does("pool", leo.conversation, pool=id, why="For a nurse.").status == 303
    assert tomas.inbox() == []
    assert does(maren, f"{id}/people", version=version(maren)).status == 303
    assert "Nobody reads here" in page_of(maren) and tomas.inbox() == [leo.conversation]
    assert "who works there then reads all that was written here" in page_of(maren)


def test_somebody_in_two_pools_stays_in_the_other_one(house, maren):
    ana, tomas = house.staff("Ana"), house.staff("Tomas")
    first, second = made(house, maren, "Nurses", ana, tomas), made(house, maren, "Bills", ana)
    assert does(maren, f"{second}/people", version=version(maren)).status == 303
    members = pools_of(house.desk, clinic(house.desk, HARBOUR).id, fresh=True).members
    assert members == {first: {ana.known.id, tomas.known.id}, second: frozenset()}


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(house, maren):
    ana, seen = house.staff("Ana"), ""
    first = made(house, maren, "Nurses")
    seen = version(maren)
    second = made(house, maren, "Bills", ana)
    for act, form in ((f"{first}/people", {"person": ana.known.id}), ("topics", {f"to-{topic(house, 'other')}": first})):
        late = does(maren, act, version=seen, **form)
        assert late.status == 409 and "A colleague has changed the pools" in late.text
    found = pools_of(house.desk, clinic(house.desk, HARBOUR).id, fresh=True)
    assert found.members == {first: frozenset(), second: {ana.known.id}} and set(found.routed.values()) == {None}


def test_a_pool_goes_only_once_nothing_goes_to_it(house, maren):
    id = made(house, maren, "Bills", house.staff("Ana"))
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'billing')}": id}).status == 303
    refused = does(maren, f"{id}/remove")
    assert refused.status == 409 and "Topics still go to this pool" in refused.text
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'billing')}": ""}).status == 303
    assert does(maren, f"{id}/remove").status == 303 and "Bills" not in page_of(maren)
    assert does(maren, f"{id}/remove").status == 404


def test_whoever_ends_the_access_of_the_last_reader_of_a_pool_is_told(house, maren):
    ana = house.staff("Ana")
    id = made(house, maren, "Bills", ana)
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'billing')}": id}).status == 303
    person = f"people/{ana.known.id}"
    assert "Nobody who reads works" not in maren.opens(person).text
    form = {"key": new_key(), "me": maren.known.id}
    assert maren.browser.submit(maren.path(f"{person}/end"), form).status == 303
    assert "Nobody who reads works in the pool Bills now: until somebody does, those see" in maren.opens(person).text


@pytest.mark.parametrize(("label", "sentence"), [
    ("", "say what people call this pool"), ("x" * 61, "in 60 characters at most"), ("Nurses", "of this name already"),
    ("\u200b", "one line that can be read"), ("\u202esesruN", "can be read"), ("Nur\u200bses", "of this name already"),
    ("\uff2eurses", "of this name already")])
def test_a_name_that_does_not_do_is_told_and_stays_typed(house, maren, label, sentence):
    made(house, maren, "Nurses")
    refused = does(maren, "", label=label)
    assert refused.status == 422 and sentence in unescape(refused.text) and fields(refused, "/pools/")["label"] == label


def test_a_name_in_another_script_is_one_too(house, maren):
    for label in ("الاستقبال", "Касса 12", "Склад 12", "12"):
        made(house, maren, label)
        assert label in page_of(maren)
    again = does(maren, "", label=" касса 12")
    assert again.status == 422 and "of this name already" in again.text


@pytest.mark.parametrize(("form", "status"), [
    ({"person": "x"}, 400), ({"person": ID}, 422), ({"person": "\0"}, 400)])
def test_who_cannot_be_chosen_is_refused_with_a_sentence(house, maren, form, status):
    id = made(house, maren, "Nurses")
    assert does(maren, f"{id}/people", version=version(maren), **form).status == status
    assert does(maren, f"{ID}/people", version=version(maren)).status == 404


def test_a_pool_or_topic_that_is_not_there_is_refused(house, maren):
    made(house, maren, "Nurses")
    assert does(maren, "topics", version=version(maren), **{f"to-{topic(house, 'other')}": ID}).status == 422


def test_a_manager_sets_pools_but_not_their_own_and_nobody_else_does(house, maren):
    mona, ana = hired(house, "Mona", "manager", "front_desk"), house.staff("Ana")
    id = made(house, mona, "Nurses", ana)
    own = does(mona, f"{id}/people", version=version(mona), person=[ana.known.id, mona.known.id])
    assert own.status == 422 and "for somebody else to say" in own.text
    assert does(maren, f"{id}/people", version=version(maren), person=[maren.known.id, mona.known.id]).status == 303
    ana.steps_up()
    assert ana.opens("pools/").status == 403 and does(ana, "", label="X").status == 403
    assert "/pools/" not in ana.opens().text


def test_it_asks_once_more_who_it_is(house):
    maren = house.staff("Maren")
    house.clock.passes(minutes=6)
    assert does(maren, "", label="Nurses").status == 401 and "There is none yet" in page_of(maren)
