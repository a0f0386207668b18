"""Who of the clinic opened a visitor's messages, and when: told to the visitor by title, never by name."""

from dataclasses import dataclass

from securemsg.desk import people
from securemsg.desk.desk import Desk
from securemsg.desk.visits import Visit
from securemsg.store import conversations

MOST = 200  # told; the newest


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody was the first to open all messages up to `upto_seq`. `role` is the title beside a reply, or None."""

    upto_seq: int
    at: int
    role: str | None


def by_staff(desk: Desk, visit: Visit) -> list[Opening]:
    """The first one first. A message was opened by the first opening that reaches its number."""
    rows = desk.database.read(lambda tx: conversations.openings(tx, visit.clinic.id, visit.conversation.id, "staff", MOST))
    staff = people.everyone(desk, visit.clinic.id) if rows else {}
    return [Opening(row.upto_seq, row.opened_at, staff[row.reader_id].title if row.reader_id in staff else None) for row in rows]


def of(openings: list[Opening], seq: int) -> Opening | None:
    """Who opened the message with that number; None while nobody has."""
    return next((opening for opening in openings if opening.upto_seq >= seq), None)
