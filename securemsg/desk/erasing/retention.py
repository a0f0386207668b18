"""How long a conversation stays after its last message: by its topic, and by what became of it.

Kinds are: an enquiry that nobody answered, a matter of the office that was, and what belongs to somebody's care. The periods are
those of the table below until a clinic sets its own. What waits for staff, and what is held, is never old enough.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import conversation, holds
from securemsg.desk.journal import entry
from securemsg.errors import Conflict, Missing, Refused
from securemsg.store import Row, Tx, clinics, retention
from securemsg.times import DAY

DAYS = {
    # kind: days after the last message
    "enquiry": 90,  # never became care, and nobody is known by it
    "office": 730,  # two years
    "care": 3650,  # ten years: the law of most places asks for less, of a few for more
    "draft": 30,
}
OFFICE = frozenset({"appointment", "billing", "new-patient", "other"})  # topics of which an answer is no part of a health record
LEAST, MOST = 1, 36_500  # days
_IDENTIFIED = 2  # level at which a visitor is matched with a patient's record
_FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation that is old enough. `days` is the period that ran out at `since` (microseconds)."""

    id: str
    reference: str
    category: str
    kind: str
    days: int
    since: int
    version: int


@dataclass
class Report:
    """What a run would do, or did, in one clinic: by (category, kind) how many; references of those left, with why."""

    clinic: str
    erased: dict[tuple[str, str], int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    drafts: int = 0
    dry: bool = False


def kind_of(identity_level: int, answered: bool, category: str) -> str:
    """What became of a conversation: whether its visitor is known, whether staff wrote in it, what it is about."""
    if identity_level >= _IDENTIFIED or (answered and category not in OFFICE):
        return "care"
    return "office" if answered else "enquiry"


def periods(desk: Desk, clinic_id: str) -> dict[tuple[str, str], int]:
    """What a clinic set, by (category's name or "", kind); a row that was altered counts for nothing."""
    rows = desk.database.read(lambda tx: retention.periods(tx, clinic_id))
    return {(row.category, row.kind): row.days for row in rows if desk.vouched(row.mac, "retention", *facts(row))}


def days(set_: dict[tuple[str, str], int], category: str, kind: str) -> int:
    """The period that applies: of this topic, else of all, else the usual one."""
    return set_.get((category, kind), set_.get(("", kind), DAYS[kind]))


def set_period(desk: Desk, who: Who, home: Clinic, category: str, kind: str, number: int, now: int) -> None:
    """Keep what is of this kind for so many days; `category` "" means every topic. Refused for what is none."""
    if who.kind != "service":
        require(who, "clinic")
    if kind not in DAYS or (category and category not in {each.name for each in home.categories}):
        topics = ", ".join(each.name for each in home.categories)
        raise Refused(f"Kinds are {', '.join(DAYS)}; topics of this clinic are {topics}.")
    if not LEAST <= number <= MOST:
        raise Refused(f"A period has {LEAST} to {MOST:,} days.")
    mac = desk.vouch("retention", home.id, category, kind, number, now)
    written = entry(desk, who, "retention.changed", "clinic", home.id, now,
                    detail={"category": category, "kind": kind, "days": number})

    def write(tx: Tx) -> None:
        retention.set_period(tx, home.id, category, kind, number, mac, now)
        written.write(tx)

    desk.database.write(write)


def due(desk: Desk, home: Clinic, now: int) -> Iterator[Due]:
    """The conversations that are old enough, held ones too: a report says why they stay."""
    set_, names = periods(desk, home.id), {each.id: each.name for each in home.categories}
    shortest = min(number for (_, kind), number in ({("", kind): number for kind, number in DAYS.items()} | set_).items()
                   if kind != "draft")
    newest, after = now - shortest * DAY, _FIRST
    while rows := desk.database.read(partial(retention.quiet_since, clinic_id=home.id, before=newest, after=after)):
        for row in rows:
            category = names.get(row.category_id, "")
            kind = kind_of(row.identity_level, bool(row.answered), category)
            number = days(set_, category, kind)
            waits = row.waiting_on == "staff" and not row.closed_at
            if row.last_at + number * DAY < now and not waits:
                yield Due(row.id, row.reference, category, kind, number, row.last_at + number * DAY, row.version)
        after = rows[-1].id


def run(desk: Desk, home: Clinic, now: int, dry_run: bool = False) -> Report:
    """Erase what is old enough, or only say what that would be. What is held stays, and is told."""
    report = Report(home.slug, dry=dry_run)
    for _ in steps(desk, home, now, report):
        pass
    return report


def everywhere(desk: Desk, now: int, dry_run: bool = False) -> list[Report]:
    """A run in every clinic."""
    return [run(desk, home, now, dry_run) for home in every_clinic(desk)]


def every_clinic(desk: Desk) -> Iterator[Clinic]:
    """For what is done in all of them."""
    for row in desk.database.read(clinics.everyone):
        yield clinic(desk, row.slug)


def steps(desk: Desk, home: Clinic, now: int, report: Report) -> Iterator[Due]:
    """The same run, one conversation after the other, so that others can be served in between."""
    held = holds.held_in(desk, home.id)
    for each in due(desk, home, now):
        if each.id in held:
            report.left[each.reference] = "held"
        elif report.dry or _erased(desk, home, each, now):
            report.erased[each.category, each.kind] = report.erased.get((each.category, each.kind), 0) + 1
        else:
            report.left[each.reference] = "changed meanwhile"
        yield each
    report.drafts = _drafts(desk, home, now, held, report.dry)


def _erased(desk: Desk, home: Clinic, each: Due, now: int) -> bool:
    """False where it is held, was erased by somebody, or anything happened in it, since we looked."""
    with suppress(Conflict, Missing):
        reason = f"retention: {each.kind}, {each.days} days"
        conversation.erase(desk, Who("service", home.id), each.id, reason, now, each.version)
        return True
    return False


def _drafts(desk: Desk, home: Clinic, now: int, held: frozenset[str], dry: bool) -> int:
    """How many were begun and left too long ago in what is not held."""
    before = now - days(periods(desk, home.id), "", "draft") * DAY
    rows = desk.database.read(lambda tx: retention.old_drafts(tx, home.id, before))
    ids = [row.id for row in rows if row.conversation_id not in held]
    return len(ids) if dry else desk.database.write(lambda tx: retention.drop_drafts(tx, home.id, before, ids))


def facts(row: Row) -> tuple:
    """What the MAC of a period covers."""
    return row.clinic_id, row.category, row.kind, row.days, row.changed_at
