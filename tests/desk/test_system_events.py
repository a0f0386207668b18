"""Events by number: dense, each once, of one clinic; and the audit log as who watches over it reads it."""

import orjson
import pytest

from securemsg.desk import open_desk
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.audit import log as audit_log
from securemsg.desk.audit.sealing import Sealer
from securemsg.desk.system import events
from securemsg.desk.system.events import Bell
from securemsg.errors import BadRequest, Conflict
from securemsg.store import happenings
from securemsg.times import rfc3339
from tests.desk.archives import archived, restored
from tests.desk.hand import flipped
from tests.desk.systems import System


@pytest.fixture
def system(clinic) -> System:
    return System.let_in(clinic)


def seals(clinic) -> None:
    """What the process that leads does all the time."""
    sealer = Sealer(clinic.desk)
    while sealer.look():
        pass
    sealer.close()


def test_events_are_numbered_without_gaps_and_hold_ids_only(clinic, other_clinic, system, visitor):
    visitor.opens("It hurts.", name="Leo", contact=("email", "leo@example.org"))
    other_clinic.visitor().says("Hello?")
    visitor.says("Still.")
    assert system.hears() == [], "no number was given yet"
    seals(clinic)
    rows, _ = events.page(clinic.desk, system.who, 0, None, 100)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.kind for row in rows][-2:] == ["conversation.opened", "message.sent"]
    assert {row.conversation_id for row in rows} <= {None, visitor.conversation} and rows[-1].seq == 2
    assert "Leo" not in str(rows) and "hurts" not in str(rows)
    before = len(rows)
    visitor.says("More.")
    seals(clinic)
    assert system.hears(after=before) == [before + 1]


def test_pages_of_events_hold_each_once_though_more_come(clinic, system, visitor):
    for number in range(10):
        visitor.says(f"{number}")
    seals(clinic)
    last, found, cursor = system.hears()[-1], [], None
    while True:
        rows, cursor = events.page(clinic.desk, system.who, 0, cursor, 3)
        found += [row.number for row in rows]
        if cursor is None:
            break
        if len(found) < 12:
            visitor.says("more")
            seals(clinic)
    assert found == list(range(1, len(found) + 1)) and len(found) > last
    with pytest.raises(BadRequest):
        events.page(clinic.desk, system.who, 1, events.page(clinic.desk, system.who, 0, None, 1)[1], 3)


def test_a_number_that_was_never_given_is_told_instead_of_waited_for(clinic, system, visitor):
    visitor.says("one")
    seals(clinic)
    last = system.hears()[-1]
    assert system.hears(after=last) == []
    with pytest.raises(Conflict) as refused:
        system.hears(after=last + 1)
    assert refused.value.members == {"last": last}


def test_whoever_numbered_them_those_who_wait_are_woken_once(clinic, other_clinic, visitor):
    bell = Bell(clinic.desk)
    bell.look()
    with clinic.desk.live.subscribe((events.TOPIC, clinic.home.id)) as mine, \
            clinic.desk.live.subscribe((events.TOPIC, other_clinic.home.id)) as theirs:
        seals(clinic)
        bell.look()
        first, other = mine.next(1), theirs.next(1)
        assert first and first.kind == "numbered" and other
        visitor.says("one")
        seals(clinic)
        bell.look()
        bell.look()
        again = mine.next(1)
        assert again and (again.seq or 0) > (first.seq or 0)
        assert mine.next(0.01) is None and theirs.next(0.01) is None


def test_the_audit_log_is_read_newest_first_opened_and_verified_and_that_is_in_it(clinic, system, visitor, staff):
    visitor.says("It hurts.")
    staff.opens(visitor)
    staff.closes("called")
    found = system.audits()
    assert [event["action"] for event in found][:3] == ["conversation.closed", "conversation.read", "conversation.opened"]
    closed, read, opened = found[:3]
    assert closed["detail"] == {"reason": "called"}
    assert closed["actor"] == {"kind": "staff", "id": staff.who.id, "name": "Ana Ruiz"}
    assert read["address"] == "192.0.2.0/24" and {"kind": "messages", "id": "1-1"} in read["objects"]
    assert opened["actor"]["kind"] == "visitor" and opened["actor"]["name"] is None and opened["address"] is None
    assert all(event["verified"] for event in found) and all(event["number"] is None for event in found)
    seals(clinic)
    again = system.audits()
    assert again[0]["action"] == "audit.read" and again[0]["actor"]["id"] == system.who.id
    assert {part["id"] for part in again[0]["objects"]} == {event["id"] for event in found}
    assert sorted(event["number"] for event in again) == list(range(1, len(again) + 1))


