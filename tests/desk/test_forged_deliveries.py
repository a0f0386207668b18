"""Somebody writes to the outbox without the keys: no plugin is told what did not happen, and that is on record."""

import pytest

from securemsg.desk.deliveries import aside
from securemsg.desk.deliveries.engine import Engine
from tests.listening import plugins


@pytest.fixture
def told(clinic):
    """What a plugin that hears of everything is told."""
    told = []
    hooks = {"message_received": lambda message: told.append(("message_received", message.seq)),
             "reply_sent": lambda message: told.append(("reply_sent", message.seq)),
             "conversation_closed": lambda conversation: told.append(("conversation_closed", conversation.id)),
             "conversation_erased": lambda conversation: told.append(("conversation_erased", conversation)),
             "happened": lambda event: told.append(("happened", event.conversation))}
    clinic.desk.registry = plugins(ear=hooks)
    return told


def delivers(clinic) -> None:
    engine = Engine(clinic.desk, {"mail": None, "post": None})
    assert any(not engine.look() for _ in range(50))


@pytest.mark.parametrize("deed", [
    {"hook": "conversation_erased"}, {"hook": "conversation_closed"}, {"hook": "reply_sent"}, {"conversation_id": "{other}"},
    {"hook": "conversation_erased", "event": "conversation.erased"}])
def test_a_delivery_that_was_made_another_one_tells_nobody(clinic, visitor, staff, told, deed):
    other = clinic.visitor()
    other.opens("Hi")
    delivers(clinic)
    told.clear()
    visitor.opens("Hello?")
    values = {name: value.format(other=other.conversation) for name, value in deed.items()}
    sets = ", ".join(f"{name} = :{name}" for name in deed)
    assert clinic.sql(f"UPDATE outbox SET {sets} WHERE hook = 'message_received' AND conversation_id = :whose",
                      whose=visitor.conversation, **values)
    delivers(clinic)
    assert told == [("happened", visitor.conversation)]
    whose = other if "conversation_id" in deed else visitor
    [row] = aside.set_aside(clinic.desk, staff.who, whose.conversation)
    assert row.fault == "It was altered." and row.attempts == 1
    found = [each for each in clinic.rows("audit") if each.action == "message.unverified"]
    assert [row.id in each.objects for each in found] == [True]


def test_what_is_not_erased_is_forgotten_by_nobody_though_an_event_says_so(clinic, visitor, told):
    visitor.opens("Hello?")
    clinic.sql("UPDATE events SET kind = 'conversation.erased'")
    clinic.sql("UPDATE outbox SET hook = 'conversation_erased' WHERE hook = 'message_received'")
    delivers(clinic)
    assert told == [("happened", visitor.conversation)]


def test_a_message_is_told_under_its_own_conversation_alone(clinic, visitor, told):
    other = clinic.visitor()
    other.opens("Hi")
    visitor.opens("Hello?")
    delivers(clinic)
    told.clear()
    visitor.says("More")
    clinic.sql("UPDATE events SET conversation_id = :other WHERE seq = 2", other=other.conversation)
    clinic.sql("UPDATE outbox SET conversation_id = :other WHERE done_at IS NULL AND hook = 'message_received'",
               other=other.conversation)
    delivers(clinic)
    assert "message_received" not in dict(told)
