"""Who sees which conversations: by roles and pools, in lists, in search and by address alike."""

import pytest

from securemsg.desk import glass, handing_over, lists, people, pooling, reach
from securemsg.desk.access import Who
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.search import search
from securemsg.desk.system import conversations as listing
from securemsg.errors import Conflict, Forbidden, Missing, Refused
from securemsg.http.heard import heard
from securemsg.live import Signal
from tests.clinic import CARD, Practice
from tests.people import Staff, Visitor

BILLING = ("billing", "Billing", True, "optional")
VIEWS = ("open", "closed", "todo")


@pytest.fixture
def pooled(clinic: Practice) -> Practice:
    """Questions about bills go to the billing pool, appointments to the front desk, and somebody works in each; the rest to no
    pool."""
    clinic.saves(categories=(*CARD.categories, BILLING))
    for name in ("billing", "front-desk"):
        pooling.add(clinic.desk, clinic.service, clinic.home, name, name.capitalize(), clinic.clock.tick())
    for category, pool, role in (("billing", "billing", "billing"), ("appointment", "front-desk", "front_desk")):
        pooling.route(clinic.desk, clinic.service, clinic.home, category, pool, clinic.clock.tick())
        works_in(clinic.hires("Una Vik", None, role), pool)
    clinic.sql("UPDATE people SET enrolled_at = created_at")
    clinic.desk.known_people.clear()
    return clinic


def works_in(somebody: Staff, *names: str) -> Staff:
    clinic = somebody.clinic
    pooling.put_members(clinic.desk, clinic.service, clinic.home, somebody.person, names, clinic.clock.tick())
    return somebody


def asks(clinic: Practice, category: str) -> Visitor:
    visitor = clinic.visitor()
    visitor.opens(f"a question for {category}", category=category, contact=("email", f"{category}@x.example"))
    return visitor


def sees(somebody: Staff) -> set[str]:
    """All that lists, search and the API show."""
    desk, now = somebody.clinic.desk, somebody.clinic.clock.tick()
    listed = {id for view in VIEWS for id in somebody.inbox(view)}
    found = {each.conversation.id for each in search.search(desk, somebody.who, "question", "", now).results}
    page, _ = listing.page(desk, somebody.clinic.home, somebody.who, listing.Wanted(), None, 50)
    assert listed == found == {row["id"] for row in page}
    assert lists.counts(desk, somebody.who)[0] == len(listed)
    return listed


def test_without_pools_everybody_at_work_sees_everything(clinic):
    visitors = [asks(clinic, name) for name in ("appointment", "other")]
    for role in ("front_desk", "nurse", "doctor", "billing", "staff"):
        assert sees(clinic.hires("Ana Ruiz", None, role)) == {each.conversation for each in visitors}, role


def test_with_pools_each_sees_their_own_and_what_is_in_none_those_who_look_after_it(pooled):
    bill, date, rest = (asks(pooled, name).conversation for name in ("billing", "appointment", "other"))
    wanted = {"front_desk": {date}, "billing": {date}, "nurse": {date, rest}, "doctor": {date, rest}, "staff": {date, rest}}
    for role, seen in wanted.items():
        assert sees(works_in(pooled.hires("Ana Ruiz", None, role), "front-desk")) == seen, role
    assert sees(works_in(pooled.hires("Bo Lind", None, "billing"), "billing")) == {bill}
    assert sees(pooled.hires("Cy Ray", None, "front_desk")) == set()


def test_who_took_a_conversation_sees_it_until_it_is_handed_back(pooled):
    bill, clerk = asks(pooled, "billing"), works_in(pooled.hires("Bo Lind", None, "billing"), "billing")
    clerk.opens(bill)
    clerk.claims()
    works_in(clerk, "front-desk")
    assert sees(clerk) == {bill.conversation}
    clerk.releases()
    assert sees(clerk) == set()


