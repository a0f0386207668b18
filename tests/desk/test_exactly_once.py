"""Exactly once: the same key does a thing one time and gives the first answer each time."""

import pytest

from securemsg.desk import first_message, once
from securemsg.desk import visitor as visitor_desk
from securemsg.errors import Conflict, Refused
from securemsg.store import idempotency
from tests.desk.systems import System
from tests.people import new_key
from tests.together import at_once

KEY = "the-same-key-each-time"


def test_opening_again_under_the_same_key_gives_the_first_answer(clinic, visitor):
    answers = [clinic.visitor().opens("Hello?", KEY) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(clinic.rows("conversations")) == len(clinic.rows("messages")) == len(clinic.rows("visitor_sessions")) == 1


def test_sending_again_under_the_same_key_gives_the_first_answer(clinic, visitor, staff):
    visitor.says("Hello?")
    first = visitor.says("Is anybody there?", KEY)
    staff.replies("Yes.")
    assert visitor.says("Is anybody there?", KEY) == first
    assert visitor.reads() == ["Hello?", "Is anybody there?", "Yes."]


def test_another_body_under_the_same_key_is_refused(clinic, visitor):
    visitor.opens("Hello?", KEY)
    for what in ({"text": "Goodbye."}, {"name": "Lena"}, {"about": "child"}, {"contact": ("phone", "+1 555 0100")}):
        with pytest.raises(Refused, match="another request"):
            clinic.visitor().opens(**{"text": "Hello?", "key": KEY, **what})
    assert len(clinic.rows("conversations")) == 1


def test_another_text_under_the_same_key_is_refused(visitor):
    visitor.says("Hello?")
    visitor.says("one", KEY)
    with pytest.raises(Refused, match="another request"):
        visitor.says("two", KEY)
    assert visitor.reads() == ["Hello?", "one"]


def test_a_key_counts_in_its_own_conversation_and_clinic(clinic, other_clinic):
    visitors = [clinic.visitor(), clinic.visitor(), other_clinic.visitor()]
    for visitor in visitors:
        visitor.says("Hello?")
        visitor.says("one", KEY)
    assert [visitor.reads() for visitor in visitors] == [["Hello?", "one"]] * 3


def test_a_repeated_opening_gets_its_answer_though_the_topic_was_closed_since(clinic, visitor):
    first = visitor.opens("Hello?", KEY)
    clinic.saves(categories=(("appointment", "Appointment", True, "none"),))
    assert clinic.visitor().opens("Hello?", KEY, consent=clinic.home.consent.sha256) == first
    with pytest.raises(Refused):
        clinic.visitor().opens("Hello?")


def test_a_repeated_message_gets_its_answer_though_the_conversation_cannot_be_written_to_since(clinic, visitor, staff):
    visitor.says("Hello?")
    first = visitor.says("one", KEY)
    staff.closes()
    clinic.later(days=15)
    assert visitor.says("one", KEY) == first


def test_the_first_answer_is_kept_for_a_day(clinic, visitor):
    visitor.says("Hello?", KEY)
    (row,) = clinic.rows("idempotency")
    assert row.expires_at == clinic.clock() + 24 * 3600 * 1_000_000
    assert clinic.desk.database.write(lambda tx: idempotency.expire(tx, row.expires_at)) == 0
    assert clinic.desk.database.write(lambda tx: idempotency.expire(tx, row.expires_at + 1)) == 1


def test_eight_at_once_under_one_key_write_one_row(clinic, visitor):
    visitor.says("Hello?")
    visit = visitor.visit()

    def send(number: int) -> dict:
        return visitor_desk.send(clinic.desk, visit, "text", {"text": "one"}, KEY, clinic.clock())

    answers = at_once(8, send)
    assert answers == [answers[0]] * 8
    assert visitor.reads() == ["Hello?", "one"]


def test_eight_calls_of_a_system_at_once_under_one_key_are_one(clinic, visitor):
    visitor.says("Hello?")
    system = System.let_in(clinic)
    answers = at_once(8, lambda number: system.replies(visitor, "Yes.", seen=1, key=KEY))
    assert answers == [answers[0]] * 8 and answers[0]
    assert visitor.reads() == ["Hello?", "Yes."]
    assert len(clinic.rows("idempotency")) == 2


def test_eight_at_once_open_one_conversation_under_one_key(clinic, visitor):
    home, opening = clinic.home, visitor.opening("Hello?")
    answers = at_once(8, lambda number: first_message.open(clinic.desk, home, opening, KEY, None, clinic.clock()))
    assert answers == [answers[0]] * 8
    assert len(clinic.rows("conversations")) == len(clinic.rows("visitor_sessions")) == 1


def test_many_at_once_in_one_conversation_all_stand_there_in_a_dense_order(clinic, visitor, staff):
    """Each is told to try again when others were quicker three times, as a client does; then nothing is lost."""
    visitor.says("Hello?")
    visit = visitor.visit()

    def send(number: int) -> dict:
        key = new_key()
        while True:
            try:
                return visitor_desk.send(clinic.desk, visit, "text", {"text": f"number {number}"}, key, clinic.clock())
            except Conflict:
                continue

    answers = at_once(8, send)
    assert sorted(answer["message"]["seq"] for answer in answers) == list(range(2, 10))
    assert sorted(visitor.reads()[1:]) == [f"number {number}" for number in range(8)]
    assert all(message.verified for message in visitor.messages())
    assert sorted(row.seq for row in clinic.rows("messages")) == list(range(1, 10))


def test_a_conversation_that_keeps_moving_ends_in_a_conflict_and_stores_nothing(clinic, visitor, monkeypatch):
    visitor.says("Hello?")
    monkeypatch.setattr(visitor_desk.conversations, "advance", lambda *_, **__: False)
    with pytest.raises(Conflict):
        visitor.says("one")
    assert visitor.reads() == ["Hello?"]
    assert len(clinic.rows("idempotency")) == 1


def test_an_answer_that_was_altered_is_not_given(clinic, visitor):
    visitor.says("Hello?")
    visitor.says("one", KEY)
    clinic.sql("UPDATE idempotency SET answer = (SELECT sealed FROM messages WHERE seq = 1)")
    with pytest.raises(Conflict, match="can no longer be read"):
        visitor.says("one", KEY)


def test_each_act_of_staff_happens_once_under_one_key(clinic, visitor, staff):
    visitor.says("Hello?")
    for act in ("replies", "notes", "claims", "closes"):
        for _ in range(3):
            getattr(staff, act)(*["Yes."] if act in ("replies", "notes") else [], key=KEY)
    assert visitor.reads() == ["Hello?", "Yes.", "system.claimed", "system.closed"] and len(clinic.rows("notes")) == 1


def test_reopening_and_releasing_happen_once_under_one_key(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.claims()
    staff.releases(key=KEY)
    staff.releases(key=KEY)
    staff.closes()
    staff.reopens(key=KEY)
    staff.reopens(key=KEY)
    assert visitor.reads() == ["Hello?", "system.claimed", "system.closed", "system.reopened"]
    assert len(clinic.rows("audit", action="conversation.released")) == 1


def test_the_key_itself_is_nowhere_kept(clinic, visitor):
    visitor.says("Hello?", KEY)
    kept = [bytes(value) for row in clinic.rows("idempotency") for value in row if isinstance(value, bytes)]
    assert kept and not any(KEY.encode() in value for value in kept)
    assert once.Key(KEY, clinic.home.id, "open", b"").scope == bytes(clinic.rows("idempotency")[0].scope)
