"""Breaking the glass: who may, for how long, and that it is seen at once and looked into afterwards."""

import pytest

from securemsg.desk import glass, reach
from securemsg.errors import Conflict, Forbidden, Missing, Refused
from tests.clinic import Practice
from tests.desk.test_reach import asks, pooled, works_in  # noqa: F401  a fixture of there
from tests.people import Staff, Visitor

REASON = "She collapsed at the front desk, and her question about the bill names her drugs."


def breaks(somebody: Staff, visitor: Visitor | str, reason: str = REASON, purpose: str = "ETREAT") -> str:
    clinic = somebody.clinic
    reference = visitor if isinstance(visitor, str) else clinic.rows("conversations", id=visitor.conversation)[0].reference
    return glass.break_glass(clinic.desk, somebody.who, clinic.home, reference, reason, purpose, clinic.clock.tick())


def test_a_nurse_sees_a_conversation_of_another_pool_for_half_an_hour(pooled: Practice):  # noqa: F811
    bill, nurse = asks(pooled, "billing"), pooled.hires()
    with pytest.raises(Missing):
        nurse.opens(bill)
    assert breaks(nurse, bill) == bill.conversation
    assert nurse.reads(bill) == ["a question for billing"]
    assert bill.conversation in nurse.inbox()
    assert glass.until(pooled.desk, nurse.who, bill.conversation) > pooled.clock()
    pooled.later(minutes=30)
    with pytest.raises(Missing):
        nurse.opens(bill)
    assert glass.until(pooled.desk, nurse.who, bill.conversation) is None


def test_what_is_opened_for_half_an_hour_is_nobodys_to_take(pooled):  # noqa: F811
    bill, nurse = asks(pooled, "billing"), pooled.hires()
    breaks(nurse, bill)
    nurse.opens(bill)
    nurse.replies("Please come at once.")
    with pytest.raises(Conflict, match="another team"):
        nurse.claims()
    pooled.later(minutes=31)
    with pytest.raises(Missing):
        nurse.opens(bill)
    works_in(nurse, "billing").claims(to=bill)


def test_only_this_conversation_and_only_for_who_broke_it(pooled):  # noqa: F811
    bill, other, nurse = asks(pooled, "billing"), asks(pooled, "billing"), pooled.hires()
    breaks(nurse, bill)
    assert not reach.may_see(pooled.desk, nurse.who, pooled.rows("conversations", id=other.conversation)[0])
    with pytest.raises(Missing):
        pooled.hires("Bo Lind").opens(bill)


@pytest.mark.parametrize("role", ["front_desk", "billing", "manager", "owner", "auditor"])
def test_whose_role_does_not_need_it_breaks_nothing(pooled, role):  # noqa: F811
    with pytest.raises(Forbidden):
        breaks(pooled.hires("Eve Low", None, role), asks(pooled, "billing"))


def test_compliance_reads_with_a_reason_and_without_one_nothing(clinic, visitor):
    visitor.says("Is the flu jab free?")
    compliance = clinic.hires("Cara Lin", None, "compliance")
    with pytest.raises(Forbidden):
        compliance.opens(visitor)
    with pytest.raises(Refused):
        breaks(compliance, visitor, purpose="ETREAT")  # compliance treats nobody
    breaks(compliance, visitor, purpose="HOPERAT")
    assert compliance.reads(visitor) == ["Is the flu jab free?"]
    with pytest.raises(Forbidden):
        compliance.replies("No.")
    clinic.later(minutes=30)
    with pytest.raises(Forbidden):
        compliance.opens(visitor)


@pytest.mark.parametrize(("reason", "purpose", "field"), [
    ("", "BTG", "reason"), ("\u200b" * 12, "BTG", "reason"),
    ("urgent", "BTG", "reason"), ("x" * 501, "BTG", "reason"), ("a\0" + REASON, "BTG", "reason"),
    (REASON, "", "purpose"), (REASON, "HOPERAT", "purpose")])
def test_without_a_reason_or_a_purpose_it_stays_closed(pooled, reason, purpose, field):  # noqa: F811
    bill, nurse = asks(pooled, "billing"), pooled.hires()
    with pytest.raises(Refused) as refused:
        breaks(nurse, bill, reason, purpose)
    assert list(refused.value.errors) == [field] and pooled.rows("glass") == []


def test_who_guesses_references_is_on_record(pooled):  # noqa: F811
    with pytest.raises(Missing, match="no conversation"):
        breaks(pooled.hires(), "ZZ-9999")
    assert [row.outcome for row in pooled.rows("audit", action="glass.missed")] == ["refused"]


def test_it_is_seen_at_once_and_looked_into_by_somebody_else(pooled):  # noqa: F811
    bill, nurse, compliance = asks(pooled, "billing"), pooled.hires(), pooled.hires("Cara Lin", None, "compliance")
    breaks(nurse, bill)
    [event] = pooled.rows("events", kind="glass.broken")
    [broken] = glass.waiting(pooled.desk, compliance.who)
    assert (event.conversation_id, broken.conversation_id, broken.person_id, broken.reason, broken.purpose) == (
        bill.conversation, bill.conversation, nurse.who.id, REASON, "ETREAT")
    for note in ("", " ", "\u200b"):
        with pytest.raises(Refused, match="what came of it"):
            glass.review(pooled.desk, compliance.who, broken.id, note, pooled.clock.tick())
    glass.review(pooled.desk, compliance.who, broken.id, "Talked to Ana: right so.", pooled.clock.tick())
    assert glass.waiting(pooled.desk, compliance.who) == []
    with pytest.raises(Conflict):
        glass.review(pooled.desk, compliance.who, broken.id, "Again", pooled.clock.tick())
    with pytest.raises(Forbidden):
        glass.review(pooled.desk, nurse.who, broken.id, "All fine", pooled.clock.tick())


def test_nobody_looks_into_what_they_opened_themselves(clinic, visitor):
    visitor.says("Hello")
    compliance = clinic.hires("Cara Lin", None, "compliance")
    breaks(compliance, visitor, purpose="HOPERAT")
    [broken] = glass.waiting(clinic.desk, compliance.who)
    with pytest.raises(Refused, match="yourself"):
        glass.review(clinic.desk, compliance.who, broken.id, "", clinic.clock.tick())


@pytest.mark.parametrize("change", ["until_at = until_at + 86400000000", "person_id = :other", "conversation_id = :elsewhere"])
def test_glass_that_was_broken_in_the_database_opens_nothing(pooled, change):  # noqa: F811
    bill, elsewhere, nurse, other = asks(pooled, "billing"), asks(pooled, "billing"), pooled.hires(), pooled.hires("Bo Lind")
    breaks(nurse, bill)
    if "until" in change:
        pooled.later(minutes=31)
    values = {"other": other.who.id, "elsewhere": elsewhere.conversation}
    pooled.sql(f"UPDATE glass SET {change}", **{name: value for name, value in values.items() if f":{name}" in change})
    assert glass.open_for(pooled.desk, nurse.who) == glass.open_for(pooled.desk, other.who) == ()


def test_a_member_of_the_pool_needs_no_breaking(pooled):  # noqa: F811
    bill, nurse = asks(pooled, "billing"), works_in(pooled.hires(), "billing")
    assert nurse.reads(bill) == ["a question for billing"] and glass.until(pooled.desk, nurse.who, bill.conversation) is None
