"""A new root, or a new epoch: what they wrap is wrapped anew; nothing below changes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from securemsg.crypto import keystore
from securemsg.crypto.keyring import SERVICE, WrappedKey
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.keys.alone import Tell, alone, quiet
from securemsg.desk.keys.copying import changed
from securemsg.errors import Misconfigured
from securemsg.store import Lease, Tx, keys
from securemsg.store.keys import Under

_BATCH = 200
_log = logging.getLogger("securemsg")


@dataclass(frozen=True, slots=True)
class Epoch:
    """The epoch that is active now, whether an earlier run was finished rather than a new one begun, and how many keys moved."""

    id: str
    resumed: bool
    moved: int


def rotate_root(desk: Desk, now: int, *, waits: Callable[[], object] | None = None) -> list[str]:
    """Every epoch wrapped by the first root of SECUREMSG_ROOT_KEY; the ids of those that another one wrapped. Then nothing needs
    the others any more but copies of the keystore."""
    with alone(desk, waits) as lease:
        path, roots = desk.settings.keystore, desk.keys.roots
        if all(root == roots[0].id for root in keystore.roots_of(path).values()):
            return []
        lease.write(_entry(desk, "keys.root_rotated", roots[0].id, now))
        moved = keystore.rewrap(path, roots)
        changed(desk)
        return moved


def rotate_epoch(desk: Desk, now: int, tell: Tell = quiet, *, waits: Callable[[], object] | None = None) -> Epoch:
    """A new epoch, and the keys of the service and of every clinic wrapped by it; the one before is retired, not destroyed."""
    with alone(desk, waits) as lease:
        return new_epoch(desk, lease, now, tell)


def new_epoch(desk: Desk, lease: Lease, now: int, tell: Tell = quiet, fresh: dict | None = None) -> Epoch:
    """The same for who holds the lock. `fresh` is the row of the epoch to begin, also when an earlier run was not finished."""
    resumed = fresh is None and bool(_left(desk, lease))
    if not resumed:
        _begin(desk, lease, fresh or keystore.fresh_epoch(desk.keys.roots[0], now), now)
    rows = _left(desk, lease)
    for start in range(0, len(rows), _BATCH):
        batch = [(row, moved) for row in rows[start:start + _BATCH] if (moved := _moved(desk, row))]
        lease.write(partial(keys.move_all, moved=batch))
        tell(min(start + _BATCH, len(rows)), len(rows))
    return Epoch(desk.keys.active_epoch, resumed, len(rows))


def _moved(desk: Desk, row: Under) -> WrappedKey | None:
    """None for a key that does not open: it stays as it is, and so does its epoch, for what a backup may hold."""
    try:
        return desk.keys.under_active_epoch(row.clinic_id, row.key)
    except Misconfigured:
        _log.error("a clinic's key does not open, and stays under its epoch. Run `securemsg doctor`",
                   extra={"clinic_id": row.clinic_id})
        return None


def finish_epoch(desk: Desk, lease: Lease, now: int) -> None:
    """What a run that was killed has left is moved to the epoch that it began."""
    if _left(desk, lease):
        new_epoch(desk, lease, now)


def _begin(desk: Desk, lease: Lease, fresh: dict, now: int) -> None:
    """On record first: a run that is killed after it leaves no epoch that nobody knows of."""
    lease.write(_entry(desk, "keys.epoch_rotated", fresh["id"], now))
    keystore.begin_epoch(desk.settings.keystore, fresh, now)
    changed(desk)


def _left(desk: Desk, lease: Lease) -> list[Under]:
    """Keys that an older epoch wraps, but those that nothing needs any more: they end with their epoch."""
    return lease.read(lambda tx: keys.under_epochs(tx, desk.keys.active_epoch))


def _entry(desk: Desk, action: str, id: str, now: int) -> Callable[[Tx], None]:
    return entry(desk, Who("service", SERVICE), action, "keystore", None, now, objects=(("key", id),), event=False).write
