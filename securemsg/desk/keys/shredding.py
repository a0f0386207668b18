"""Make what was erased unreadable in every copy: bytes stay in write-ahead logs, free pages and old backups; keys need not.

A clinic in which something was erased gets a new clinic key, so that a wrapped conversation key that lies about somewhere opens
under none that is alive; then everything gets a new epoch. What the old epoch wrapped opens until that one is destroyed, when the
retention of backups has passed.
"""

import logging
from dataclasses import dataclass

from securemsg.crypto import keystore
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.keys.alone import alone
from securemsg.desk.keys.destroying import destroy_unused
from securemsg.desk.keys.of_clinic import Rotated, rotated
from securemsg.desk.keys.rotating import finish_epoch, new_epoch
from securemsg.errors import Misconfigured, Unverified
from securemsg.store import Lease, keys
from securemsg.times import MINUTE

_LATE = 5 * MINUTE  # an erasure that was under way while the last epoch began may have been committed after it
_log = logging.getLogger("securemsg")


@dataclass(frozen=True, slots=True)
class Shredded:
    """The new epoch, in how many clinics something had been erased, and how many conversation keys were moved."""

    epoch: str
    clinics: int
    moved: int


def shred(desk: Desk, now: int) -> Shredded | None:
    """Nightly: what was erased since the last time; None when nothing was. Conflict while a command changes keys.

    What a run that was killed has begun is finished first. A clinic whose keys do not open is told in the log, and keeps no other
    from its turn.
    """
    with alone(desk) as lease:
        finish_epoch(desk, lease, now)
        active = next(epoch for epoch in keystore.listed(desk.settings.keystore) if epoch.state == "active")
        is_due = lease.read(lambda tx: keys.is_erased_since(tx, active.made_at - _LATE))
        clinic_ids = lease.read(lambda tx: keys.erased_under_active(tx, _LATE))
        if not (is_due or clinic_ids):
            return None
        fresh = keystore.fresh_epoch(desk.keys.roots[0], now)  # first: a root that is away is found out before anything changes
        keystore.rewrite(desk.settings.keystore)  # and so is a file that cannot be written
        destroy_unused(desk, lease, now)
        moved = [done.moved for id in clinic_ids if (done := _rotated(desk, lease, id, now))]
        if not (is_due or moved):
            return None
        shredded = Shredded(new_epoch(desk, lease, now, fresh=fresh).id, len(moved), sum(moved))
        if not desk.settings.keystore_copy:
            _log.warning("the keystore has a new epoch: copies of it made before do not open what comes from now on. Copy it "
                         "anew, or set SECUREMSG_KEYSTORE_COPY")
        return shredded


def _rotated(desk: Desk, lease: Lease, clinic_id: str, now: int) -> Rotated | None:
    try:
        return rotated(desk, lease, Who("service", clinic_id), clinic_id, now, purposes=(), anew=True)
    except (Misconfigured, Unverified):
        _log.error("a clinic's keys do not open, and what was erased there is not shredded: see `securemsg doctor`",
                   extra={"clinic_id": clinic_id})
        return None
