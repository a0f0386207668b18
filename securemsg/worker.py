"""What goes on beside the requests: hear of revocations, expire what is old."""

import logging
import time
from collections.abc import Callable

from securemsg.desk import Desk
from securemsg.errors import Error
from securemsg.live import Signal
from securemsg.store import idempotency, outbox
from securemsg.times import SECOND

_LOOK_SECONDS = 0.5  # a revoked session's stream ends within a second, whichever process revoked it
_EXPIRE_SECONDS = 600
_OVERLAP = 30 * SECOND  # clocks of nodes differ, and transactions commit late
_log = logging.getLogger("securemsg")


def run(desk: Desk, alive: Callable[[], bool]) -> None:
    """Until the process stops. The neighbour being away is noted, and tried again."""
    heard: set[str] = set()
    since, expired_at = desk.clock(), 0.0
    while alive():
        try:
            since = _hear_revocations(desk, since, heard)
            if time.monotonic() - expired_at > _EXPIRE_SECONDS:
                desk.database.write(lambda tx: idempotency.expire(tx, desk.clock()))
                expired_at = time.monotonic()
        except Error as error:
            _log.warning("the worker waits: %s", type(error).__name__)
        time.sleep(_LOOK_SECONDS)


def _hear_revocations(desk: Desk, since: int, heard: set[str]) -> int:
    """End the streams of sessions that ended anywhere. One query for the whole process, never one for each stream."""
    now = desk.clock()
    for row in desk.database.read(lambda tx: outbox.revocations_since(tx, since - _OVERLAP)):
        if row.id not in heard:
            heard.add(row.id)
            desk.live.publish((row.subject_kind, row.subject_id), Signal("end"))
    return now
