"""A conversation is sent to another pool: it leaves who may not see it, what is unread goes along, visitors notice nothing."""

import pytest

from securemsg.desk import looked_after, overview, pooling, pools, reach, sending, sending_on, strays
from securemsg.desk.access import ROLES
from securemsg.desk.people import disable
from securemsg.desk.search import search
from securemsg.desk.system import conversations as listing
from securemsg.errors import Conflict, Forbidden, Missing, Refused
from tests.clinic import CARD, Practice
from tests.desk.archives import changed
from tests.people import Staff, Visitor, new_key

WHY = "This is about the bill of 3 March."


@pytest.fixture
def pooled(clinic: Practice) -> Practice:
    """Appointments go to the front desk, bills to billing; the rest is in no pool."""
    clinic.saves(categories=(*CARD.categories, ("billing", "Billing", True, "optional")))
    for name, category in (("front-desk", "appointment"), ("billing", "billing")):
        pooling.add(clinic.desk, clinic.service, clinic.home, name, name.capitalize(), clinic.clock.tick())
        pooling.route(clinic.desk, clinic.service, clinic.home, category, name, clinic.clock.tick())
    return clinic


def works_in(clinic: Practice, name: str, role: str, *pools: str) -> Staff:
    """Somebody who has enrolled."""
    somebody = clinic.hires(name, None, role)
    somebody.enrols()
    pooling.put_members(clinic.desk, clinic.service, clinic.home, somebody.person, pools, clinic.clock.tick())
    clinic.desk.known_people.clear()
    return somebody


@pytest.fixture
def fran(pooled) -> Staff:
    return works_in(pooled, "Fran Oh", "front_desk", "front-desk")


@pytest.fixture
def bill(pooled) -> Staff:
    return works_in(pooled, "Bill Lind", "billing", "billing")


@pytest.fixture
def leo(pooled) -> Visitor:
    """Has asked about an appointment, and written once more since."""
    leo = pooled.visitor()
    leo.opens("A question about my bill", category="appointment", contact=("email", "leo@x.example"))
    leo.says("It is from March.")
    return leo


def sends(somebody: Staff, conversation: Visitor, pool: str, why: str = WHY, key: str = "") -> None:
    clinic = somebody.clinic
    id = next((row.id for row in clinic.rows("pools", name=pool)), pool)
    sending_on.send_on(clinic.desk, somebody.who, conversation.conversation, id, why, key or new_key(), clinic.clock.tick())


def test_it_is_before_the_others_at_once_with_what_is_unread_and_why_it_came(pooled, fran, bill, leo):
    [before] = pooled.rows("conversations")
    told = leo.reads()
    sends(fran, leo, "billing")
    assert fran.inbox() == [] and bill.inbox() == [leo.conversation]
    [after] = pooled.rows("conversations")
    kept = ("waiting_on", "waiting_since", "unread_staff", "unread_visitor", "last_seq", "last_at", "urgency", "head")
    assert all(getattr(after, name) == getattr(before, name) for name in kept)
    opened = bill.opens(leo)
    assert [note.text for note in opened.notes] == [f"→ Billing\n\n{WHY}"] and opened.notes[0].author_id == fran.who.id
    assert [message.data["text"] for message in opened.messages] == ["A question about my bill", "It is from March."]
    assert leo.reads() == told, "the visitor notices nothing"
    bill.replies("It is paid.")
    assert leo.reads()[-1] == "It is paid."


def test_who_sees_it_no_longer_can_do_nothing_in_it_and_that_they_came_is_on_record(pooled, fran, bill, leo):
    fran.opens(leo)
    sends(fran, leo, "billing")
    tried = (lambda: fran.opens(leo), lambda: fran.replies("Hello"), lambda: fran.notes("x"), lambda: fran.begins("y", version=0),
             lambda: fran.claims(), lambda: sends(fran, leo, "front-desk"))
    for attempt in tried:
        with pytest.raises(Missing):
            attempt()
    assert search.search(pooled.desk, fran.who, "March", "", pooled.clock.tick()).results == []
    found = search.search(pooled.desk, bill.who, "March", "", pooled.clock.tick()).results
    assert [each.conversation.id for each in found] == [leo.conversation]
    assert len(pooled.rows("audit", action="conversation.refused")) == len(tried)
    [row] = pooled.rows("audit", action="conversation.sent_on")
    assert (row.actor_id, row.object_id) == (fran.who.id, leo.conversation)


