"""What becomes of a delivery that failed: again after a growing pause, or set aside for a person."""

import random

from securemsg import logs
from securemsg.desk.access import Who
from securemsg.desk.deliveries.timed import TooLong
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.listening import PLUGIN
from securemsg.store import Row, deliveries
from securemsg.times import SECOND

_SPREAD = 0.2  # of a pause: what failed together does not come back together


class Ended(Exception):
    """The process ended while it was at this, time after time: it is not begun once more."""


class Altered(Exception):
    """The row is not as the service wrote it: it is no better tomorrow."""


def pause(pauses: tuple[int, ...], attempts: int) -> int:
    """Microseconds until the next try, after so many."""
    return int(pauses[attempts - 1] * SECOND * (1 + _SPREAD * random.random()))


def failed(desk: Desk, row: Row, by: str, error: BaseException, pauses: tuple[int, ...]) -> None:
    """Write down that a hook failed: by its type and place, never by its words."""
    now, fault = desk.clock(), told(error)
    if row.attempts > len(pauses) or isinstance(error, Altered):
        aside = aside_entry(desk, row, now).after(lambda tx: deliveries.set_aside(tx, row, by, now, fault))
        desk.database.write(aside, keyed=True)
    else:
        again = now + pause(pauses, row.attempts)
        desk.database.write(lambda tx: deliveries.later(tx, row, by, again, fault), keyed=True)


def aside_entry(desk: Desk, row: Row, now: int) -> Entry:
    """For the audit log: which plugin's delivery waits for a person."""
    return entry(desk, Who(f"{PLUGIN}{row.plugin}", row.clinic_id), "delivery.set_aside", "delivery", row.id, now,
                 outcome="failed", conversation_id=row.conversation_id, event=False)


def told(error: BaseException) -> str:
    """`ValueError at hours.py:31`."""
    if isinstance(error, TooLong):
        return "It took too long."
    if isinstance(error, Altered):
        return "It was altered."
    if isinstance(error, Ended):
        return "Each time the process ended."
    return logs.fault(error)
