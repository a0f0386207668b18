"""What goes on beside the requests: hear of revocations and write them down, expire what is old."""

import logging
import time
from collections.abc import Callable

from securemsg.desk import Desk
from securemsg.desk.ledger import Ledger
from securemsg.errors import Error
from securemsg.live import Signal
from securemsg.store import Tx, idempotency, outbox, people
from securemsg.times import SECOND

_LOOK_SECONDS = 0.5  # a revoked session's stream ends within a second, whichever process revoked it
_EXPIRE_SECONDS = 600
_OVERLAP = 30 * SECOND  # clocks of nodes differ, and transactions commit late
_log = logging.getLogger("securemsg")


def run(desk: Desk, alive: Callable[[], bool]) -> None:
    """Until the process stops. The neighbour being away is noted, and tried again."""
    heard: set[str] = set()
    since, expire_at, fault = desk.clock(), 0.0, ""
    ledger = Ledger(desk)
    while alive():
        try:
            since, heard = _hear_revocations(desk, since, heard)
            if time.monotonic() >= expire_at:
                _expire(desk)
                expire_at = time.monotonic() + _EXPIRE_SECONDS
            ledger.catch_up()  # last: a full disk there keeps nothing else from being done
            fault = _noted(fault, "")
        except Error as error:
            fault = _noted(fault, type(error).__name__)
        time.sleep(_LOOK_SECONDS)


def _hear_revocations(desk: Desk, since: int, heard: set[str]) -> tuple[int, set[str]]:
    """End the streams of sessions that ended anywhere. One query for the whole process, never one for each stream."""
    now = desk.clock()
    rows = desk.database.read(lambda tx: outbox.revocations_since(tx, since - _OVERLAP))
    for row in rows:
        if row.id not in heard:
            desk.live.publish((row.subject_kind, row.subject_id), Signal("end"))
    return now, {row.id for row in rows}  # an older one is never read again


def _expire(desk: Desk) -> None:
    now = desk.clock()

    def write(tx: Tx) -> None:
        idempotency.expire(tx, now)
        people.expire_attempts(tx, now)

    desk.database.write(write)
    desk.keys.forget_old()


def _noted(before: str, fault: str) -> str:
    """Say once that it waits, and once that it goes on: a line for each look would bury all the others."""
    if fault != before:
        _log.warning("the worker waits: %s", fault) if fault else _log.warning("the worker goes on")
    return fault
