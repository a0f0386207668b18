"""What there is to know of a conversation without a word of it, or of who wrote it."""

from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.store import Row


def of(home: Clinic, row: Row) -> dict:
    """The facts of a conversation's row; times in microseconds. All of them are governed by its version."""
    return {
        "id": row.id, "reference": row.reference, "category": home.category_by_id(row.category_id).name, "about": row.about,
        "state": "closed" if row.closed_at else "open", "urgency": row.urgency, "waiting_on": row.waiting_on,
        "waiting_since": row.waiting_since, "claimed_by": row.claimed_by, "opened_at": row.created_at, "updated_at": row.last_at,
        "closed_at": row.closed_at, "closed_reason": row.closed_reason, "last_seq": row.last_seq, "version": row.version}


def told(who: Who, facts: dict) -> dict:
    """What `who` may know of them: without the right to look at conversations just what it takes to write to this one."""
    return facts if who.may("inbox") else {name: facts[name] for name in ("id", "last_seq", "version")}
