"""What a plugin says: an automatic message that answers nobody, unless somebody let it."""

import pytest

from securemsg.desk.access import ROLES, SCOPES
from securemsg.desk.plugin import PluginDesk
from securemsg.errors import Conflict, Forbidden, Limited
from securemsg.parts import Choice, File, Form, Link, Option, Text
from securemsg.times import SECOND
from tests.desk.archives import once
from tests.people import shown
from tests.plugins.turns import Plugin, named, with_kind


@pytest.fixture
def hours(clinic):
    return Plugin(clinic)


def row(clinic, visitor):
    [found] = clinic.rows("conversations", id=visitor.conversation)
    return found


def test_visitor_and_staff_read_what_a_plugin_says(clinic, visitor, staff, hours):
    visitor.says("Are you open?")
    hours.does(lambda desk: desk.reply(visitor.conversation, "We are closed.", Link("Where to go now", "https://elm.example/night")))
    assert visitor.reads() == ["Are you open?", "We are closed.\n\nWhere to go now: https://elm.example/night"]
    message = staff.opens(visitor).messages[-1]
    assert (message.author_kind, message.author_id, message.kind, message.verified) == ("plugin", None, "parts", True)
    assert message.data["plugin"] == "hours" and [part["type"] for part in message.data["parts"]] == ["text", "link"]


def test_an_automatic_message_answers_nobody(clinic, visitor, staff, hours):
    visitor.says("My leg is swollen.")
    before = row(clinic, visitor)
    hours.does(lambda desk: desk.reply(visitor.conversation, "We are closed."))
    after = row(clinic, visitor)
    assert (after.waiting_on, after.waiting_since) == ("staff", before.waiting_since)
    assert (after.unread_staff, after.unread_visitor, after.last_seq) == (1, 0, 2)
    assert staff.inbox() == [visitor.conversation]


def test_what_the_visitor_shall_hear_of_counts_as_unread_and_answers_nobody_either(clinic, visitor, hours):
    visitor.says("My leg is swollen.")
    hours.does(lambda desk: desk.reply(visitor.conversation, "Please call us.", alert=True))
    after = row(clinic, visitor)
    assert (after.waiting_on, after.unread_visitor) == ("staff", 1)
    assert [message.alert for message in visitor.messages()] == [False, True]


def test_order_of_the_inbox_stays_as_it_was(clinic, staff, hours):
    first, second = clinic.visitor(), clinic.visitor()
    first.says("one"), second.says("two")
    hours.does(lambda desk: desk.reply(first.conversation, "We are closed."))
    assert staff.inbox() == [first.conversation, second.conversation]


def test_staff_who_have_not_seen_it_still_answer(clinic, visitor, staff, hours):
    visitor.says("Is the flu jab free?")
    staff.opens(visitor)
    hours.does(lambda desk: desk.reply(visitor.conversation, "We are closed."))
    staff.replies("Yes.", seen=1)
    assert visitor.reads() == ["Is the flu jab free?", "We are closed.", "Yes."]


def test_a_closed_conversation_stays_closed(clinic, visitor, staff, hours):
    visitor.says("Thank you")
    staff.closes(to=visitor)
    closed = row(clinic, visitor)
    hours.does(lambda desk: desk.reply(visitor.conversation, "How did we do?", alert=True))
    after = row(clinic, visitor)
    assert (after.closed_at, after.closed_reason, after.waiting_on) == (closed.closed_at, "answered", "nobody")
    assert visitor.reads()[-1] == "How did we do?"


def test_a_visitor_who_has_not_read_what_they_shall_hear_of_does_not_close(clinic, visitor, hours):
    visitor.says("Hello")
    hours.does(lambda desk: desk.reply(visitor.conversation, "We are closed."))
    hours.does(lambda desk: desk.reply(visitor.conversation, "Your visit is tomorrow.", alert=True))
    with pytest.raises(Conflict):
        visitor.closes(seen=2)
    visitor.closes(seen=3)


def test_several_messages_and_notes_of_one_turn_follow_each_other(clinic, visitor, staff, hours):
    visitor.says("Hello")

    def talks(desk):
        for number in range(3):
            desk.reply(visitor.conversation, f"said {number}")
            desk.note(visitor.conversation, f"noted {number}")

    hours.does(talks)
    opened = staff.opens(visitor)
    assert [shown(message) for message in opened.messages] == ["Hello", "said 0", "said 1", "said 2"]
    assert [note.text for note in opened.notes] == ["noted 0", "noted 1", "noted 2"]
    assert {note.author_id for note in opened.notes} == {"plugin:hours"}


