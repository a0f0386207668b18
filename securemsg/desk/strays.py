"""A conversation beside which somebody else than this service wrote a pool is put back where its topic is.

By its address it is there anyway (reach.py). But a list is a query, and that finds it where the row says: in the lists of those
who cannot open it, and in none of those who can. So who asks for a list asks for this first.
"""

import time
from contextlib import suppress

from securemsg.desk import reach
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Error
from securemsg.store import Row, pools
from securemsg.store.pools import Within

_SECONDS = 30  # between two looks at a clinic's: a row that was altered waits that long to be seen


def put_back(desk: Desk, clinic_id: str, now: int) -> None:
    """Those that are open, each on record. Where nothing can be written all stays as it is, and lists go on without them."""
    looked_at = desk.looked_for_strays.get(clinic_id)
    if looked_at is not None and time.monotonic() < looked_at + _SECONDS:
        return
    desk.looked_for_strays[clinic_id] = time.monotonic()
    for row in desk.database.read(lambda tx: pools.sent_on(tx, clinic_id)):
        if reach.as_sent(desk, row) is not row:
            with suppress(Error):
                _put_back(desk, row, now)


def genuine(desk: Desk, within: Within, rows: list[Row]) -> list[Row]:
    """Of a list's rows those that are in reach as this service wrote them."""
    return [row for row in rows if reach.holds(desk, within, row)]


def _put_back(desk: Desk, row: Row, now: int) -> None:
    written = entry(desk, Who("service", row.clinic_id), "conversation.put_back", "conversation", row.id, now,
                    conversation_id=row.id, detail={"pool": row.pool_id}, event=False)
    desk.database.write(written.after(lambda tx: pools.put_back(tx, row)))
