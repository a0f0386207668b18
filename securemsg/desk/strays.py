"""A conversation beside which somebody else than this service wrote a pool, a topic or a holder is put back where it was.

By its address it is there anyway (placed.py). But a list is a query, and that finds it where the row says: in the lists of those
who cannot open it, and in none of those who can. So who asks for a list asks for this first.
"""

import time

from securemsg.desk import placed, reach
from securemsg.desk.desk import Desk
from securemsg.store import Row, pools
from securemsg.store.pools import Within

_SECONDS = 30  # between two looks at a clinic's: a row that was altered waits that long to be seen
_CLOSED_AT_ONCE = 1_000  # of what is closed, which may be any number, so much at each look, in turns


def put_back(desk: Desk, clinic_id: str, now: int) -> None:
    """Those that are open or were sent on, and some of those that are closed, each on record. Where nothing can be written all
    stays as it is, and lists go on without them."""
    looked_at = desk.looked_for_strays.get(clinic_id)
    if looked_at is not None and time.monotonic() < looked_at + _SECONDS:
        return
    desk.looked_for_strays[clinic_id] = time.monotonic()
    lost = {row.id for row in _altered(desk, clinic_id) if placed.mended(desk, row, now).category_id == placed.LOST}
    desk.lost_topics[clinic_id] = lost


def genuine(desk: Desk, within: Within, rows: list[Row]) -> list[Row]:
    """Of a list's rows those that are in reach as this service wrote them."""
    return [row for row in rows if reach.holds(desk, within, row)]


def _altered(desk: Desk, clinic_id: str) -> list[Row]:
    after = desk.looked_through.get(clinic_id, "")
    rows, closed = desk.database.read(lambda tx: (
        pools.where_they_are(tx, clinic_id), pools.closed_after(tx, clinic_id, after, _CLOSED_AT_ONCE)))
    desk.looked_through[clinic_id] = closed[-1].id if len(closed) == _CLOSED_AT_ONCE else ""
    known = desk.lost_topics.get(clinic_id, set()) if after else set()  # what a turn found stays until the next one begins
    return [row for row in {row.id: row for row in [*rows, *closed]}.values()
            if row.id in known or placed.as_written(desk, row) is not row]
