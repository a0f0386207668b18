"""Make what was erased unreadable in every copy: bytes stay in write-ahead logs, free pages and old backups; keys need not.

A clinic in which something was erased gets a new clinic key, so that a wrapped conversation key that lies about somewhere opens
under none that is alive; then everything gets a new epoch. What the old epoch wrapped opens until that one is destroyed, when the
retention of backups has passed.
"""

from dataclasses import dataclass

from securemsg.crypto import keystore
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.keys.alone import alone
from securemsg.desk.keys.destroying import destroy_unused
from securemsg.desk.keys.of_clinic import rotated
from securemsg.desk.keys.rotating import new_epoch
from securemsg.store import keys
from securemsg.times import MINUTE

_LATE = 5 * MINUTE  # an erasure that was under way while the last epoch began may have been committed after it


@dataclass(frozen=True, slots=True)
class Shredded:
    """The new epoch, in how many clinics something had been erased, and how many conversation keys were moved."""

    epoch: str
    clinics: int
    moved: int


def shred(desk: Desk, now: int) -> Shredded | None:
    """Nightly: what was erased since the last time; None when nothing was. Conflict while a command changes keys."""
    with alone(desk) as lease:
        active = next(epoch for epoch in keystore.listed(desk.settings.keystore) if epoch.state == "active")
        clinic_ids = lease.read(lambda tx: keys.erased_since(tx, active.made_at - _LATE))
        if not clinic_ids:
            return None
        fresh = keystore.fresh_epoch(desk.keys.roots[0], now)  # first: a root that is away is found out before anything changes
        destroy_unused(desk, lease, now)
        moved = sum(rotated(desk, lease, Who("service", id), id, now, purposes=(), anew=True).moved for id in clinic_ids)
        return Shredded(new_epoch(desk, lease, now, fresh=fresh).id, len(clinic_ids), moved)
