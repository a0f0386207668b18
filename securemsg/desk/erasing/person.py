"""Erase a person: all conversations of a visitor, found by address or number; what is known of a member of staff who left."""

from dataclasses import dataclass

from securemsg.desk import contacts, visits
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import conversation, holds
from securemsg.desk.journal import entry
from securemsg.desk.people import Person
from securemsg.desk.thread import erasure_facts
from securemsg.errors import Conflict, Missing, Refused
from securemsg.store import Row, Tx, conversations, erasing

UNPROVEN = ("Nobody has shown that this address or number is theirs in {references}: somebody may have mistyped it. Read them"
            " first; if they are this person's, say --unproven.")
_MOST = 10_000  # conversations of one person


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of it: the conversations that are gone, by reference those that are held, with why, and those left `unproven`."""

    erased: tuple[str, ...]
    held: dict[str, str]
    unproven: tuple[str, ...] = ()


def found(desk: Desk, clinic_id: str, channel: str, value: str) -> list[Row]:
    """The conversations in which a visitor gave this address (channel email) or number (phone), by its blind index."""
    indexes = contacts.indexes(desk, clinic_id, channel, value)
    return desk.database.read(lambda tx: conversations.by_contact(tx, clinic_id, indexes, _MOST))


def chosen(desk: Desk, clinic_id: str, channel: str, value: str, unproven: bool) -> tuple[list[Row], tuple[str, ...]]:
    """Those of them that are this person's, and the references of the others: whose visitor never came back by the link in a mail
    to the address, so that somebody else may have mistyped it. All are this person's where `unproven` says so.

    Missing where there are none; Refused, with the references, where none is proven."""
    rows = found(desk, clinic_id, channel, value)
    if not rows:
        raise Missing("Nobody gave this address or number, or all of it was erased already.")
    ids = [row.id for row in rows]
    proven = frozenset(ids) if unproven else _proven(desk, clinic_id, channel, ids)
    left = tuple(row.reference for row in rows if row.id not in proven)
    if not proven:
        raise Refused(UNPROVEN.format(references=", ".join(left)))
    return [row for row in rows if row.id in proven], left


def _proven(desk: Desk, clinic_id: str, channel: str, ids: list[str]) -> frozenset[str]:
    """A number is never proven: nothing is sent there."""
    return visits.came_by_link(desk, clinic_id, ids) if channel == "email" else frozenset()


def visitor(desk: Desk, who: Who, channel: str, value: str, reason: str, now: int, unproven: bool = False) -> Erased:
    """Erase every conversation of who gave this address or number, but those that are held. See `chosen`."""
    if who.kind != "service":
        require(who, "erase")
    rows, left = chosen(desk, who.clinic_id, channel, value, unproven)
    erased: list[str] = []
    held: dict[str, str] = {}
    for row in rows:
        try:
            conversation.erase(desk, who, row.id, reason, now)
            erased.append(row.reference)
        except Conflict as error:
            held[row.reference] = error.detail
        except Missing:  # somebody else erased it just now
            continue
    return Erased(tuple(erased), held, left)


def staff(desk: Desk, who: Who, clinic: Clinic, person: Person, reason: str, now: int) -> None:
    """Erase name, address, sign-ins and drafts of somebody whose access has ended. What they wrote to visitors stays,
    and the audit log goes on naming them by their id. Conflict while they still work here."""
    if who.kind != "service":
        require(who, "erase")
    if not person.disabled_at:
        raise Conflict(f"{person.name} still has access. Disable the account first.")
    written = entry(desk, who, "person.erased", "person", person.id, now, detail={"reason": holds.checked(reason)}, event=False)
    mac = desk.vouch(*erasure_facts(clinic.id, "person", person.id, now))

    def write(tx: Tx) -> None:
        erasing.erase(tx, "person", clinic.id, person.id, now, mac)
        written.write(tx)

    desk.database.write(write)
    desk.database.scrub()
    desk.known_people.pop(clinic.id, None)