def test_a_plugin_that_fails_half_way_has_said_nothing(clinic, visitor, hours):
    visitor.says("Hello")

    def breaks(desk):
        desk.reply(visitor.conversation, "One")
        desk.keep(visitor.conversation, told=True)
        raise ZeroDivisionError

    before = len(clinic.rows("audit"))
    with pytest.raises(ZeroDivisionError):
        hours.does(breaks)
    assert visitor.reads() == ["Hello"] and not clinic.rows("kept") and len(clinic.rows("audit")) == before


def test_a_visitor_who_writes_meanwhile_is_not_overwritten(clinic, visitor, hours):
    visitor.says("Hello")
    runs = []

    def slow(desk):
        desk.reply(visitor.conversation, f"run {len(runs)}")
        write = desk.write()
        if not runs:
            visitor.says("I am not done yet.")
        runs.append(write)
        desk.write = lambda: write  # prepared before the visitor wrote

    hours.does(slow)
    assert visitor.reads() == ["Hello", "I am not done yet.", "run 1"]


# Answers
def asked(clinic, visitor, kind="hours.chosen"):
    """The visitor chooses; the message as a hook is handed it."""
    from securemsg.desk import visitor as visitor_desk
    from tests.people import new_key
    now = clinic.clock.tick()
    visitor_desk.send(clinic.desk, visitor.visit(), kind, {"answer": "1"}, key=new_key(), now=now)
    return clinic.rows("messages", conversation_id=visitor.conversation)[-1].id


def test_a_plugin_answers_what_was_said_to_it(clinic, visitor, staff, hours):
    named(clinic, hours=with_kind("hours.chosen"))
    visitor.says("Hello")
    staff.replies("Please choose.", to=visitor)
    chosen = asked(clinic, visitor)
    hours.does(lambda desk: desk.reply(visitor.conversation, "Booked.", alert=True, answers=desk.message(chosen)))
    assert (row(clinic, visitor).waiting_on, row(clinic, visitor).waiting_since) == ("visitor", None)


def test_who_asked_for_more_goes_on_waiting(clinic, visitor, hours):
    named(clinic, hours=with_kind("hours.chosen"))
    visitor.says("My leg is swollen.")
    chosen = asked(clinic, visitor)
    hours.does(lambda desk: desk.reply(visitor.conversation, "Booked.", answers=desk.message(chosen)))
    assert row(clinic, visitor).waiting_on == "staff"


def test_who_writes_after_it_goes_on_waiting(clinic, visitor, staff, hours):
    named(clinic, hours=with_kind("hours.chosen"))
    visitor.says("Hello")
    staff.replies("Please choose.", to=visitor)
    chosen = asked(clinic, visitor)
    visitor.says("And my leg is swollen.")
    hours.does(lambda desk: desk.reply(visitor.conversation, "Booked.", answers=desk.message(chosen)))
    assert row(clinic, visitor).waiting_on == "staff"


def test_a_plugin_answers_no_words_of_people(clinic, visitor, hours):
    named(clinic, hours=with_kind("hours.chosen"))
    visitor.says("My leg is swollen.")
    [said] = clinic.rows("messages")
    with pytest.raises(ValueError, match="kind of its own"):
        hours.does(lambda desk: desk.reply(visitor.conversation, "Fine.", answers=desk.message(said.id)))


def test_by_a_tool_a_person_answers(clinic, visitor, staff):
    visitor.says("When can I come?")
    Plugin(clinic, by=staff.who).does(lambda desk: desk.reply(visitor.conversation, "Tomorrow."))
    after, message = row(clinic, visitor), visitor.messages()[-1]
    assert (after.waiting_on, after.unread_visitor) == ("visitor", 1)
    assert (message.author_kind, message.author_id, message.alert) == ("plugin", staff.person.id, True)
    colleague = clinic.hires("Ben")
    with pytest.raises(Conflict, match="Ana Ruiz has answered"):
        colleague.replies("Today.", to=visitor, seen=1)


