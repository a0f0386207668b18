"""Which keys there are, what they wrap, and what could be destroyed. Ids, versions and counts; never a key."""

from securemsg.crypto import keystore
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.desk import Desk
from securemsg.store import Database, Tx, clinics, keys
from securemsg.times import DAY, rfc3339


def status(desk: Desk) -> dict:
    """`roots`, `epochs`, `clinics` (the versions of their keys) and `unfinished`: the commands that end what was begun."""
    roots, wrapped_by = desk.keys.roots, keystore.roots_of(desk.settings.keystore)
    provided = zip(roots, desk.settings.root_key, strict=True)
    return {"roots": [{"id": root.id, "from": spec.partition(":")[0], "active": root is roots[0],
                       "epochs": list(wrapped_by.values()).count(root.id)} for root, spec in provided],
            "epochs": _epochs(desk), "clinics": _clinics(desk), "unfinished": unfinished(desk.database, desk.keys.active_epoch)}


def _epochs(desk: Desk) -> list[dict]:
    uses, retention = desk.database.read(keys.uses_of_epochs), desk.settings.backup_retention_days * DAY
    return [{"id": epoch.id, "state": epoch.state, "root": epoch.root, "keys": uses.get(epoch.id, 0),
             "made_at": _at(epoch.made_at), "retired_at": _at(epoch.retired_at),
             "needed_by_backups_until": _at(epoch.retired_at and epoch.retired_at + retention)}
            for epoch in keystore.listed(desk.settings.keystore)]


def _clinics(desk: Desk) -> list[dict]:
    rows, slugs, wrapped = desk.database.read(lambda tx: (keys.told(tx), _slugs(tx), keys.conversations(tx)))
    return [{"clinic": slugs.get(row.clinic_id, row.clinic_id), "purpose": row.purpose, "version": row.version,
             "made_at": _at(row.created_at), "state": row.state, "wrapped_by": row.wrapped_by,
             "conversations": wrapped.get((row.clinic_id, row.version), 0) if row.purpose == "clinic" else None} for row in rows]


def unfinished(database: Database, epoch: str) -> list[str]:
    """The commands that end what was begun: a retired clinic key wraps conversation keys, or another than the active `epoch`
    wraps a key."""
    rows, slugs, wrapped, old = database.read(lambda tx: (
        keys.told(tx), _slugs(tx), keys.conversations(tx), keys.under_epochs(tx, epoch)))
    waiting = {slugs.get(row.clinic_id, row.clinic_id) for row in rows if row.purpose == "clinic" and row.state == "retired"
               and wrapped.get((row.clinic_id, row.version))}
    return [*(f"securemsg keys rotate --clinic {slug}" for slug in sorted(waiting)),
            *["securemsg keys rotate --epoch"][:len(old)]]


def _slugs(tx: Tx) -> dict[str, str]:
    return {SERVICE: "(service)", **{row.id: row.slug for row in clinics.everyone(tx)}}


def _at(time: int) -> str | None:
    return rfc3339(time) if time else None
