"""A new clinic key, and every conversation key of the clinic wrapped by it, in batches, while messages come and go.

What is sealed stays as it is: conversation keys do not change, only what wraps them, and values under older data keys open
with these; names and addresses of staff alone are sealed anew. A run that was killed goes on where it was when it is run again; a
key that a process wrapped by an older version since, as it had not heard of the new one, opens as well, and is moved by the next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from securemsg.crypto.renewal import INNER, Mover, renewed
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.keys.alone import Tell, alone, quiet
from securemsg.desk.keys.indexing import index_contacts, index_people
from securemsg.desk.keys.people import move_people
from securemsg.errors import Unverified
from securemsg.store import Lease, Row, Tx, keys

BATCH = 500  # keys in one transaction: some milliseconds, and nobody waits longer for the lock of SQLite's writers
_START = ("00000000-0000-0000-0000-000000000000", 0)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it: the version of the clinic key that is active now, whether an earlier run was finished rather than a new
    one begun, how many conversation keys were moved, and how many did not open and were left as they were."""

    version: int
    resumed: bool
    moved: int
    strange: int


def rotate_clinic(desk: Desk, who: Who, clinic_id: str, now: int, tell: Tell = quiet, *,
                  waits: Callable[[], object] | None = None) -> Rotated:
    """New clinic, data and index keys; all conversation keys and blind indexes moved to them."""
    if who.kind != "service":
        require(who, "keys")
    with alone(desk, waits) as lease:
        return rotated(desk, lease, who, clinic_id, now, tell)


def rotated(desk: Desk, lease: Lease, who: Who, clinic_id: str, now: int, tell: Tell = quiet, *,
            purposes: tuple[str, ...] = INNER, anew: bool = False) -> Rotated:
    """The same for who holds the lock. `purposes` beside the clinic key; `anew`: also when an earlier run was not finished."""
    active = desk.keys.active(clinic_id, "clinic").version
    resumed = not anew and lease.read(lambda tx: keys.left(tx, clinic_id, active)) > 0
    version = active if resumed else _begun(desk, lease, who, clinic_id, now, purposes)
    moved, strange = move_conversations(desk, lease, clinic_id, tell)
    move_people(desk, lease, clinic_id)
    index_people(desk, lease, clinic_id)
    index_contacts(desk, lease, clinic_id)
    told = {"version": version, "moved": moved, "strange": strange}
    lease.write(entry(desk, who, "keys.moved", "clinic", clinic_id, now, detail=told, event=False).write)
    return Rotated(version, resumed, moved, strange)


def move_conversations(desk: Desk, lease: Lease, clinic_id: str, tell: Tell = quiet) -> tuple[int, int]:
    """All conversation keys that older clinic keys wrap go under the active one; how many did, and how many do not open."""
    mover = Mover(desk.keys, clinic_id, desk.keys.active(clinic_id, "clinic").version)
    left, moved, strange, after = lease.read(lambda tx: keys.left(tx, clinic_id, mover.version)), 0, 0, _START
    while rows := lease.read(partial(keys.next_old, clinic_id=clinic_id, version=mover.version, after=after, limit=BATCH)):
        batch = [(row, wrapped) for row in rows if (wrapped := _moved(mover, row))]
        lease.write(partial(keys.move_conversations, clinic_id=clinic_id, version=mover.version, moved=batch))
        moved, strange, after = moved + len(batch), strange + len(rows) - len(batch), (rows[-1].conversation_id, rows[-1].version)
        tell(moved + strange, left)
    return moved, strange


def _begun(desk: Desk, lease: Lease, who: Who, clinic_id: str, now: int, purposes: tuple[str, ...]) -> int:
    new = renewed(desk.keys, clinic_id, lease.read(lambda tx: keys.all_versions(tx, clinic_id)), purposes)
    written = entry(desk, who, "keys.rotated", "clinic", clinic_id, now, detail={"version": new.version}, event=False)

    def write(tx: Tx) -> None:
        for row in new.fresh:
            keys.insert(tx, clinic_id, row, now)
        for before, after in new.moved:
            keys.move(tx, clinic_id, before, after)
        written.write(tx)

    lease.write(write)
    desk.keys.forget(clinic_id)
    return new.version


def _moved(mover: Mover, row: Row) -> bytes | None:
    """None for a key that does not open: somebody altered it. It is left as it is, so that nothing is lost that may be found."""
    try:
        return mover.moved(row.conversation_id, row.version, row.wrapped, row.wrapped_by)
    except (Unverified, TypeError):
        return None
