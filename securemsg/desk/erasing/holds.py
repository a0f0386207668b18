"""A legal hold: nothing of a conversation is erased, purged or edited until two people say so."""

import logging
from dataclasses import dataclass, field, replace

from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who, require
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import hold_rows
from securemsg.desk.erasing.hold_rows import is_genuine, vouched
from securemsg.desk.journal import entry
from securemsg.desk.legible import LEAST, legible
from securemsg.desk.people import open_value
from securemsg.desk.reach import own
from securemsg.errors import Conflict, Missing, Refused, Unavailable, Unverified
from securemsg.store import Tx, conversations, holds
from securemsg.store.holds import HoldRow
from securemsg.store.ids import new_id

LONGEST = 500  # characters of a reason
KEPT = "This conversation is held, so nothing of it is erased: {reason}"
_GONE = "This conversation was erased just now. There is nothing left to hold."
_ALTERED = "its entry in the database was altered and could not be verified. Two people can lift it all the same."
_log = logging.getLogger("securemsg")
_ONCE = "You asked for this hold to be lifted. A second person has to agree."


@dataclass(frozen=True, slots=True)
class Hold:
    """`state` is held, asked (one person wants it lifted) or lifted; `reason` None where it could not be verified."""

    id: str
    conversation_id: str
    placed_by: str
    placed_at: int
    state: str
    asked_by: str | None
    reason: str | None = field(repr=False)


def place(desk: Desk, who: Who, id: str, reason: str, now: int) -> str:
    """Hold a conversation, for a reason that is kept with it: the hold's id. It stands in the ledger before anybody hears of it;
    where that cannot be written it holds all the same, and `outlives` says so."""
    _require(who)
    reason = checked(reason)
    conversation, hold_id = own(desk, who, id, "hold"), new_id()
    row = hold_rows.new(desk, who.clinic_id, hold_id, conversation.id, who.id or SERVICE, now, reason)
    written = entry(desk, who, "hold.placed", "conversation", conversation.id, now, conversation_id=conversation.id,
                    detail={"reason": reason})

    def write(tx: Tx) -> None:
        if not conversations.touch(tx, row.clinic_id, conversation.id):
            raise Missing(_GONE)
        holds.insert(tx, row)
        written.write(tx)

    desk.database.write(write)
    try:
        Ledger(desk).add([hold_rows.line(row)])
    except Unavailable as error:
        _log.error("a hold could not be written into the ledger: a copy restored now does not know it",
                   extra={"error": type(error).__name__})
    return hold_id


def outlives(desk: Desk, hold_id: str) -> bool:
    """Whether the ledger knows this hold, so that no older copy of the database that is put back frees anything."""
    return any(entry.row == hold_id for entry in desk.ended.held())


def lift(desk: Desk, who: Who, hold_id: str, reason: str, now: int) -> bool:
    """Ask for the end of a hold, or agree with who did: whether it is lifted now. Two people, each with a reason; Conflict when
    one person would be both. The command line is one of them at most. Nobody has asked yet for the end of an altered
    one, whatever it says."""
    _require(who)
    reason, by = checked(reason), who.id or SERVICE
    before = next((row for row in _rows(desk, who.clinic_id) if row.id == hold_id), None)
    if before is None or not _holds(desk, before):
        raise Missing("There is no such hold, or it was lifted already.")
    asked_by = before.lifted_by if is_genuine(desk, before) else None
    if asked_by == by:
        raise Conflict(_ONCE)
    after = replace(before, lifted_by=asked_by or by, second_by=asked_by and by, lifted_at=now if asked_by else None)
    row = vouched(desk, after)
    written = entry(desk, who, "hold.lifted" if after.lifted_at else "hold.lift_asked", "conversation", before.conversation_id,
                    now, conversation_id=before.conversation_id,
                    detail={"reason": reason, "altered": not is_genuine(desk, before)})
    if not desk.database.write(written.after(lambda tx: holds.keep(tx, before) and holds.change(tx, before, row))):
        raise Conflict
    return bool(after.lifted_at)


def everything(desk: Desk, who: Who) -> list[Hold]:
    """Every hold of the clinic, the newest first."""
    _require(who)
    return [_opened(desk, row) for row in _rows(desk, who.clinic_id)]


def of(desk: Desk, clinic_id: str, conversation_id: str) -> Hold | None:
    """What holds a conversation now, or None. A row that was altered holds: only who has the keys lifts one; and so does what
    the ledger alone knows."""
    rows = [row for row in _rows(desk, clinic_id) if row.conversation_id == conversation_id]
    return next((_opened(desk, row) for row in rows if _holds(desk, row)), None)


def guard(desk: Desk, clinic_id: str, conversation_id: str) -> tuple[str, ...]:
    """The holds there are, for a write that must not be overtaken by a new one; Conflict with the reason while one holds."""
    if held := of(desk, clinic_id, conversation_id):
        raise Conflict(KEPT.format(reason=held.reason or _ALTERED))
    return tuple(row.id for row in desk.database.read(lambda tx: holds.of(tx, clinic_id, conversation_id)))


def unchanged(tx: Tx, clinic_id: str, conversation_id: str, known: tuple[str, ...]) -> bool:
    """Whether no hold came since `guard` looked."""
    return tuple(row.id for row in holds.of(tx, clinic_id, conversation_id)) == known


def held_in(desk: Desk, clinic_id: str) -> frozenset[str]:
    """The conversations of a clinic that are held."""
    rows = _rows(desk, clinic_id)
    return frozenset(row.conversation_id for row in rows if _holds(desk, row))


def checked(reason: str) -> str:
    """The reason without the space around it; Refused where there is none, or too much."""
    reason = " ".join(reason.split())
    if legible(reason) < LEAST or len(reason) > LONGEST or "\0" in reason:
        raise Refused(errors={"reason": [f"Please write why, in {LEAST} to {LONGEST} characters."]})
    return reason


def _require(who: Who) -> None:
    if who.kind != "service":
        require(who, "hold")


def _rows(desk: Desk, clinic_id: str) -> list[HoldRow]:
    """Every hold of a clinic, the newest first, before them what its rows do not tell; a row of the same id is not asked."""
    forgotten, rows = desk.database.read(lambda tx: (hold_rows.forgotten(desk, tx, clinic_id), holds.everything(tx, clinic_id)))
    known = {row.id for row in forgotten}
    return [*forgotten, *(HoldRow(*row) for row in rows if row.id not in known)]


def _holds(desk: Desk, row: HoldRow) -> bool:
    return not (row.lifted_at and is_genuine(desk, row))


def _opened(desk: Desk, row: HoldRow) -> Hold:
    if not is_genuine(desk, row):
        return Hold(row.id, row.conversation_id, row.placed_by, row.placed_at, "held", None, None)
    try:
        reason = open_value(desk, row.clinic_id, "holds", "sealed", row.id, row.sealed).decode()
    except Unverified:  # it was altered before somebody asked for its end
        reason = None
    state = "held" if not row.lifted_by else "lifted" if row.lifted_at else "asked"
    return Hold(row.id, row.conversation_id, row.placed_by, row.placed_at, state, row.lifted_by, reason)
