"""What happens in a clinic, by number: pages of it, and who waits for more. Ids only: content is fetched with authority."""

from dataclasses import dataclass, field

from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.system import cursors
from securemsg.errors import Conflict
from securemsg.live import Signal
from securemsg.store import Row, happenings

TOPIC = "events"  # of signals: (TOPIC, clinic id)


def page(desk: Desk, who: Who, after: int, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
    """At most `limit` events numbered above `after`, and the cursor of the next page."""
    place = cursors.Place(who.clinic_id, "events", (after,))
    [number] = cursors.position(desk, place, cursor) or [after]
    begin(desk, who, number)
    rows = following(desk, who, number, limit + 1)
    return rows[:limit], cursors.made(desk, place, [rows[limit - 1].number]) if len(rows) > limit else None


def begin(desk: Desk, who: Who, after: int | None) -> int:
    """Where to go on: behind `after`, or without it behind the newest. Conflict for a number that was not given here: it is of
    another copy of this database, and what is new here would be passed over."""
    require(who, "events")
    newest = desk.database.read(lambda tx: happenings.last(tx, who.clinic_id))
    if after and not desk.database.read(lambda tx: happenings.is_there(tx, who.clinic_id, after)):
        raise Conflict(f"Event {after} was never here, the newest is {newest}: this service was put back to an earlier day, or "
                       "is another one. Begin anew.", members={"last": newest})
    return newest if after is None else after


def following(desk: Desk, who: Who, number: int, limit: int) -> list[Row]:
    """The events after a number, without any gap."""
    return desk.database.read(lambda tx: happenings.after(tx, who.clinic_id, number, limit))


@dataclass
class Bell:
    """Wakes the streams of clinics whose events were numbered, by whichever process: one query for each clinic with listeners,
    never one for each stream."""

    desk: Desk
    rung: dict[str, int] = field(default_factory=dict)  # the newest number that was told, by clinic

    def look(self) -> None:
        """Ring where there is something new."""
        clinic_ids = self.desk.live.listened(TOPIC)
        newest = self.desk.database.read(lambda tx: happenings.last_of(tx, clinic_ids)) if clinic_ids else {}
        for clinic_id, number in newest.items():
            if self.rung.get(clinic_id) != number:
                self.desk.live.publish((TOPIC, clinic_id), Signal("numbered", seq=number))
        self.rung = newest