def test_a_draft_stays_sealed_and_is_there_again_when_it_comes_back(pooled, fran, bill, leo):
    fran.opens(leo)
    fran.begins("Dear Leo, ")
    sends(fran, leo, "billing")
    bill.opens(leo)
    assert bill.draft().reply == "" and leo.reads() == ["A question about my bill", "It is from March."]
    sends(bill, leo, "front-desk", "It is about a date after all.")
    assert fran.inbox() == [leo.conversation] and bill.inbox() == []
    assert fran.draft().reply == "Dear Leo, "
    assert pooled.rows("conversations")[0].pool_id is None, "where its topic goes it follows the topic again"


def test_whoever_had_taken_it_has_it_no_longer(pooled, fran, bill, leo):
    fran.opens(leo)
    fran.claims()
    sends(fran, leo, "billing")
    assert fran.inbox("mine") == [] and pooled.rows("conversations")[0].claimed_by is None
    bill.opens(leo)
    bill.claims()
    assert bill.inbox("mine") == [leo.conversation]


def test_what_a_colleague_took_only_who_manages_sends_on(pooled, fran, bill, leo):
    fran.opens(leo)
    fran.claims()
    other = works_in(pooled, "Cy Ray", "front_desk", "front-desk")
    with pytest.raises(Conflict, match="Fran Oh has taken this conversation"):
        sends(other, leo, "billing")
    assert not sending_on.may(pooled.desk, other.who, reach.own(pooled.desk, other.who, leo.conversation))
    sends(works_in(pooled, "Mo Day", "manager"), leo, "billing")
    assert bill.inbox() == [leo.conversation] and fran.inbox("mine") == []


def test_ones_own_answer_goes_out_first_and_a_colleagues_is_waited_for(pooled, fran, bill, leo):
    pooled.desk.settings = changed(pooled.desk.settings, undo_seconds=10)
    fran.opens(leo)
    fran.sends("One moment.")
    other = works_in(pooled, "Cy Ray", "front_desk", "front-desk")
    with pytest.raises(Conflict, match="Fran Oh is sending an answer"):
        sends(other, leo, "billing")
    sends(fran, leo, "billing")
    assert leo.reads()[-1] == "One moment." and not pooled.rows("pending_replies")
    sending.send_due(pooled.desk, pooled.clock.tick())
    assert leo.reads().count("One moment.") == 1


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_may_or_may_not(pooled, bill, leo, role):
    somebody = works_in(pooled, "Pat Low", role, "front-desk")
    if somebody.who.may("claim"):
        sends(somebody, leo, "billing")
        assert bill.inbox() == [leo.conversation]
    else:
        with pytest.raises(Forbidden):
            sends(somebody, leo, "billing")
        assert bill.inbox() == []


@pytest.mark.parametrize("role", ["front_desk", "nurse", "doctor", "billing", "staff"])
def test_of_another_pool_there_is_nothing_to_send(pooled, fran, leo, role):
    with pytest.raises(Missing):
        sends(works_in(pooled, "Bo Lind", role, "billing"), leo, "billing")
    assert fran.inbox() == [leo.conversation]


def test_where_nobody_would_read_it_it_does_not_go(pooled, fran, leo):
    """Nobody is in billing; then one who was only invited, one who manages and reads nothing, and one who has left."""
    def refused() -> None:
        with pytest.raises(Refused) as told:
            sends(fran, leo, "billing")
        assert "somebody works" in told.value.errors["pool"][0] and fran.inbox() == [leo.conversation]

    refused()
    invited = pooled.hires("Ina Vee", None, "billing")
    pooling.put_members(pooled.desk, pooled.service, pooled.home, invited.person, ("billing",), pooled.clock.tick())
    works_in(pooled, "Mo Day", "manager", "billing")
    gone = works_in(pooled, "Gus Orr", "billing", "billing")
    disable(pooled.desk, pooled.service, pooled.home, gone.person, pooled.clock.tick())
    refused()


