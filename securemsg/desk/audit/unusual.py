"""Reads that somebody should look at: of one's own family name, outside of working hours, of very many conversations in a day.

They are hints for a person, not findings: most have a good reason.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

from securemsg.crypto.envelope import Place, unseal
from securemsg.desk import people, thread
from securemsg.desk.access import Who, require
from securemsg.desk.audit.review import READ, reads
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.reading import on_record
from securemsg.errors import Unverified
from securemsg.store import Row, conversations
from securemsg.times import DAY, moment

DAYS = 7
FROM_HOUR, TO_HOUR = 7, 20  # on Monday to Friday, by the clinic's clock: all else is outside of working hours
MANY = 40  # conversations of one person in one day; and more than so many times what colleagues read in the middle:
TIMES = 3


@dataclass(frozen=True, slots=True)
class Unusual:
    """`kind` is family_name, after_hours or many; `count` conversations, `conversation_id` where it is about one."""

    kind: str
    person_id: str
    at: int
    count: int = 1
    conversation_id: str | None = None


def unusual(desk: Desk, who: Who, clinic: Clinic, now: int) -> list[Unusual]:
    """What stood out in the last days, the newest first, once it is on record that somebody looked."""
    require(who, "audit")
    rows = [row for row in reads(desk, clinic.id, now - DAYS * DAY, now) if row.actor_kind == "staff"]
    found = sorted((*_family(desk, clinic, rows), *_late(clinic, rows), *_many(clinic, rows)), key=lambda each: -each.at)
    listed = tuple((each.kind, each.conversation_id or each.person_id) for each in found)
    on_record(desk, entry(desk, who, "audit.read", "audit", None, now, objects=listed, event=False))
    return found


def _family(desk: Desk, clinic: Clinic, rows: list[Row]) -> Iterator[Unusual]:
    staff = people.everyone(desk, clinic.id)
    for (person_id, id), row in _first_of_each(rows).items():
        person = staff.get(person_id)
        if person and (mine := _family_name(person.name)) and mine == _family_name(_visitors_name(desk, clinic.id, id)):
            yield Unusual("family_name", person_id, row.happened_at, conversation_id=id)


def _late(clinic: Clinic, rows: list[Row]) -> Iterator[Unusual]:
    for (person_id, id), row in _first_of_each([row for row in rows if _is_late(_local(clinic, row.happened_at))]).items():
        yield Unusual("after_hours", person_id, row.happened_at, conversation_id=id)


def _many(clinic: Clinic, rows: list[Row]) -> Iterator[Unusual]:
    days: dict[object, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        days[_local(clinic, row.happened_at).date()][row.actor_id][row.object_id] = row.happened_at
    for day in days.values():
        for person_id, read in day.items():
            others = [len(each) for other, each in day.items() if other != person_id]
            if len(read) >= MANY and len(read) > TIMES * (median(others) if others else 0):
                yield Unusual("many", person_id, max(read.values()), len(read))


def _first_of_each(rows: list[Row]) -> dict[tuple[str, str], Row]:
    """The newest read of each conversation by each person."""
    return {(row.actor_id, row.object_id): row for row in reversed(rows) if row.action == READ}


def _family_name(name: str) -> str:
    return name.casefold().split()[-1] if name.split() else ""


def _visitors_name(desk: Desk, clinic_id: str, id: str) -> str:
    """As it was given; empty without one, or where it does not open. It leaves this module for nobody."""
    row = desk.database.read(lambda tx: conversations.one(tx, clinic_id, id))
    if row is None or row.wrapped is None or not row.name:
        return ""
    try:
        return unseal(thread.keys_of(desk, row).body, Place("conversations", "name", clinic_id, id, id), row.name).decode()
    except Unverified:
        return ""


def _local(clinic: Clinic, at: int) -> datetime:
    return moment(at, ZoneInfo(clinic.timezone))


def _is_late(at: datetime) -> bool:
    return at.weekday() >= 5 or not FROM_HOUR <= at.hour < TO_HOUR