def test_a_conversation_of_another_pool_looks_like_none_and_the_attempt_is_on_record(pooled):
    bill, nurse = asks(pooled, "billing"), pooled.hires()
    tried = (lambda: nurse.opens(bill), lambda: nurse.replies("Hello", to=bill), lambda: nurse.notes("x", to=bill),
             lambda: nurse.claims(to=bill), lambda: nurse.closes(to=bill), lambda: nurse.flags(to=bill))
    for attempt in tried:
        with pytest.raises(Missing) as refused:
            attempt()
        with pytest.raises(Missing) as unknown:
            nurse.opens("0192f0a0-0000-7000-8000-000000000000")
        assert str(refused.value) == str(unknown.value)
    rows = [row for row in pooled.rows("audit", action="conversation.refused") if row.object_id == bill.conversation]
    assert len(rows) >= len(tried) and {(row.outcome, row.actor_id) for row in rows} == {("refused", nurse.who.id)}
    assert pooled.rows("messages", conversation_id=bill.conversation)[-1].seq == 1
    reference = pooled.rows("conversations")[0].reference
    assert search.search(pooled.desk, nurse.who, reference, "", pooled.clock.tick()).results == []
    assert search.search(pooled.desk, nurse.who, "billing@x.example", "", pooled.clock.tick()).results == []


def test_a_row_that_somebody_put_into_the_database_opens_no_pool(pooled):
    bill, nurse = asks(pooled, "billing"), works_in(pooled.hires(), "front-desk")
    pool = pooled.rows("pools", name="billing")[0].id
    pooled.sql("UPDATE pool_members SET pool_id = :pool WHERE person_id = :id", pool=pool, id=nurse.who.id)
    pooled.desk.known_pools.clear()
    assert bill.conversation not in sees(nurse)
    front = pooled.rows("pools", name="front-desk")[0].id
    pooled.sql("UPDATE categories SET pool_id = :pool WHERE name = 'billing'", pool=front)
    pooled.desk.known_pools.clear()
    assert sees(pooled.hires("Cy Ray", None, "front_desk")) == set()  # only who looks after what is in none


def test_a_membership_that_ended_is_none_in_an_older_copy_either(pooled):
    bill, clerk = asks(pooled, "billing"), works_in(pooled.hires("Bo Lind", None, "billing"), "billing")
    [before] = pooled.rows("pool_members", person_id=clerk.who.id)
    works_in(clerk)
    Ledger(pooled.desk).catch_up()
    pooled.desk.ended.look()
    pooled.desk.database.write(lambda tx: tx.insert("pool_members", **before._asdict()))
    pooled.desk.known_pools.clear()
    assert sees(clerk) == set()
    assert bill.conversation in sees(works_in(clerk, "billing"))


def test_manager_and_compliance_see_that_there_are_conversations_and_no_word_of_them(pooled):
    bill = asks(pooled, "billing")
    for role, act in (("manager", "inbox"), ("manager", "claim"), ("compliance", "hold"), ("compliance", "export")):
        somebody = pooled.hires("Mo Day", None, role)
        assert reach.own(pooled.desk, somebody.who, bill.conversation, act).id == bill.conversation
        with pytest.raises(Forbidden):
            somebody.opens(bill)
        with pytest.raises(Forbidden):
            search.search(pooled.desk, somebody.who, "question", "", pooled.clock.tick())


def test_pools_are_for_the_owner_to_set(pooled):
    nurse, owner = pooled.hires(), pooled.hires("Ola Nor", None, "owner")
    with pytest.raises(Forbidden):
        pooling.put_members(pooled.desk, nurse.who, pooled.home, nurse.person, ("billing",), pooled.clock.tick())
    pooling.put_members(pooled.desk, owner.who, pooled.home, nurse.person, ("billing",), pooled.clock.tick())
    with pytest.raises(Missing, match="no pool 'x'"):
        pooling.put_members(pooled.desk, owner.who, pooled.home, nurse.person, ("x",), pooled.clock.tick())
    with pytest.raises(Refused, match="already"):
        pooling.add(pooled.desk, owner.who, pooled.home, "billing", "Again", pooled.clock.tick())
    with pytest.raises(Missing, match="no topic 'x'"):
        pooling.route(pooled.desk, owner.who, pooled.home, "x", "billing", pooled.clock.tick())


def test_systems_and_the_service_have_the_whole_clinic(pooled):
    bill = asks(pooled, "billing")
    for who in (pooled.service, Who("system", pooled.home.id, roles=frozenset({"conversations:read"}))):
        assert reach.own(pooled.desk, who, bill.conversation).id == bill.conversation
    assert glass.open_for(pooled.desk, pooled.service) == ()


