"""Notes for systems: what staff write for each other, read once it is on record; and notes of the system's own."""

from securemsg.desk import reach, reading, staff
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import read_entry
from securemsg.desk.reading import Note
from securemsg.desk.system import cursors


def page(desk: Desk, who: Who, id: str, cursor: str | None, limit: int, now: int) -> tuple[list[Note], str | None]:
    """At most `limit` notes, the oldest first, and the cursor of the next page."""
    require(who, "notes")
    row, place = reach.own(desk, who, id), cursors.Place(who.clinic_id, f"notes {id}")
    [after] = cursors.position(desk, place, cursor) or [0]
    upto = min(row.note_seq, after + limit)
    if upto <= after:
        return [], None
    written = read_entry(desk, who, "conversation.read", id, now, (("notes", f"{after + 1}-{upto}"),))
    reading.on_record(desk, written)
    more = cursors.made(desk, place, [upto]) if upto < row.note_seq else None
    return reading.notes(desk, row)[after:upto], more


def add(desk: Desk, who: Who, id: str, text: str, key: str, now: int) -> Note:
    """Write for staff only; it can never reach the visitor."""
    answer = staff.note(desk, who, id, text, key, now)
    return Note(answer["id"], who.id, answer["at"], text)
