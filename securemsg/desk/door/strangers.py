"""New browsers: whoever worked here before is told that somebody signed in as they from another one, until they have seen it.

Only an older browser is told, and only there it can be said that all is well: who came in by a stolen password hides nothing.
"""

from dataclasses import dataclass

from securemsg.desk.desk import Desk
from securemsg.desk.door import devices
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.journal import entry
from securemsg.errors import Missing
from securemsg.store import devices as rows
from securemsg.times import DAY

_NEWS_DAYS = 7  # then it is one like the others: the older ones may be lost


@dataclass(frozen=True, slots=True)
class Stranger:
    """A browser that somebody signed in from; `name` is what it calls itself, "" when unknown."""

    id: str
    name: str
    first_at: int


def unnoticed(desk: Desk, session: Session) -> list[Stranger]:
    """The browsers that this session's person should hear of here, the newest first."""
    if not session.has_news:
        return []
    who = session.who
    found = desk.database.read(lambda tx: rows.of_person(tx, who.clinic_id, who.id))
    here = next((row for row in found if row.id == session.device_id), None)
    if here is None or (here.noticed_at is None and here.first_at > desk.clock() - _NEWS_DAYS * DAY):
        return []  # a browser that is news itself tells of none
    names = devices.names(desk, who.clinic_id, who.id)
    return [Stranger(row.id, names.get(row.id, ""), row.first_at) for row in found
            if row.noticed_at is None and row.first_at > here.first_at]


def notice(desk: Desk, session: Session, id: str, now: int) -> None:
    """It was this person; Missing where there is no such news for this browser."""
    if id not in {each.id for each in unnoticed(desk, session)}:
        raise Missing
    written = entry(desk, session.who, "device.noticed", "device", id, now, event=False)
    desk.database.write(written.after(lambda tx: rows.notice(tx, session.who.clinic_id, id, now)))
