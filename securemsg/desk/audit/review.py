"""Looking through who read what: a random sample of each day, and signing that somebody looked."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import legible
from securemsg.desk.reading import on_record
from securemsg.errors import Conflict, Refused
from securemsg.store import Row, audit_pages
from securemsg.times import DAY, SECOND, moment

READ = "conversation.read"
SIGNED = "audit.reviewed"
SAMPLE, SAMPLE_DAYS = 20, 30
LONGEST = 1_000  # characters of a note
_MOST = 10_000  # reads that are looked through, the newest
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of one day's sample, the newest first. `signed` says that it was looked through already."""

    day: str
    rows: tuple[Row, ...]
    signed: bool


def reads(desk: Desk, clinic_id: str, since: int, until: int) -> list[Row]:
    """The rows of the log about conversations that were read, the newest first, `_MOST` of them."""
    found: list[Row] = []
    for rows in _pages(desk, clinic_id, {"action": READ, "from_at": since}):
        found += [row for row in rows if row.happened_at < until]
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def sample(desk: Desk, who: Who, clinic: Clinic, now: int) -> Sample:
    """Twenty reads of the last month, the same all day long: whoever looks cannot draw until they like it."""
    require(who, "audit")
    drawn = _drawn(desk, clinic, now)
    if drawn.rows:
        on_record(desk, entry(desk, who, "audit.read", "audit", None, now, objects=_listed(drawn), event=False))
    return drawn


def sign_off(desk: Desk, who: Who, clinic: Clinic, note: str, now: int) -> None:
    """Somebody looked through the sample of the day, with what they say of it: it stands in the log for good.

    Conflict when it was signed already, Refused without a note, where there is nothing to look through, or something they did.
    """
    require(who, "review")
    drawn = _drawn(desk, clinic, now)
    if not legible(note) or len(note) > LONGEST or "\0" in note:
        raise Refused(errors={"note": ["Please write what you found, if only that all was in order; 1,000 characters at most."]})
    if not drawn.rows:
        raise Refused("Nobody has read a conversation in the last month, so there is nothing to sign.")
    if any(row.actor_id == who.id for row in drawn.rows):
        raise Refused("What you read yourself is in this sample, so somebody else has to look through it.")
    if drawn.signed:
        raise Conflict("The sample of today is signed already. There is a new one tomorrow.")
    detail = {"note": note.strip(), "day": drawn.day, "rows": len(drawn.rows)}
    written = entry(desk, who, SIGNED, "audit", None, now, detail=detail, objects=_listed(drawn), event=False)
    desk.database.write(written.after(lambda tx: True))


def _drawn(desk: Desk, clinic: Clinic, now: int) -> Sample:
    here = moment(now, ZoneInfo(clinic.timezone))
    began = int(here.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * SECOND
    rows = [row for row in reads(desk, clinic.id, began - SAMPLE_DAYS * DAY, began) if row.actor_kind == "staff"]
    day = str(here.date())
    drawn = random.Random(desk.vouch("audit.sample", clinic.id, day)).sample(rows, min(SAMPLE, len(rows)))  # by a key of ours
    signed = any(_pages(desk, clinic.id, {"action": SIGNED, "from_at": began}))
    return Sample(day, tuple(sorted(drawn, key=lambda row: row.id, reverse=True)), signed)


def _listed(drawn: Sample) -> tuple[tuple[str, str], ...]:
    return tuple(("audit", row.id) for row in drawn.rows)


def _pages(desk: Desk, clinic_id: str, wanted: dict[str, object]) -> Iterator[list[Row]]:
    before: str | None = None
    while True:
        rows, before = desk.database.read(
            lambda tx, before=before: audit_pages.page(tx, clinic_id, wanted, before, _PAGE))  # type: ignore[misc]
        if rows:
            yield rows
        if before is None:
            return
