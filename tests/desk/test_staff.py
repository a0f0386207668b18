"""The inbox and the acts of staff: in order, once, and never against what somebody else just did."""

import pytest

from securemsg.desk import lists, thread
from securemsg.errors import Conflict, Forbidden, Refused
from tests.people import new_key


def waiting(clinic, count):
    """That many visitors, each waiting a second less than the one before."""
    visitors = [clinic.visitor() for _ in range(count)]
    for number, visitor in enumerate(visitors):
        visitor.says(f"I am number {number}")
    return visitors


def test_the_inbox_is_ordered_by_urgency_and_then_by_waiting_time(clinic, staff):
    first, second, third, fourth = waiting(clinic, 4)
    staff.flags(to=third)
    clinic.sql("UPDATE conversations SET urgency = 'emergency' WHERE id = :id", id=fourth.conversation)
    assert staff.inbox() == [v.conversation for v in (fourth, third, first, second)]
    staff.flags(False, to=third)
    assert staff.inbox() == [v.conversation for v in (fourth, first, second, third)]


def test_urgent_or_not_who_was_answered_stands_behind_who_waits_and_first_when_the_visitor_writes_again(clinic, staff):
    first, second, third = waiting(clinic, 3)
    staff.flags(to=third)
    staff.replies("Please call an ambulance.", to=third)
    assert staff.inbox() == [v.conversation for v in (first, second, third)]
    third.says("I have called.")
    assert staff.inbox() == [v.conversation for v in (third, first, second)]


def test_writing_again_does_not_send_a_visitor_to_the_end_of_the_line(clinic, staff):
    first, second = waiting(clinic, 2)
    first.says("Is anybody there?")
    assert staff.inbox() == [first.conversation, second.conversation]


def test_who_was_answered_stands_behind_who_waits(clinic, staff):
    first, second, third = waiting(clinic, 3)
    staff.replies("Hello.", to=first)
    staff.replies("Hello.", to=second)
    assert staff.inbox() == [third.conversation, second.conversation, first.conversation]
    first.says("One more thing.")
    assert staff.inbox() == [third.conversation, first.conversation, second.conversation]


def test_closed_and_own_conversations_have_their_lists(clinic, staff):
    first, second, third = waiting(clinic, 3)
    staff.closes(to=first)
    staff.claims(to=second)
    assert staff.inbox("closed") == [first.conversation]
    assert staff.inbox("mine") == [second.conversation]
    assert staff.inbox() == [second.conversation, third.conversation]


def test_lists_go_on_by_key_and_show_each_conversation_once(clinic, staff, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)
    visitors = waiting(clinic, 8)
    for visitor in visitors[:7]:
        staff.closes(to=visitor)
    seen, before = [], 0
    while before is not None:
        rows, before = lists.inbox(clinic.desk, staff.who, "closed", before, clinic.clock())
        seen += [row.id for row in rows]
    assert seen == [visitor.conversation for visitor in reversed(visitors[:7])]


def test_opening_counts_messages_as_seen_by_staff(clinic, visitor, staff):
    visitor.says("one")
    visitor.says("two")
    assert clinic.rows("conversations")[0].unread_staff == 2
    staff.opens(visitor)
    assert clinic.rows("conversations")[0].unread_staff == 0
    visitor.says("three")
    assert clinic.rows("conversations")[0].unread_staff == 1
    assert [row.upto_seq for row in clinic.rows("openings")] == [2]