@pytest.mark.parametrize("roles", [("front_desk", "compliance"), ("manager", "front_desk")])
def test_the_right_of_one_role_to_every_pool_does_not_widen_what_another_may_read(pooled, roles):
    bill, somebody = asks(pooled, "billing"), pooled.hires("Ola Nor", None, *roles)
    now = pooled.clock.tick()
    tried = (lambda: somebody.opens(bill), lambda: somebody.replies("Hello", to=bill), lambda: somebody.notes("x", to=bill))
    for attempt in tried:
        with pytest.raises(Missing):
            attempt()
    assert search.search(pooled.desk, somebody.who, "question", "", now).results == []
    row = pooled.rows("conversations", id=bill.conversation)[0]
    assert listing.shown(pooled.desk, pooled.home, somebody.who, row, now)["visitor"] is None
    assert reach.includes(pooled.desk, somebody.who, bill.conversation, "events"), "that there is one they know"
    works_in(somebody, "billing")
    assert somebody.reads(bill) == ["a question for billing"]


def test_who_manages_and_works_at_the_desk_takes_nothing_of_another_pool_and_so_reads_it(pooled):
    bill, both = asks(pooled, "billing"), pooled.hires("Mo Day", None, "manager", "front_desk")
    assert bill.conversation in both.inbox()
    with pytest.raises(Conflict, match="another team"):
        both.claims(to=bill)
    with pytest.raises(Missing):
        both.opens(bill)
    pooled.hires("Max Low", None, "manager").claims(to=bill)  # who manages, and reads nothing anywhere


def leaves(somebody: Staff):
    """Their access has ended; the person as they are known from now on."""
    clinic = somebody.clinic
    people.disable(clinic.desk, clinic.service, clinic.home, somebody.person, clinic.clock.tick())
    return people.everyone(clinic.desk, clinic.home.id)[somebody.person.id]


def test_nobody_takes_a_conversation_from_who_works_here_nor_for_themselves_nor_for_another_team(pooled):
    bill, clerk = asks(pooled, "billing"), works_in(pooled.hires("Bo Lind", None, "billing"), "billing")
    owner, nurse = (pooled.hires(name, None, role) for name, role in (("Ola Nor", "owner"), ("Ana Ruiz", "nurse")))
    other = works_in(pooled.hires("Cy Ray", None, "billing"), "billing")
    for somebody in (owner, nurse, other):
        somebody.enrols()
    clerk.opens(bill)
    clerk.claims()

    def gives(person, taker: Staff) -> int:
        return handing_over.hand_over(pooled.desk, owner.who, pooled.home, person, {bill.conversation: taker.who.id},
                                      pooled.clock.tick())

    with pytest.raises(Conflict, match="still works here"):
        gives(clerk.person, other)
    gone = leaves(clerk)
    for taker in (owner, nurse):
        with pytest.raises(Refused, match="another team"):
            gives(gone, taker)
    works_in(owner, "billing")
    with pytest.raises(Refused):
        gives(gone, owner)
    assert gives(gone, other) == 1 and other.inbox("mine") == [bill.conversation]


def test_a_stream_names_no_conversation_out_of_reach_nor_who_types_there(pooled):
    bill, nurse, owner = asks(pooled, "billing"), pooled.hires(), pooled.hires("Mo Day", None, "manager")
    clerk = works_in(pooled.hires("Bo Lind", None, "billing"), "billing")
    for kind in ("changed", "opened", "typing"):
        signal = Signal(kind, bill.conversation, 1, nurse.who.id)
        for somebody in (clerk, owner):
            assert bill.conversation in "".join(heard(pooled.desk, somebody.who, signal)), kind
        told = "".join(heard(pooled.desk, nurse.who, signal))
        assert told == ("event: opened\ndata: {}\n\n" if kind == "changed" else ""), "at most that a list may be another now"


def test_without_pools_a_signal_costs_no_query(clinic, visitor, monkeypatch):
    visitor.says("Hello")
    nurse, signal = clinic.hires(), Signal("changed", visitor.conversation, 1)
    assert list(heard(clinic.desk, nurse.who, signal))
    monkeypatch.setattr(type(clinic.desk.database), "read", lambda *_: pytest.fail("a query"))
    assert visitor.conversation in "".join(heard(clinic.desk, nurse.who, signal))
