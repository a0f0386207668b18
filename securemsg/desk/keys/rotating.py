"""A new root, or a new epoch: what they wrap is wrapped anew; nothing below changes."""

from collections.abc import Callable
from dataclasses import dataclass

from securemsg.crypto import keystore
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.keys.alone import Tell, alone, quiet
from securemsg.store import Lease, Row, Tx, keys

_BATCH = 200


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
        return keystore.rewrap(path, roots)


def rotate_epoch(desk: Desk, now: int, tell: Tell = quiet, *, waits: Callable[[], object] | None = None) -> Epoch:
    """A new epoch, and the keys of the service and of every clinic wrapped by it; the one before is retired, not destroyed."""
    with alone(desk, waits) as lease:
        return new_epoch(desk, lease, now, tell)


def new_epoch(desk: Desk, lease: Lease, now: int, tell: Tell = quiet, fresh: dict | None = None) -> Epoch:
    """The same for who holds the lock. `fresh` is the row of the epoch to begin, also when an earlier run was not finished."""
    resumed = fresh is None and bool(_left(desk, lease))
    if not resumed:
        keystore.begin_epoch(desk.settings.keystore, fresh or keystore.fresh_epoch(desk.keys.roots[0], now), now)
        desk.keys.reload()
    rows, id = _left(desk, lease), desk.keys.active_epoch
    first = _entry(desk, "keys.epoch_rotated", id, now)
    for start in range(0, len(rows), _BATCH):
        batch = [(row, desk.keys.under_active_epoch(row.clinic_id, row.key)) for row in rows[start:start + _BATCH]]

        def write(tx: Tx, batch=batch, begins=start == 0 and not resumed) -> None:
            for row, moved in batch:
                keys.move(tx, row.clinic_id, row.key, moved)
            if begins:
                first(tx)

        lease.write(write)
        tell(min(start + _BATCH, len(rows)), len(rows))
    return Epoch(id, resumed, len(rows))


def _left(desk: Desk, lease: Lease) -> list[Row]:
    """Keys that an older epoch wraps, but those that nothing needs any more: they end with their epoch."""
    return lease.read(lambda tx: keys.under_epochs(tx, desk.keys.active_epoch))


def _entry(desk: Desk, action: str, id: str, now: int) -> Callable[[Tx], None]:
    return entry(desk, Who("service", SERVICE), action, "keystore", None, now, objects=(("key", id),), event=False).write
