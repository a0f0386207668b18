"""Drafts that somebody began and left go after their time, but none of a conversation that is held; a dry run says as much."""

import pytest

from securemsg.desk.erasing import holds, retention
from tests.clinic import Practice
from tests.people import Staff


@pytest.fixture
def drafts(clinic: Practice, staff: Staff):
    """Three old drafts: in a conversation that is held, in one that was, and in one that never was."""
    asked = [clinic.visitor() for _ in range(3)]
    ids = []
    for visitor in asked:
        visitor.opens("Hello?")
        staff.opens(visitor)
        staff.begins("Dear Leo,")
    for visitor in asked[:2]:
        ids.append(holds.place(clinic.desk, clinic.service, visitor.conversation, "A claim.", clinic.clock.tick()))
    for judge in (clinic.hires("Mo Abe", None, "compliance"), clinic.hires("Cy Oh", None, "compliance")):
        holds.lift(clinic.desk, judge.who, ids[1], "It is settled.", clinic.clock.tick())
    clinic.later(days=40)
    return [visitor.conversation for visitor in asked]


def run(clinic: Practice, dry: bool) -> int:
    return retention.run(clinic.desk, clinic.home, clinic.clock.tick(), dry).drafts


def kept(clinic: Practice) -> list[str]:
    return sorted(row.conversation_id for row in clinic.rows("drafts"))


def test_a_dry_run_tells_what_a_run_does(clinic, drafts):
    assert run(clinic, dry=True) == 2 and kept(clinic) == sorted(drafts)
    assert run(clinic, dry=False) == 2 and kept(clinic) == drafts[:1]
    assert run(clinic, dry=True) == run(clinic, dry=False) == 0


def test_a_hold_that_only_the_database_says_was_lifted_keeps_the_draft(clinic, drafts):
    clinic.sql("UPDATE holds SET lifted_by = placed_by, second_by = placed_by, lifted_at = 5 WHERE lifted_at IS NULL")
    assert run(clinic, dry=False) == 2 and kept(clinic) == drafts[:1]


def test_a_draft_that_somebody_goes_on_with_stays(clinic, staff, drafts):
    staff.opens(drafts[2])
    staff.begins("Dear Leo, again,")
    assert run(clinic, dry=True) == 1 and run(clinic, dry=False) == 1 and kept(clinic) == sorted([drafts[0], drafts[2]])
