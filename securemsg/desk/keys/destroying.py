"""Keys that are let go of for good: what they wrapped opens in no copy any more. Never while anything here needs them."""

from collections.abc import Callable
from functools import partial

from securemsg.crypto import keystore
from securemsg.crypto.keyring import SERVICE
from securemsg.crypto.keystore import Epoch
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.keys.alone import alone
from securemsg.desk.keys.copying import changed
from securemsg.desk.keys.of_clinic import move_conversations
from securemsg.desk.keys.people import move_people
from securemsg.errors import Missing, Refused
from securemsg.store import Lease, keys
from securemsg.times import DAY, HOUR, rfc3339

# A process may hold the version that was active until its cache ends (ten minutes), and a request that began under it some more.
QUARANTINE = HOUR
_LATELY = 7 * DAY


def destroy_epoch(desk: Desk, id: str, now: int, *, early: bool = False, waits: Callable[[], object] | None = None) -> None:
    """Archives of the time of this epoch open no more. Refused while it is active, while a key here needs it, and until the
    retention of backups has passed, but for who says `early`."""
    with alone(desk, waits) as lease:
        epoch = _retired(desk, id)
        if not early and now < _until(desk, epoch):
            raise Refused(f"Backups made until {rfc3339(epoch.retired_at)} need the epoch {id}, and they are kept for "
                          f"{desk.settings.backup_retention_days} days. Destroy it after {rfc3339(_until(desk, epoch))}, or say "
                          "--early: then these backups open no more.")
        if not early and not _is_plausible(desk, lease, now):
            raise Refused(f"The clock says {rfc3339(now)}, and nothing was recorded in the weeks before. Set it right; or say "
                          "--early if it is, and nobody was here.")
        destroy_unused(desk, lease, now)
        if uses := lease.read(keys.uses_of_epochs).get(id, 0):
            raise Refused(f"The epoch {id} wraps {uses} key(s) that are not destroyed yet. Run `securemsg keys rotate --epoch`; "
                          "a version that a rotation retired can go an hour after it.")
        _destroy(desk, lease, id, now)


def destroy_version(desk: Desk, who: Who, clinic_id: str, version: int, now: int, *,
                    waits: Callable[[], object] | None = None) -> None:
    """An old version of a clinic key, once it wraps nothing any more."""
    if who.kind != "service":
        require(who, "keys")
    with alone(desk, waits) as lease:
        rows = [row for row in lease.read(keys.told) if row.clinic_id == clinic_id and row.purpose == "clinic"]
        row = next((row for row in rows if row.version == version and row.state != "destroyed"), None)
        if row is None:
            raise Missing(f"There is no clinic key of version {version}, or it was destroyed already.")
        if row.state == "active":
            raise Refused(f"Version {version} is the active one. Run `securemsg keys rotate --clinic` first.")
        free_at = min(other.created_at for other in rows if other.version > version) + QUARANTINE
        if now < free_at:
            raise Refused("A process that has not heard of the rotation may still use this version. Destroy it after "
                          f"{rfc3339(free_at)}.")
        move_conversations(desk, lease, clinic_id)
        move_people(desk, lease, clinic_id)
        if any(uses := lease.read(lambda tx: keys.uses_of_version(tx, clinic_id, version))):
            raise Refused(f"{uses[0]} conversation key(s) and {uses[1]} other(s) are wrapped by version {version} and do not "
                          "open: somebody altered them. A backup may have them whole; nothing was destroyed.")
        _destroy_version(desk, lease, who, clinic_id, version, now)


def destroy_retired(desk: Desk, now: int) -> list[str]:
    """Nightly: old versions of clinic keys that nothing needs, then epochs whose backups have been kept long enough; their ids.

    Nothing on a clock that may be wrong: one that has leapt ahead finds nothing that happened in the days before.
    """
    with alone(desk) as lease:
        if not _is_plausible(desk, lease, now):
            return []
        destroy_unused(desk, lease, now)
        used = lease.read(keys.uses_of_epochs)
        due = [epoch for epoch in keystore.listed(desk.settings.keystore) if epoch.state == "retired"
               and epoch.id not in used and now >= _until(desk, epoch)]
        for epoch in due:
            _destroy(desk, lease, epoch.id, now)
        return [epoch.id for epoch in due]


def destroy_unused(desk: Desk, lease: Lease, now: int) -> None:
    """Every version of a clinic key that was retired more than an hour ago, with what was wrapped by it late moved before."""
    newest: dict[str, int] = {}
    for row in reversed(lease.read(keys.told)):
        if row.purpose != "clinic":
            continue
        if row.state == "retired" and now >= newest[row.clinic_id] + QUARANTINE:
            move_conversations(desk, lease, row.clinic_id)
            move_people(desk, lease, row.clinic_id)
            if not any(lease.read(partial(keys.uses_of_version, clinic_id=row.clinic_id, version=row.version))):
                _destroy_version(desk, lease, Who("service", row.clinic_id), row.clinic_id, row.version, now)
        newest[row.clinic_id] = row.created_at


def _retired(desk: Desk, id: str) -> Epoch:
    known = {epoch.id: epoch for epoch in keystore.listed(desk.settings.keystore)}
    epoch = known.get(id)
    if epoch is None or epoch.state == "destroyed":
        there = ", ".join(each.id for each in known.values() if each.state == "retired") or "none"
        raise Missing(f"There is no epoch {id}, or it was destroyed already. Retired are: {there}.")
    if epoch.state == "active":
        raise Refused(f"The epoch {id} is the active one. Run `securemsg keys rotate --epoch` first.")
    return epoch


def _is_plausible(desk: Desk, lease: Lease, now: int) -> bool:
    """Not for a clock that leapt: what was recorded before lies too far back then."""
    return lease.read(lambda tx: keys.anything_between(tx, now - 2 * _retention(desk), now - _LATELY))


def _until(desk: Desk, epoch: Epoch) -> int:
    return epoch.retired_at + _retention(desk)


def _retention(desk: Desk) -> int:
    return desk.settings.backup_retention_days * DAY


def _destroy(desk: Desk, lease: Lease, id: str, now: int) -> None:
    lease.write(entry(desk, Who("service", SERVICE), "keys.epoch_destroyed", "keystore", None, now, objects=(("key", id),),
                      event=False).write)
    keystore.destroy_epoch(desk.settings.keystore, id)
    changed(desk)


def _destroy_version(desk: Desk, lease: Lease, who: Who, clinic_id: str, version: int, now: int) -> None:
    written = entry(desk, who, "keys.destroyed", "clinic", clinic_id, now, detail={"version": version}, event=False)
    lease.write(written.after(lambda tx: keys.destroy_version(tx, clinic_id, version)))
    desk.keys.forget(clinic_id)
