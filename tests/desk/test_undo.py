"""A reply waits for ten seconds and can be taken back; then it goes out once, and nobody answers beside it meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from securemsg.desk import held, open_desk, pending, people, sending
from securemsg.desk import visitor as visitor_desk
from securemsg.errors import Conflict, Error, Forbidden
from securemsg.live import Signal
from securemsg.store import aftermath
from tests.desk.canary import CANARY, disguises, found_in, rows
from tests.desk.hand import flipped
from tests.desk.systems import System
from tests.people import new_key


@pytest.fixture
def asked(visitor):
    visitor.says("Is the flu jab free?")
    return visitor


@pytest.fixture
def bo(clinic):
    return clinic.hires("Bo Li")


def due(clinic, seconds=10):
    """Time passes, and a process looks what is to go out."""
    clinic.later(seconds=seconds)
    sending.send_due(clinic.desk, clinic.clock())


def puts_back(clinic, row):
    """Somebody writes a row that was there before."""
    clinic.sql("INSERT INTO pending_replies (clinic_id, id, conversation_id, person_id, due_at, sealed) VALUES"
               " (:clinic_id, :id, :conversation_id, :person_id, :due_at, :sealed)", **row._asdict())


def test_nothing_goes_out_for_ten_seconds_and_then_it_does_in_the_writers_name(clinic, asked, staff):
    staff.sends("Yes, it is.")
    due(clinic, 9)
    assert asked.reads() == ["Is the flu jab free?"]
    assert not clinic.rows("audit", action="message.sent")
    due(clinic, 1)
    due(clinic, 1)
    assert asked.reads() == ["Is the flu jab free?", "Yes, it is."] and staff.waiting() is None
    [row] = clinic.rows("audit", action="message.sent")
    assert (row.actor_id, row.session_sha256) == (staff.person.id, staff.who.session_sha256)
    assert asked.messages()[-1].author_id == staff.person.id
    assert clinic.rows("conversations")[0].waiting_on == "visitor"


def test_what_is_taken_back_is_the_draft_again_and_is_never_sent(clinic, asked, staff):
    staff.sends("Yes, it is.", key=(key := new_key()))
    staff.begins("And bring your card.")
    staff.undoes(reply := staff.waiting().id)
    due(clinic)
    assert asked.reads() == ["Is the flu jab free?"]
    assert staff.draft().reply == "Yes, it is.\n\nAnd bring your card."
    assert [row.object_id for row in clinic.rows("audit", action="reply.undone")] == [asked.conversation]
    with pytest.raises(Conflict, match="taken back already"):
        staff.undoes(reply)
    staff.sends("Yes, it is.", key=key)  # from a page that somebody went back to
    due(clinic)
    assert asked.reads()[1:] == ["Yes, it is."] and staff.draft().reply == ""


def test_what_was_taken_back_stays_so_though_its_row_comes_back(clinic, asked, staff):
    staff.sends("To the wrong patient.")
    row = staff.waiting()
    staff.undoes()
    puts_back(clinic, row)
    due(clinic)
    assert asked.reads() == ["Is the flu jab free?"] and not clinic.rows("pending_replies")
    undone, withheld = (clinic.rows("audit", action=action)[0] for action in ("reply.undone", "reply.withheld"))
    assert row.id in undone.objects and row.id in withheld.objects and withheld.outcome == "failed"
    assert staff.draft().reply == "To the wrong patient.", "once"


def test_undo_says_honestly_that_it_is_too_late(clinic, asked, staff):
    staff.sends("Yes.")
    reply = staff.waiting().id
    due(clinic)
    with pytest.raises(Conflict, match="has gone out"):
        staff.undoes(reply)
    assert asked.reads()[1:] == ["Yes."]


def test_send_now_waits_no_longer(clinic, asked, staff):
    staff.sends("Yes.")
    reply = staff.waiting().id
    for _ in range(2):
        sending.send_now(clinic.desk, staff.who, asked.conversation, reply, clinic.clock())
    assert asked.reads()[1:] == ["Yes."]


def test_the_same_request_again_neither_sends_nor_doubles_it(clinic, asked, staff):
    for _ in range(3):
        staff.sends("Yes.", key="the-key-of-the-form-1")
    assert asked.reads() == ["Is the flu jab free?"] and len(clinic.rows("pending_replies")) == 1
    due(clinic)
    staff.sends("Yes.", key="the-key-of-the-form-1")
    due(clinic)
    assert asked.reads()[1:] == ["Yes."]


def test_a_second_reply_and_closing_send_ones_own_first(clinic, asked, staff):
    staff.sends("Yes.", seen=1)
    staff.sends("Bring your card.", seen=1)
    assert asked.reads()[1:] == ["Yes."]
    staff.closes(seen=1)
    assert asked.reads()[1:] == ["Yes.", "Bring your card.", "system.closed"]


def test_while_somebody_is_sending_nobody_else_answers_or_closes(clinic, asked, staff, bo):
    staff.sends("Yes.", seen=1)
    for late in (bo.sends, bo.replies):
        with pytest.raises(Conflict, match="Ana Ruiz is sending an answer"):
            late("No.", to=asked, seen=1)
    with pytest.raises(Conflict, match="Ana Ruiz is sending an answer"):
        bo.closes(to=asked, seen=1)
    seen = bo.opens(asked)
    shown = held.shown(clinic.desk, seen.conversation, seen.pending)
    assert shown and (shown.text, shown.by.id) == ("Yes.", staff.person.id)
    for act in (pending.undo, sending.send_now):
        with pytest.raises(Conflict):
            act(clinic.desk, bo.who, asked.conversation, staff.waiting().id, clinic.clock())
    due(clinic)
    with pytest.raises(Conflict, match="Ana Ruiz has answered"):
        bo.sends("No.", to=asked, seen=1)
    assert asked.reads()[1:] == ["Yes."]


def test_of_two_who_press_send_at_the_same_moment_one_answers(clinic, asked, staff, bo):
    def sends(person, verb):
        try:
            getattr(person, verb)(f"from {person.person.name}", to=asked, seen=seen)
        except Conflict as conflict:
            return conflict.detail
        return None

    for round_number in range(6):
        verbs = ("sends", "sends") if round_number % 2 else ("sends", "replies")
        seen = before = len(asked.reads())
        with ThreadPoolExecutor(2) as hands:
            told = list(hands.map(sends, (staff, bo), verbs))
        due(clinic)
        assert len(asked.reads()) == before + 1 and told.count(None) == 1, told


def test_of_many_who_send_what_is_due_one_does(clinic, asked, staff):
    staff.sends("Yes.")
    clinic.later(seconds=10)
    with ThreadPoolExecutor(8) as nodes:
        list(nodes.map(lambda _: sending.send_due(clinic.desk, clinic.clock()), range(16)))
    assert asked.reads()[1:] == ["Yes."]


def test_what_the_visitor_writes_meanwhile_is_not_answered_by_it_and_waits_since_then(clinic, asked, staff):
    staff.opens(asked)
    staff.sends("Yes.", seen=1)
    later = asked.says("Actually my chest hurts. What do I do?")["message"]
    asked.says("Please.")
    due(clinic)
    row = clinic.rows("conversations")[0]
    assert asked.reads()[1:] == ["Actually my chest hurts. What do I do?", "Please.", "Yes."]
    assert (row.waiting_on, row.waiting_since, row.unread_staff) == ("staff", later["received_at"], 2)
    assert staff.inbox() == [asked.conversation]
    staff.opens(asked)
    staff.replies("Call 112.", seen=4)
    row = clinic.rows("conversations")[0]
    assert (row.waiting_on, row.waiting_since) == ("visitor", None)


def test_a_visitor_who_closes_meanwhile_gets_the_answer_in_a_conversation_that_is_open(clinic, asked, staff):
    staff.sends("Yes.", seen=1)
    asked.closes()
    due(clinic)
    row = clinic.rows("conversations")[0]
    assert asked.reads()[1:] == ["system.closed", "Yes."] and row.unread_visitor == 1
    assert (row.closed_at, row.closed_reason, row.waiting_on, row.waiting_since) == (None, None, "visitor", None)
    assert visitor_desk.about(asked.visit())["state"] == "open"
    asked.closes()
    assert clinic.rows("conversations")[0].closed_at, "now that it is read"


def test_what_is_wrong_in_one_clinic_keeps_no_other_clinics_replies_back(clinic, other_clinic):
    for practice in (clinic, other_clinic):
        practice.visitor().says("Is the flu jab free?")
    for practice, name in ((clinic, "Ana Ruiz"), (other_clinic, "Bo Li")):
        practice.hires(name).sends("Yes.", to=practice.rows("conversations")[0].id)
    clinic.sql("UPDATE keys SET wrapped = :junk WHERE clinic_id = :id", junk=b"junk", id=clinic.home.id)
    clinic.later(seconds=10)
    anew = open_desk(clinic.desk.settings, clinic.clock)
    with closing(anew), pytest.raises(Error):
        sending.send_due(anew, clinic.clock())
    assert len(clinic.rows("pending_replies")) == 1 and not clinic.rows("messages", author_kind="staff"), "it waits for its key"
    assert not other_clinic.rows("pending_replies") and len(other_clinic.rows("messages", author_kind="staff")) == 1


def test_a_clock_that_goes_back_holds_nothing_for_hours(clinic, asked, staff):
    staff.sends("Yes.")
    clinic.later(hours=-3)
    sending.send_due(clinic.desk, clinic.clock())
    assert asked.reads()[1:] == ["Yes."]


def test_whoever_lost_the_right_to_answer_answers_nobody(clinic, asked, staff, bo):
    staff.sends("Yes.")
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock())
    due(clinic)
    assert asked.reads() == ["Is the flu jab free?"]
    assert [row.outcome for row in clinic.rows("audit", action="reply.withheld")] == ["refused"]
    assert staff.draft().reply == "Yes."
    bo.sends("Yes from me.", to=asked)


@pytest.mark.parametrize("change", [
    "sealed = :flipped", "due_at = due_at - 5000000", "person_id = :other", "id = :other", "sealed = NULL"])
def test_a_waiting_reply_that_was_altered_is_not_sent_and_keeps_nobody_waiting(clinic, asked, staff, bo, change):
    staff.sends("Yes.")
    values = {"flipped": flipped(bytes(staff.waiting().sealed)), "other": bo.person.id}
    clinic.sql(f"UPDATE pending_replies SET {change}", **{name: value for name, value in values.items() if f":{name}" in change})
    due(clinic)
    assert asked.reads() == ["Is the flu jab free?"] and not clinic.rows("pending_replies")
    assert [row.outcome for row in clinic.rows("audit", action="reply.withheld")] == ["failed"]


def test_a_reply_put_back_into_the_table_is_not_sent_twice(clinic, asked, staff):
    staff.sends("Yes.")
    row = staff.waiting()
    due(clinic)
    puts_back(clinic, row)
    due(clinic)
    assert asked.reads()[1:] == ["Yes."] and not clinic.rows("pending_replies")


def test_a_waiting_reply_is_sealed_and_goes_with_its_conversation(clinic, asked, staff):
    staff.sends(f"{CANARY} reply")
    assert not found_in(rows(clinic.desk.database), disguises(f"{CANARY} reply"))
    clinic.desk.database.write(lambda tx: aftermath.repeat(tx, "erased.conversation", clinic.home.id, asked.conversation, 1))
    assert not clinic.rows("pending_replies")


def test_a_visitor_hears_of_it_when_it_is_sent_colleagues_at_once(clinic, asked, staff):
    live = clinic.desk.live
    with live.subscribe(("clinic", clinic.home.id)) as ours, live.subscribe(
            ("conversation", clinic.home.id, asked.conversation)) as visitors:
        staff.sends("Yes.")
        assert visitors.next(0.01) is None and ours.next(1) == Signal("changed", asked.conversation)
        due(clinic)
        assert visitors.next(1) == Signal("message", asked.conversation, 2)


def test_who_may_not_answer_may_not_send_later_either(clinic, asked, staff):
    staff.who = type(staff.who)("staff", clinic.home.id, staff.person.id)
    with pytest.raises(Forbidden):
        staff.sends("Yes.")


def test_a_system_that_comes_beside_hears_no_name_and_when_to_come_again(clinic, asked, staff):
    system = System.let_in(clinic)
    staff.sends("Yes, it is.")
    clinic.later(seconds=4)
    version = system.looks_at(asked)["version"]
    for act in (lambda: system.replies(asked, "Yes.", version=version),
                lambda: system.changes(asked, version, state="closed", reason="answered")):
        with pytest.raises(Conflict, match="Retry-After") as refused:
            act()
        assert 1 <= refused.value.retry_after_seconds <= 6 and staff.person.name.split()[0] not in refused.value.detail
    due(clinic)
    assert asked.reads() == ["Is the flu jab free?", "Yes, it is."]
