"""Who opened messages, and when: staff to the visitor by the title they had then, never by name; the visitor to staff.

Each row is vouched for: one that somebody put there, or altered, counts as none, for it would say that a message was seen.
"""

from collections.abc import Callable
from dataclasses import dataclass

from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.visits import Visit
from securemsg.store import Row, Tx
from securemsg.store import openings as store_openings
from securemsg.store.openings import OpeningRow

MOST = 200  # told; the newest


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody was the first to open all messages up to `upto_seq`. `role` is the title beside a reply, or None."""

    upto_seq: int
    at: int
    role: str | None


def noted(desk: Desk, who: Who, conversation: Row, upto: int, now: int) -> Callable[[Tx], bool]:
    """The write that notes that `who` opened messages up to a number; False when somebody of that side had."""
    clinic_id, id = conversation.clinic_id, conversation.id
    facts = (clinic_id, id, who.kind, who.id, who.title, upto, now)
    row = OpeningRow(*facts, desk.vouch("openings", *facts))

    def write(tx: Tx) -> bool:
        known = store_openings.reaching(tx, clinic_id, id, who.kind, upto, MOST)
        if any(_holds(desk, conversation, each) for each in known):
            return False
        store_openings.insert(tx, row)
        return True

    return write


def by_staff(desk: Desk, visit: Visit) -> list[Opening]:
    """The first one first. A message was opened by the first opening that reaches its number."""
    return by(desk, visit.conversation, "staff")


def by(desk: Desk, conversation: Row, kind: str) -> list[Opening]:
    """The same by one side, staff or visitor."""
    return [Opening(row.upto_seq, row.opened_at, row.role) for row in rows(desk, conversation, kind)]


def rows(desk: Desk, conversation: Row, kind: str) -> list[Row]:
    """The rows of the same, with who it was."""
    found = desk.database.read(lambda tx: store_openings.newest(tx, conversation.clinic_id, conversation.id, kind, MOST))
    return [row for row in found if _holds(desk, conversation, row)]


def of(openings: list[Opening], seq: int) -> Opening | None:
    """Who opened the message with that number; None while nobody has."""
    return next((opening for opening in openings if opening.upto_seq >= seq), None)


def _holds(desk: Desk, conversation: Row, row: Row) -> bool:
    return desk.vouched(row.mac, "openings", conversation.clinic_id, conversation.id, row.reader_kind, row.reader_id, row.role,
                        row.upto_seq, row.opened_at)
