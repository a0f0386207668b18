"""Where a conversation is open: the sessions of all devices, for whoever holds one of them; ended one by one or all at once."""

from dataclasses import dataclass

from securemsg.desk import visits
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.visits import Visit
from securemsg.errors import Missing
from securemsg.live import Signal
from securemsg.store import Tx, returns, sessions


@dataclass(frozen=True, slots=True)
class Place:
    """One session. `via` is how it began: `open` by the first message, `ticket` from the widget, `link` by a mail. Times are
    microseconds."""

    id: str
    via: str
    since: int
    last_used_at: int
    is_here: bool


def everywhere(desk: Desk, visit: Visit, now: int) -> list[Place]:
    """All that are alive, used last first."""
    clinic_id, id = visit.clinic.id, visit.conversation.id
    rows = desk.database.read(lambda tx: sessions.living(tx, clinic_id, id, now))
    return [Place(row.id, row.via, row.created_at, row.last_used_at or row.created_at, row.id == visit.who.session_id)
            for row in rows if not desk.ended.at("session", row.id)
            and desk.vouched(row.mac, *visits.facts(clinic_id, row.id, row.token_sha256, id, row.via))]


def end_one(desk: Desk, visit: Visit, id: str, now: int) -> None:
    """End one, for good; Missing when it is none of this conversation, or ended before."""
    if id not in {each.id for each in everywhere(desk, visit, now)}:
        raise Missing
    _end(desk, visit, [id], now, lambda tx: None)


def end_all(desk: Desk, visit: Visit, now: int) -> None:
    """Sign out everywhere, here too; a code that waits for somebody counts no more."""
    clinic_id, id = visit.clinic.id, visit.conversation.id
    _end(desk, visit, [each.id for each in everywhere(desk, visit, now)], now,
         lambda tx: returns.drop_code(tx, clinic_id, id))


def _end(desk: Desk, visit: Visit, ids: list[str], now: int, beside) -> None:
    written = [entry(desk, visit.who, "session.ended", "session", id, now, event=False) for id in ids]

    def write(tx: Tx) -> None:
        beside(tx)
        for id, each in zip(ids, written, strict=True):
            sessions.end(tx, visit.clinic.id, id, now)
            each.write(tx)

    desk.database.write(write)
    for id in ids:
        desk.live.publish(("session", id), Signal("end"))