def test_by_a_tool_nobody_says_what_they_may_not(clinic, visitor):
    visitor.says("Hello")
    auditor = clinic.hires("Eve", None, "auditor")
    with pytest.raises(Forbidden):
        Plugin(clinic, by=auditor.who).does(lambda desk: desk.reply(visitor.conversation, "Hi"))
    assert visitor.reads() == ["Hello"]


def test_a_plugin_has_no_role(clinic):
    who = PluginDesk(clinic.desk, "hours", clinic.home.id, clinic.clock())._turn.who
    acts = set().union(*ROLES.values(), *SCOPES.values())
    assert who.kind == "plugin:hours" and acts and not any(who.may(act) for act in acts)


# How much
def test_a_turn_ends_at_twenty_messages_and_nothing_is_said(clinic, visitor, hours):
    visitor.says("Hello")
    others = [clinic.visitor() for _ in range(3)]
    for other in others:
        other.says("Hello")

    def floods(desk):
        for number in range(21):
            desk.reply(others[number % 3].conversation, "Hello!")

    with pytest.raises(Limited):
        hours.does(floods)
    assert all(other.reads() == ["Hello"] for other in others)


def test_a_conversation_takes_twenty_automatic_messages_an_hour(clinic, visitor, hours):
    visitor.says("Hello")
    for _ in range(20):
        hours.does(lambda desk: desk.reply(visitor.conversation, "We are closed."))
    with pytest.raises(Limited):
        Plugin(clinic, "feedback").does(lambda desk: desk.reply(visitor.conversation, "How did we do?"))
    clinic.later(hours=1)
    hours.does(lambda desk: desk.reply(visitor.conversation, "We are open."))
    assert len(visitor.reads()) == 22


def test_a_turn_ends_at_two_hundred_things(clinic, visitor, hours):
    visitor.says("Hello")
    with pytest.raises(Limited):
        hours.does(lambda desk: [desk.note(visitor.conversation, "Look") for _ in range(201)])
    assert not clinic.rows("notes")


# What may be said
@once
@pytest.mark.parametrize("parts", [
    (), ("",), (" ",), (Text("a"),) * 21, ("a" * 8_001,), (Link("Go", "javascript:alert(1)"),), (Link("Go", "//evil.example"),),
    (Link("", ""),), (Choice("When?", "hours.chosen", ()),), (Choice("When?", "hours.chosen", (Option("", "One"),)),), (3,),
    (File("../../etc/passwd", "text/calendar", "x"),), (File("a.html", "text/html", "<script>"),),
    (File("a\n.ics", "text/calendar", "x"),),
    (File("a.ics", "text/calendar", "x" * 16_001),), (File("a.svg", "image/svg+xml", "<svg/>"),),
    ("a\0b",), (Choice("When?", "nobody.knows", (Option("1", "One"),)),), (Form("Ask", "nobody.knows"),)])
def test_what_may_not_be_said_is_refused_when_it_is_asked_for(clinic, visitor, hours, parts):
    visitor.says("Hello")
    with pytest.raises(ValueError, match=r"\w+ .*\."):
        hours.desk().reply(visitor.conversation, *parts)


def test_marks_and_promises(clinic, visitor, staff, hours):
    calm = clinic.visitor()
    calm.says("one"), visitor.says("two")
    at = clinic.clock() + 3600 * SECOND
    hours.does(lambda desk: (desk.urgent(visitor.conversation), desk.urgent(visitor.conversation),
                             desk.promise(visitor.conversation, at)))
    assert staff.inbox() == [visitor.conversation, calm.conversation]
    seen = hours.desk().conversation(visitor.conversation)
    assert (seen.urgent, seen.promised_at, seen.waiting_since) == (True, at, row(clinic, visitor).waiting_since)
    staff.replies("Done.", to=visitor)
    assert hours.desk().conversation(visitor.conversation).promised_at is None  # nobody waits


def test_a_closed_conversation_is_opened_again(clinic, visitor, staff, hours):
    visitor.says("Hello")
    staff.closes(to=visitor)
    hours.does(lambda desk: (desk.reopen(visitor.conversation), desk.urgent(visitor.conversation),
                             desk.reopen(visitor.conversation)))
    after = row(clinic, visitor)
    assert (after.closed_at, after.waiting_on, after.urgency) == (None, "staff", "urgent")
    assert visitor.reads() == ["Hello", "system.closed", "system.reopened"] and staff.inbox() == [visitor.conversation]