@pytest.mark.parametrize(("pool", "why", "field"), [
    ("billing", "  ", "why"), ("billing", "\u200b" * 3, "why"),
    ("billing", "x" * 2_001, "why"), ("billing", "a\0b c", "why"), ("front-desk", WHY, "pool"),
    ("0192f0a0-0000-7000-8000-000000000000", WHY, "pool"), ("'; DROP", WHY, "pool"), ("", WHY, "pool")])
def test_what_does_not_do_is_refused_and_changes_nothing(pooled, fran, bill, leo, pool, why, field):
    with pytest.raises(Refused) as told:
        sends(fran, leo, pool, why)
    assert list(told.value.errors) == [field]
    assert fran.inbox() == [leo.conversation] and not pooled.rows("notes")


def test_a_closed_one_goes_nowhere_and_the_same_form_sent_twice_goes_once(pooled, fran, bill, leo):
    key = new_key()
    for _ in range(2):
        sends(fran, leo, "billing", key=key)
    assert len(pooled.rows("notes")) == 1
    bill.opens(leo)
    bill.closes()
    with pytest.raises(Conflict, match="is closed"):
        sends(bill, leo, "front-desk")
    assert bill.inbox("closed") == [leo.conversation] and fran.inbox("closed") == []


def test_a_pool_that_somebody_wrote_beside_it_in_the_database_opens_nothing(pooled, fran, bill, leo):
    pool = pooled.rows("pools", name="billing")[0].id
    pooled.sql("UPDATE conversations SET pool_id = :pool", pool=pool)
    with pytest.raises(Missing):
        bill.opens(leo)
    assert search.search(pooled.desk, bill.who, "March", "", pooled.clock.tick()).results == []
    assert fran.reads(leo) == ["A question about my bill", "It is from March."], "it is where its topic is"


def test_such_a_pool_hides_nothing_from_those_whose_it_is_and_shows_it_to_nobody_else(pooled, fran, bill, leo):
    """Whoever asks for a list first: it is put back, on record; between two looks no list shows it to who may not open it."""
    pool = pooled.rows("pools", name="billing")[0].id
    strays.put_back(pooled.desk, pooled.home.id, pooled.clock.tick())
    pooled.sql("UPDATE conversations SET pool_id = :pool", pool=pool)
    assert bill.inbox() == [] and listed(bill) == []
    pooled.desk.looked_for_strays.clear()
    assert fran.inbox() == [leo.conversation] == listed(fran) and bill.inbox() == []
    [row] = pooled.rows("audit", action="conversation.put_back")
    assert (row.object_id, row.actor_kind) == (leo.conversation, "service")
    assert pooled.rows("conversations")[0].pool_id is None


def test_in_the_numbers_it_is_where_its_topic_is_and_what_was_sent_on_stays_where_it_is(pooled, fran, bill, leo):
    mia = pooled.visitor()
    mia.opens("Another date", category="appointment", contact=("email", "mia@x.example"))
    sends(fran, mia, "billing")
    ids = {row.name: row.id for row in pooled.rows("pools")}
    pooled.sql("UPDATE conversations SET pool_id = :pool WHERE id = :id", pool=ids["billing"], id=leo.conversation)
    stands = overview.stands(pooled.desk, works_in(pooled, "Mo Day", "manager").who, pooled.clock.tick())
    assert {id: each.open for id, each in stands.pools.items()} == {ids["billing"]: 1, ids["front-desk"]: 1, None: 0}
    assert bill.inbox() == [mia.conversation] and len(pooled.rows("audit", action="conversation.put_back")) == 1


def listed(somebody: Staff) -> list[str]:
    """By the API, as a person asks it."""
    clinic = somebody.clinic
    return [row["id"] for row in listing.page(clinic.desk, clinic.home, somebody.who, listing.Wanted(), None, 50)[0]]


def test_a_pool_with_something_open_in_it_stays_and_what_was_closed_there_is_where_its_topic_is(pooled, fran, bill, leo):
    pool = pooling.add(pooled.desk, pooled.service, pooled.home, "nurses", "Nurses", pooled.clock.tick())
    nia = works_in(pooled, "Nia Fox", "nurse", "nurses")
    sends(fran, leo, "nurses")

    def removed() -> None:
        pooling.remove(pooled.desk, pooled.service, pooled.home, pool, pooled.clock.tick())

    with pytest.raises(Conflict, match="are open"):
        removed()
    nia.opens(leo)
    nia.closes()
    removed()
    assert fran.inbox("closed") == [leo.conversation] and not pooled.rows("pools", name="nurses")


