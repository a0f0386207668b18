"""Breaking the glass: a conversation outside of one's pools, opened for half an hour, with a reason, and reviewed afterwards.

HIPAA asks for such a way (45 CFR 164.312(a)(2)(ii)). The purposes of use are those of HL7 v3 ActReason.
"""

from dataclasses import dataclass, field

import orjson

from securemsg.crypto.envelope import Place, seal
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import LEAST, legible
from securemsg.desk.people import open_value
from securemsg.errors import Conflict, Forbidden, Missing, Refused, Unverified
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations, glass
from securemsg.store.ids import new_id
from securemsg.times import MINUTE
from securemsg.words import say

MINUTES = 30
MOST = 100  # that wait for a review, on a page
LONGEST = 500  # characters of a reason
PURPOSES = {
    # act that a role must allow: the purposes that may be given, and what each means
    "break_glass": {"ETREAT": say("Emergency treatment"), "BTG": say("Needed for care at once, and nobody of the pool is there")},
    "inspect": {"HOPERAT": say("Review of who did what, or of a request for one's data")},
}
_REASON = say("Please write why you need to see this conversation, so that somebody else understands it.")
_TOO_LONG = say("Please use no more than {most} characters.", most=LONGEST)
_NONE = say("There is no conversation with this reference.")


@dataclass(frozen=True, slots=True)
class Broken:
    """One time that the glass was broken. `reason` is None when it could not be verified."""

    id: str
    conversation_id: str
    reference: str
    person_id: str
    purpose: str
    opened_at: int
    until_at: int
    reason: str | None = field(repr=False)


def purposes(who: Who) -> dict[str, str]:
    """What this person may give as a purpose; empty for who may not break the glass."""
    return {code: label for act, known in PURPOSES.items() if who.may(act) for code, label in known.items()}


def open_for(desk: Desk, who: Who) -> tuple[str, ...]:
    """The conversations that this person opened so and may still see."""
    if not purposes(who):
        return ()
    now = desk.clock()
    rows = desk.database.read(lambda tx: glass.open_for(tx, who.clinic_id, who.id, now))
    return tuple(row.conversation_id for row in rows if row.opened_at <= now and _is_genuine(desk, row))


def until(desk: Desk, who: Who, id: str) -> int | None:
    """When that ends for one conversation (microseconds), or None where it is not open so."""
    now = desk.clock()
    rows = desk.database.read(lambda tx: glass.open_for(tx, who.clinic_id, who.id, now)) if purposes(who) else []
    return max((row.until_at for row in rows if row.conversation_id == id and _is_genuine(desk, row)), default=None)


def require_read(desk: Desk, who: Who, id: str) -> None:
    """Forbidden unless a role lets this person read, or the glass of this conversation is broken."""
    if not who.may("read") and not (who.may("inspect") and id in open_for(desk, who)):
        require(who, "read")


def break_glass(desk: Desk, who: Who, clinic: Clinic, reference: str, reason: str, purpose: str, now: int) -> str:
    """Open the conversation of that reference for half an hour: its id. Who watches over the clinic sees it at once.

    Refused without a reason or a purpose, Missing when there is no such conversation: that somebody tried is on record.
    """
    if not (allowed := purposes(who)):
        raise Forbidden
    _check(reason, purpose, allowed)
    name = reference.strip().upper().replace("\0", "")  # which PostgreSQL cannot hold
    found = desk.database.read(lambda tx: conversations.one_by_reference(tx, clinic.id, name))
    if found is None:
        missed = entry(desk, who, "glass.missed", "clinic", clinic.id, now, outcome="refused",
                       detail={"reference": reference[:20], "reason": reason.strip()}, event=False)
        desk.database.write(missed.write)
        raise Missing(_NONE)
    _open(desk, who, found.id, reason.strip(), purpose, now)
    return found.id


def _check(reason: str, purpose: str, allowed: dict[str, str]) -> None:
    errors: dict[str, list[str]] = {}
    if not 10 <= len(reason.strip()) <= LONGEST or legible(reason) < LEAST or "\0" in reason:
        errors["reason"] = [_REASON if len(reason) <= LONGEST else _TOO_LONG]
    if purpose not in allowed:
        errors["purpose"] = [say("Please choose what it is for.")]
    if errors:
        raise Refused(errors=errors)


def _open(desk: Desk, who: Who, id: str, reason: str, purpose: str, now: int) -> None:
    opened, until_at = new_id(), now + MINUTES * MINUTE
    place = Place("glass", "sealed", who.clinic_id, opened)
    sealed = seal(desk.keys.data(who.clinic_id), place, orjson.dumps({"reason": reason}))
    mac = desk.vouch("glass", who.clinic_id, opened, id, who.id, purpose, now, until_at)
    written = entry(desk, who, "glass.broken", "conversation", id, now, detail={"reason": reason, "purpose": purpose},
                    conversation_id=id)

    def write(tx: Tx) -> bool:
        glass.insert(tx, who.clinic_id, opened, id, who.id, purpose, sealed, now, until_at, mac)
        written.write(tx)
        return True

    desk.database.write(write)
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", id))


def waiting(desk: Desk, who: Who) -> list[Broken]:
    """What nobody has looked into yet, the oldest first."""
    require(who, "audit")
    return [_opened(desk, row) for row in desk.database.read(lambda tx: glass.waiting(tx, who.clinic_id, MOST))]


def review(desk: Desk, who: Who, id: str, note: str, now: int) -> None:
    """It was looked into, with what came of it. Conflict when a colleague was quicker, Refused for what one opened oneself, and
    without a word of what came of it."""
    require(who, "review")
    row = desk.database.read(lambda tx: glass.one(tx, who.clinic_id, id))
    if row is None:
        raise Missing
    if row.person_id == who.id:
        raise Refused("You opened this one yourself, so somebody else has to look into it.")
    if not legible(note):
        raise Refused("Please write what came of it, if only that it was in order.")
    written = entry(desk, who, "glass.reviewed", "conversation", row.conversation_id, now, objects=(("glass", id),), event=False,
                    detail={"note": note.strip()[:LONGEST]})
    if not desk.database.write(written.after(lambda tx: glass.review(tx, who.clinic_id, id, who.id, now))):
        raise Conflict("A colleague has looked into this one already.")


def _is_genuine(desk: Desk, row: Row) -> bool:
    return desk.vouched(row.mac, "glass", row.clinic_id, row.id, row.conversation_id, row.person_id, row.purpose, row.opened_at,
                        row.until_at)


def _opened(desk: Desk, row: Row) -> Broken:
    try:
        told = orjson.loads(open_value(desk, row.clinic_id, "glass", "sealed", row.id, row.sealed)) if row.sealed else {}
    except Unverified:
        told = {}
    return Broken(row.id, row.conversation_id, row.reference, row.person_id, row.purpose, row.opened_at, row.until_at,
                  told.get("reason"))