def test_a_note_is_for_colleagues_and_leaves_no_gap(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.notes("See the file.")
    staff.replies("Hello.")
    staff.notes("Called the pharmacy.")
    assert [note.text for note in clinic.hires("Bo Li").opens(visitor).notes] == ["See the file.", "Called the pharmacy."]
    assert visitor.reads() == ["Hello?", "Hello."]
    assert [message.seq for message in visitor.messages()] == [1, 2]


def test_a_reply_to_what_was_not_yet_read_is_held_back(visitor, staff):
    visitor.says("May I take aspirin?")
    visitor.says("I am allergic to it, by the way.")
    with pytest.raises(Conflict, match="written again"):
        staff.replies("Yes.", seen=1)
    assert visitor.reads() == ["May I take aspirin?", "I am allergic to it, by the way."]
    for act in (lambda: staff.replies("Then no.", seen=3), lambda: staff.closes(seen=2**31 - 1)):
        with pytest.raises(Conflict):  # what nobody can have seen stands for no state
            act()
    staff.replies("Then no.", seen=2)
    assert visitor.reads()[-1] == "Then no."


@pytest.mark.parametrize(("act", "told"), [
    (lambda bo: bo.replies("Hello.", seen=1), "Bo Li has answered"), (lambda bo: bo.claims(), "Bo Li has taken"),
    (lambda bo: bo.closes(seen=1), "Bo Li has closed")])
def test_what_a_colleague_did_in_between_is_seen_before_anybody_answers_or_closes(clinic, visitor, staff, act, told):
    visitor.says("Hello?")
    act(clinic.hires("Bo Li"))
    before = visitor.reads()
    for late in (lambda: staff.replies("Hello from me, too.", seen=1), lambda: staff.sends("Hello from me, too.", seen=1),
                 lambda: staff.closes(seen=1)):
        with pytest.raises(Conflict, match=told):
            late()
    assert visitor.reads() == before


def test_an_answer_counts_for_more_than_who_took_it_and_ones_own_hold_nothing_back(clinic, visitor, staff):
    visitor.says("Hello?")
    bo = clinic.hires("Bo Li")
    bo.replies("Hello.", seen=1)
    bo.claims()
    with pytest.raises(Conflict, match="has answered"):
        staff.replies("Hello from me, too.", seen=1)
    bo.replies("Anything else?", seen=1)
    assert visitor.reads() == ["Hello?", "Hello.", "system.claimed", "Anything else?"]


def test_only_one_takes_a_conversation(clinic, visitor, staff):
    visitor.says("Hello?")
    colleague = clinic.hires("Bo Li")
    staff.claims()
    with pytest.raises(Conflict, match="Ana Ruiz has taken"):
        colleague.claims()
    with pytest.raises(Conflict, match="You have this"):
        staff.claims()
    with pytest.raises(Conflict, match="do not hold"):
        colleague.releases()
    staff.releases()
    colleague.claims()
    assert clinic.rows("conversations")[0].claimed_by == colleague.person.id


def test_a_closed_conversation_takes_no_reply_until_it_is_reopened(visitor, staff):
    visitor.says("Hello?")
    staff.closes("no_reply")
    for act in (lambda: staff.replies("Hello."), staff.claims, staff.closes):
        with pytest.raises(Conflict, match="closed"):
            act()
    staff.reopens()
    with pytest.raises(Conflict, match="is open"):
        staff.reopens()
    staff.replies("Hello.")
    assert visitor.reads() == ["Hello?", "system.closed", "system.reopened", "Hello."]


def test_closing_needs_a_reason_of_the_list(clinic, visitor, staff):
    visitor.says("Hello?")
    with pytest.raises(Refused):
        staff.closes("bored")
    staff.closes("called")
    assert clinic.rows("conversations")[0].closed_reason == "called"
    assert visitor.messages()[-1].data == {}, "the reason is the clinic's own matter"


def test_the_same_key_of_two_people_is_two_keys(clinic, visitor, staff):
    visitor.says("Hello?")
    key = new_key()
    staff.replies("one", key=key)
    clinic.hires("Bo Li").replies("one", key=key)
    assert visitor.reads() == ["Hello?", "one", "one"]


def test_who_has_no_role_may_do_nothing(clinic, visitor):
    visitor.says("Hello?")
    nobody = clinic.hires("Bo Li")
    nobody.who = type(nobody.who)("staff", clinic.home.id, nobody.person.id)
    plain = (nobody.inbox, nobody.claims, nobody.releases, nobody.closes, nobody.reopens, nobody.flags)
    for act in (*plain, lambda: nobody.opens(visitor), lambda: nobody.replies("x"), lambda: nobody.notes("x")):
        with pytest.raises(Forbidden):
            act()
    assert {row.action for row in clinic.rows("audit")} == {"clinic.added", "conversation.opened", "person.added"}


def test_a_visitor_with_a_staff_members_id_is_no_staff(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.who = type(staff.who)("visitor", clinic.home.id, staff.person.id, roles=frozenset({"owner"}))
    with pytest.raises(Forbidden):
        staff.opens(visitor)


def test_only_the_owner_changes_the_clinic(clinic, staff):
    with pytest.raises(Forbidden):
        clinic.saves(by=staff.who, emergency_number="911")
    owner = clinic.hires("Maren Whitlock", "Doctor", "owner")
    clinic.saves(by=owner.who, emergency_number="911")
    assert clinic.home.emergency_number == "911"


def test_no_message_is_closed_away_unread(clinic, visitor, staff):
    visitor.says("first")
    seen = staff.opens(visitor).messages[-1].seq
    visitor.says("second: chest pain now")
    with pytest.raises(Conflict):
        staff.closes(seen=seen)
    assert staff.inbox() == [visitor.conversation]


def test_nor_behind_more_of_ones_own_than_is_looked_through(visitor, staff, monkeypatch):
    visitor.says("first")
    seen = staff.opens(visitor).messages[-1].seq
    monkeypatch.setattr(thread, "PAGE", 2)
    for text in ("One.", "Two.", "Three."):
        staff.replies(text)
    visitor.says("second: chest pain now")
    with pytest.raises(Conflict):
        staff.closes(seen=seen)
