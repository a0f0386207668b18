"""Watching over a clinic: a sample that nobody can draw again, what stands out, and a file that calculates nothing."""

import csv
import io

import pytest

from securemsg.desk import lists
from securemsg.desk.audit import review, spreadsheet
from securemsg.desk.audit.unusual import MANY, unusual
from securemsg.desk.system import trail
from securemsg.errors import Conflict, Forbidden, Refused
from securemsg.times import HOUR
from tests.clinic import Practice
from tests.people import Staff


@pytest.fixture
def compliance(clinic: Practice) -> Staff:
    return clinic.hires("Cara Lin", None, "compliance")


def stood_out(compliance: Staff) -> list[tuple[str, str]]:
    clinic = compliance.clinic
    return [(each.kind, each.person_id) for each in unusual(clinic.desk, compliance.who, clinic.home, clinic.clock.tick())]


def reads_many(clinic: Practice, somebody: Staff, count: int) -> None:
    for _ in range(count):
        visitor = clinic.visitor()
        visitor.says("Hello")
        somebody.opens(visitor)


def test_the_sample_is_the_same_all_day_and_another_tomorrow(clinic, staff, compliance):
    reads_many(clinic, staff, 30)
    clinic.later(days=1)
    first, again = (review.sample(clinic.desk, compliance.who, clinic.home, clinic.clock.tick()) for _ in range(2))
    assert first == again and len({row.id for row in first.rows}) == review.SAMPLE
    clinic.later(days=1)
    other = review.sample(clinic.desk, compliance.who, clinic.home, clinic.clock.tick())
    assert {row.id for row in other.rows} != {row.id for row in first.rows}


def test_who_looked_signs_once_and_it_stands_in_the_log(clinic, staff, compliance, visitor):
    visitor.says("Hello")
    staff.opens(visitor)
    clinic.later(days=1)
    for nothing in (" ", "\u200b\u2060"):
        with pytest.raises(Refused):
            review.sign_off(clinic.desk, compliance.who, clinic.home, nothing, clinic.clock.tick())
    review.sign_off(clinic.desk, compliance.who, clinic.home, "All in order.", clinic.clock.tick())
    assert [row.actor_id for row in clinic.rows("audit", action="audit.reviewed")] == [compliance.who.id]
    assert review.sample(clinic.desk, compliance.who, clinic.home, clinic.clock.tick()).signed
    with pytest.raises(Conflict):
        review.sign_off(clinic.desk, compliance.who, clinic.home, "Again.", clinic.clock.tick())


def test_nobody_signs_a_sample_of_what_they_read_themselves(clinic, compliance, visitor):
    visitor.says("Hello")
    both = clinic.hires("Bo Day", None, "compliance", "nurse")
    both.opens(visitor)
    clinic.later(days=1)
    with pytest.raises(Refused, match="yourself"):
        review.sign_off(clinic.desk, both.who, clinic.home, "All fine.", clinic.clock.tick())
    review.sign_off(clinic.desk, compliance.who, clinic.home, "All fine.", clinic.clock.tick())


def test_that_the_log_was_taken_along_is_on_record_before_its_rows_are_read(clinic, compliance, visitor, monkeypatch):
    visitor.says("Hello")
    monkeypatch.setattr(trail, "page", lambda *_: (clinic.rows("audit", action="audit.exported")[-1], None))
    taken = trail.sheet(clinic.desk, compliance.who, {"action": "message.sent"}, 10, clinic.clock.tick())
    assert (taken.actor_id, taken.outcome) == (compliance.who.id, "ok")


def test_compliance_hears_that_something_changed(clinic, compliance, visitor):
    visitor.says("Hello")
    assert lists.changed_since(clinic.desk, compliance.who, 0)
    with pytest.raises(Forbidden):
        lists.changed_since(clinic.desk, clinic.hires("Ida Ray", None, "auditor").who, 0)


def test_where_nobody_read_there_is_nothing_to_sign(clinic, compliance):
    with pytest.raises(Refused, match="nothing to sign"):
        review.sign_off(clinic.desk, compliance.who, clinic.home, "Fine.", clinic.clock.tick())


@pytest.mark.parametrize("role", ["front_desk", "nurse", "doctor", "billing", "manager", "staff"])
def test_only_who_watches_over_the_clinic_looks(clinic, role):
    somebody = clinic.hires("Eve Low", None, role)
    for look in (lambda: review.sample(clinic.desk, somebody.who, clinic.home, clinic.clock.tick()),
                 lambda: unusual(clinic.desk, somebody.who, clinic.home, clinic.clock.tick()),
                 lambda: review.sign_off(clinic.desk, somebody.who, clinic.home, "Fine.", clinic.clock.tick())):
        with pytest.raises(Forbidden):
            look()


def test_auditors_look_and_do_not_sign(clinic):
    auditor = clinic.hires("Ida Ray", None, "auditor")
    assert review.sample(clinic.desk, auditor.who, clinic.home, clinic.clock.tick()).rows == ()
    with pytest.raises(Forbidden):
        review.sign_off(clinic.desk, auditor.who, clinic.home, "Fine.", clinic.clock.tick())


def test_a_usual_day_does_not_stand_out(clinic, staff, compliance, visitor):
    visitor.opens("Hello", name="Maria Lopez")
    staff.opens(visitor)
    assert stood_out(compliance) == []
    assert clinic.rows("audit", action="audit.read")[-1].actor_id == compliance.who.id


def test_ones_own_family_name_stands_out(clinic, staff, compliance, visitor):
    visitor.opens("Hello", name="Leo ruiz")
    staff.opens(visitor)
    clinic.hires("Bo Lind").opens(visitor)
    assert stood_out(compliance) == [("family_name", staff.who.id)]


def test_reading_at_night_and_on_sundays_stands_out(clinic, staff, compliance, visitor):
    visitor.says("Hello")
    clinic.later(hours=10)  # 23:00 in Berlin
    staff.opens(visitor)
    assert stood_out(compliance) == [("after_hours", staff.who.id)]
    clinic.clock.at += 6 * 24 * HOUR - 10 * HOUR  # Sunday noon
    staff.opens(visitor)
    assert set(stood_out(compliance)) == {("after_hours", staff.who.id)}


def test_very_many_in_a_day_stand_out_where_colleagues_read_few(clinic, staff, compliance):
    reads_many(clinic, staff, MANY)
    assert stood_out(compliance) == [("many", staff.who.id)]
    reads_many(clinic, clinic.hires("Bo Lind"), MANY // 2)
    assert stood_out(compliance) == []  # a busy day for everybody


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_file_begins_a_formula(evil):
    event = {"number": 1, "at": 0, "actor": {"kind": evil, "id": evil, "name": evil}, "action": evil, "outcome": evil,
             "node": evil, "object": {"kind": evil, "id": evil}, "address": evil, "verified": True}
    [names, line] = csv.reader(io.StringIO(spreadsheet.table([event]), newline=""))
    assert tuple(names) == spreadsheet.COLUMNS and sum(each == f"'{evil}" for each in line) == 9
    assert not any(each.startswith(("=", "+", "-", "@", "\t", "\r")) for each in line)
