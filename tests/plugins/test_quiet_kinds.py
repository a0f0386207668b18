"""What asks for no answer, as a rating, makes nobody wait and opens nothing again; everything else does."""

import pytest
from marshmallow import Schema, fields

from securemsg.answers import Kind, Screening
from securemsg.desk import visitor as visitor_desk
from tests.listening import plugins
from tests.people import new_key


class Answer(Schema):
    answer = fields.String(required=True)


def kind(name: str, quiet: bool) -> Kind:
    return Kind(name, "Rating", Answer, lambda data: f"Chose {data['answer']}", quiet)


@pytest.fixture
def closed(clinic, visitor, staff):
    """A conversation that was answered and closed, where ratings can be sent."""
    urgent = {"screen": lambda draft: Screening(urgent=True) if draft.text.endswith("worse") else None}
    clinic.desk.registry = plugins(feedback={"kinds": lambda: [kind("loud", False), kind("quiet", True)]}, triage=urgent)
    visitor.says("Is the flu jab free?")
    staff.replies("Yes.")
    staff.closes("answered")
    return visitor


def chooses(visitor, kind: str, answer: str = "5") -> dict:
    now = visitor.clinic.clock.tick()
    return visitor_desk.send(visitor.clinic.desk, visitor.visit(), kind, {"answer": answer}, new_key(), now)


def state(clinic) -> tuple:
    row = clinic.rows("conversations")[-1]
    return bool(row.closed_at), row.closed_reason, row.waiting_on, row.unread_staff, row.waiting_since


def test_a_rating_leaves_a_closed_conversation_closed(clinic, closed, staff):
    before = state(clinic)
    assert chooses(closed, "quiet")["message"]["data"] == {"answer": "5", "text": "Chose 5"}
    assert state(clinic) == before == (True, "answered", "nobody", 1, None)
    assert staff.inbox() == [] and "Chose 5" in closed.reads()


def test_a_rating_lets_nobody_wait_in_an_open_one(clinic, closed):
    closed.says("Thank you.")
    before = state(clinic)
    chooses(closed, "quiet")
    assert state(clinic) == before and before[0] is False and before[2] == "staff"


def test_what_asks_for_an_answer_opens_it_again(clinic, closed):
    chooses(closed, "loud")
    assert state(clinic)[:4] == (False, None, "staff", 2)


def test_so_does_what_a_plugin_takes_for_urgent(clinic, closed):
    chooses(closed, "quiet", "worse")
    assert state(clinic)[:4] == (False, None, "staff", 2) and clinic.rows("conversations")[-1].urgency == "urgent"
