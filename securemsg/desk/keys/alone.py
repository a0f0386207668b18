"""One at a time: whoever changes keys holds a lock that ends with the process, however that one ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from securemsg.desk.desk import Desk
from securemsg.desk.keys.copying import changed
from securemsg.errors import Conflict
from securemsg.store import Lease, lease
from securemsg.times import looks

Tell = Callable[[int, int], None]  # done, of how many
_PATIENCE_SECONDS = 1  # PostgreSQL hears some milliseconds later that a connection, and its lock, has ended


def quiet(done: int, of: int) -> None:
    """For whom nobody waits."""


@contextmanager
def alone(desk: Desk, waits: Callable[[], object] | None = None) -> Iterator[Lease]:
    """The lock, and the way to the rows while it is held. `waits` is called when another holds it, then it is waited for; None:
    Conflict. What others did to keystore and keys counts from here on."""
    lock = lease(desk.database, "keys")
    try:
        _take(lock, waits)
        changed(desk)
        yield lock
    finally:
        lock.release()


def _take(lock: Lease, waits: Callable[[], object] | None) -> None:
    for _ in looks(_PATIENCE_SECONDS):
        if lock.held():
            return
    if waits is None:
        raise Conflict("Another command changes keys just now. Nothing was changed; try again when it has ended.",
                       retry_after_seconds=60)
    waits()
    for _ in looks():
        if lock.held():
            return