def test_audit_filters_leave_out_all_others(clinic, system, visitor, staff):
    visitor.says("one")
    other = clinic.visitor()
    other.says("two")
    staff.opens(visitor)
    system.reads(other)
    for wanted, number in (({"action": "conversation.opened"}, 2), ({"actor_kind": "visitor"}, 2),
                           ({"actor_id": staff.who.id}, 1), ({"object_id": visitor.conversation}, 2), ({"outcome": "refused"}, 0),
                           ({"action": "conversation.read", "actor_kind": "system"}, 1)):
        assert len(system.audits(**wanted)) == number, wanted
    rows = clinic.rows("audit", action="conversation.opened")
    found = system.audits(from_at=rows[1].happened_at, action="conversation.opened")
    assert [event["at"] for event in found] == [rows[1].happened_at], rfc3339(rows[1].happened_at)


def test_a_row_that_was_altered_is_told(clinic, system, visitor):
    visitor.says("one")
    [row] = clinic.rows("audit", action="conversation.opened")
    for change, value in (("outcome", "failed"), ("mac", flipped(row.mac)), ("leaf", flipped(row.leaf)),
                          ("objects", '[["a","b"]]'), ("objects", "{"), ("detail", b"\1\1")):
        clinic.sql(f"UPDATE audit SET {change} = :value WHERE id = :id", value=value, id=row.id)
        [event] = [event for event in system.audits() if event["id"] == row.id]
        assert event["verified"] is False, change
        assert orjson.dumps(event)
        clinic.sql(f"UPDATE audit SET {change} = :value WHERE id = :id", value=getattr(row, change), id=row.id)
    assert all(event["verified"] for event in system.audits())


def test_two_clinics_logs_and_events_are_apart(clinic, other_clinic, visitor):
    visitor.says("one")
    stranger = System.let_in(other_clinic)
    seals(clinic)
    assert {event["id"] for event in stranger.audits()} <= {row.id for row in other_clinic.rows("audit")}
    assert visitor.conversation not in str(events.page(clinic.desk, stranger.who, 0, None, 100))


def test_after_a_restore_nobody_passes_over_what_is_new(clinic, system, visitor, elsewhere, reopened):
    """Numbers that were given since the backup are given to nothing else: who has heard one is told to begin anew."""
    visitor.says("before")
    seals(clinic)
    saved, archive = system.hears()[-1], archived(clinic)
    for _ in range(3):
        visitor.says("lost with the machine")
    seals(clinic)
    heard = system.hears()[-1]
    assert heard == saved + 3
    Ledger(clinic.desk).reach()
    restored(elsewhere.settings(clinic.desk), archive, clinic.clock)
    again = visitor.clinic = system.clinic = reopened(clinic, elsewhere.settings(clinic.desk))
    audited = max(row.number for row in again.rows("audit") if row.number)
    for _ in range(5):
        visitor.says("new")
    seals(again)
    for lost in (saved + 1, heard, heard + 1, saved + 10_000):
        with pytest.raises(Conflict) as refused:
            system.hears(after=lost)
        assert refused.value.members["last"] == system.hears()[-1]
    first, *others = system.hears(after=saved)
    assert first > heard + 1_000_000 and others == list(range(first + 1, first + 6)), "dense again, behind the leap"
    assert [row.kind for row in again.rows("events", number=first)] == ["service.restored"]
    numbers = sorted(row.number for row in again.rows("audit"))
    assert numbers == list(range(1, len(numbers) + 1)) and numbers[-1] > audited, "the audit log's numbers have no gap"
    assert audit_log.verify(again.desk).intact
    again.sql("UPDATE events SET happened_at = happened_at + 1 WHERE number = :number", number=first)
    assert "not counted" in audit_log.verify(again.desk).first_fault.fault, "a leap that no log of the service tells of is none"


def test_each_restore_of_the_same_archive_leaps_beyond_the_last(clinic, system, visitor, elsewhere, across):
    visitor.says("before")
    seals(clinic)
    archive, leaps = archived(clinic), []
    for place in (elsewhere, across):
        clinic.later(minutes=1)
        Ledger(clinic.desk).reach()
        restored(place.settings(clinic.desk), archive, clinic.clock)
        desk = open_desk(place.settings(clinic.desk), clinic.clock)
        leaps.append(desk.database.read(lambda tx: happenings.last(tx, clinic.home.id)))
        desk.close()
    assert leaps[1] - leaps[0] >= 60_000, "a thousand numbers for each second between them"