def nurses(clinic: Practice) -> str:
    """A pool that no topic goes to: its id."""
    return pooling.add(clinic.desk, clinic.service, clinic.home, "nurses", "Nurses", clinic.clock.tick())


def leaves(clinic: Practice, somebody: Staff) -> None:
    disable(clinic.desk, clinic.service, clinic.home, somebody.person, clinic.clock.tick())


def is_out(clinic: Practice, somebody: Staff) -> None:
    pooling.put_members(clinic.desk, clinic.service, clinic.home, somebody.person, (), clinic.clock.tick())


@pytest.mark.parametrize("goes", [leaves, is_out])
def test_in_a_pool_that_nobody_reads_any_more_it_is_before_those_who_look_after_what_is_in_none(pooled, fran, bill, leo, goes):
    """Also what was closed there, and the visitor writes again; once somebody works there it is theirs alone."""
    pool = nurses(pooled)
    nia, doc = works_in(pooled, "Nia Fox", "nurse", "nurses"), works_in(pooled, "Dora Ek", "doctor")
    works_in(pooled, "Mo Day", "manager", "nurses")  # reads nothing anywhere
    sends(fran, leo, "nurses")
    assert doc.inbox() == []
    nia.opens(leo)
    nia.closes()
    goes(pooled, nia)
    leo.says("It got worse.")
    assert doc.inbox() == [leo.conversation] and doc.reads(leo)[-1] == "It got worse."
    assert fran.inbox() == bill.inbox() == []
    found = pools.pools_of(pooled.desk, pooled.home.id)
    assert looked_after.unseen(pooled.desk, pooled.home.id, found) == {pool}
    [warning] = looked_after.warnings(pooled.desk, pooled.home.id)
    assert "the pool Nurses now" in warning and "look after what is in no pool" in warning
    ned = works_in(pooled, "Ned Orr", "nurse", "nurses")
    assert ned.inbox() == [leo.conversation] and doc.inbox() == []
    assert not looked_after.warnings(pooled.desk, pooled.home.id)


def test_a_topics_pool_that_nobody_reads_is_as_none_and_where_nobody_looks_after_none_it_is_said(pooled, fran, bill, leo):
    leaves(pooled, fran)
    found = pools.pools_of(pooled.desk, pooled.home.id, fresh=True)
    front = next(id for id, name in found.names.items() if name == "front-desk")
    assert looked_after.unseen(pooled.desk, pooled.home.id, found) == {front, None}
    assert "nobody sees what is in it" in looked_after.warnings(pooled.desk, pooled.home.id)[0]
    doc = works_in(pooled, "Dora Ek", "doctor")
    assert doc.inbox() == [leo.conversation] and bill.inbox() == []
    assert looked_after.unseen(pooled.desk, pooled.home.id, found) == {front}


@pytest.mark.parametrize("fault", ["nowhere", "held", "done before"])
def test_where_nothing_is_sent_on_ones_own_answer_goes_on_waiting(pooled, fran, bill, leo, fault):
    key = new_key()
    if fault == "done before":  # it came back since; the old form is sent again
        sends(fran, leo, "billing", key=key)
        bill.opens(leo)
        sends(bill, leo, "front-desk")
    pooled.desk.settings = changed(pooled.desk.settings, undo_seconds=10)
    fran.opens(leo)
    fran.sends("Half an answ")
    if fault == "held":
        cy = works_in(pooled, "Cy Ray", "front_desk", "front-desk")
        cy.opens(leo)
        cy.claims()
    if fault == "done before":
        sends(fran, leo, "billing", key=key)
    else:
        with pytest.raises((Refused, Conflict)):
            sends(fran, leo, "" if fault == "nowhere" else "billing")
    assert leo.reads()[-1] == ("system.claimed" if fault == "held" else "It is from March.")
    assert len(pooled.rows("pending_replies")) == 1
