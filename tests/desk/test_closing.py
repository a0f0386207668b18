"""My question is answered: a visitor ends the conversation, and can take it up again by writing."""

import pytest

from securemsg.desk import thread
from securemsg.desk import visitor as visitor_desk
from securemsg.errors import Conflict, Refused
from securemsg.live import Signal


@pytest.fixture
def answered(visitor, staff):
    """Asked and answered."""
    visitor.says("Is the flu jab free?")
    staff.replies("Yes.")
    return visitor


def test_a_visitor_closes_and_everybody_sees_it(clinic, answered, staff):
    answered.closes()
    assert answered.reads() == staff.reads() == ["Is the flu jab free?", "Yes.", "system.closed"]
    assert visitor_desk.about(answered.visit())["state"] == "closed"
    assert staff.inbox() == [] and staff.inbox("closed") == [answered.conversation]
    [row] = clinic.rows("conversations")
    assert (row.closed_reason, row.waiting_on, row.waiting_since) == (visitor_desk.CLOSED_BY_VISITOR, "nobody", None)


def test_it_is_recorded_as_the_visitors_own_act(clinic, answered):
    answered.closes()
    [row] = clinic.rows("audit", action="conversation.closed")
    assert row.actor_kind == "visitor" and row.object_id == answered.conversation


def test_one_key_closes_once(clinic, answered):
    first, again = answered.closes(key="one-key-pressed-twice"), answered.closes(key="one-key-pressed-twice")
    assert first == again and first["message"]["kind"] == "system.closed"
    assert answered.reads().count("system.closed") == 1


def test_who_writes_again_opens_it_again(clinic, answered, staff):
    answered.closes()
    answered.says("One more thing.")
    assert visitor_desk.about(answered.visit())["state"] == "open" and staff.inbox() == [answered.conversation]
    answered.closes()
    assert answered.reads()[2:] == ["system.closed", "One more thing.", "system.closed"]


def test_what_is_closed_cannot_be_closed(answered, staff):
    staff.closes()
    with pytest.raises(Conflict, match="closed already"):
        answered.closes()


def test_no_answer_is_closed_away_unread(answered, staff):
    seen = answered.messages()[-1].seq
    staff.replies("Please bring your card.")
    with pytest.raises(Conflict, match="has written in the meantime"):
        answered.closes(seen=seen)
    assert answered.reads()[-1] == "Please bring your card."
    answered.closes()


def test_nor_behind_more_of_ones_own_than_is_looked_through(answered, staff, monkeypatch):
    monkeypatch.setattr(thread, "PAGE", 2)
    seen = answered.messages()[-1].seq
    for text in ("And", "for", "my mother?"):
        answered.says(text)
    staff.replies("Please bring your card.")
    with pytest.raises(Conflict):
        answered.closes(seen=seen)


def test_after_two_weeks_a_new_one_is_begun(clinic, answered):
    answered.closes()
    clinic.later(days=visitor_desk.REOPENS_WITHIN_DAYS + 1)
    with pytest.raises(Refused, match="start a new one"):
        answered.says("Hello?")


def test_staff_hear_of_it_at_once(clinic, answered):
    with clinic.desk.live.subscribe(("clinic", clinic.home.id), ("conversation", clinic.home.id, answered.conversation)) as heard:
        seq = answered.closes()["message"]["seq"]
        assert {heard.next(1), heard.next(1)} == {
            Signal("message", answered.conversation, seq), Signal("changed", answered.conversation, seq)}
