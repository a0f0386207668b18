"""Take the audit log elsewhere: its newest checkpoints, or all of it, so that it can be checked there."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from securemsg.crypto import checkpoints
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.audit.sealing import Sealer
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Error, Unavailable, Unverified
from securemsg.store import Tx, audit, audit_scan, clinics
from securemsg.store.audit import CheckpointRow
from securemsg.store.audit_breaks import BreakRow
from securemsg.store.database import Stream, columns
from securemsg.store.ids import new_id
from securemsg.times import looks, rfc3339

_PATIENCE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Taken:
    """The newest signed note of each clinic whose log is sealed; and what is to be said of the others."""

    notes: list[str]
    fault: Error | None = None


def checkpoint(desk: Desk) -> Taken:
    """Everything that is written by now is sealed: by who leads, or here.

    A clinic whose log was altered is named by `fault` (Unverified) or, when who leads does not get on with it, Unavailable.
    """
    upto, sealer = new_id(), Sealer(desk)
    try:
        for _ in looks(_PATIENCE_SECONDS):
            sealer.look()
            left = desk.database.read(lambda tx: audit.waiting_before(tx, upto))
            if left <= sealer.altered:
                break
    finally:
        sealer.close()
    newest = desk.database.read(audit.newest_checkpoints)
    unread = {row.clinic_id for row in newest if not checkpoints.read(row.note)}
    notes = [row.note for row in newest if row.clinic_id not in left | unread]
    return Taken(notes, _left(desk, left, sealer.altered | unread) if left | unread else None)


def _left(desk: Desk, waiting: set[str], altered: set[str]) -> Error:
    slugs = {row.id: row.slug for row in desk.database.read(clinics.everyone)} | {SERVICE: "the service"}
    if altered:
        of = ", ".join(sorted(slugs.get(clinic_id, clinic_id) for clinic_id in altered))
        return Unverified(f"The audit log of {of} was altered and is not sealed any more: run `securemsg audit verify`.")
    of = ", ".join(sorted(slugs.get(clinic_id, clinic_id) for clinic_id in waiting))
    return Unavailable(f"The process that seals the audit log does not get on with that of {of}. Is its log telling why?")


def export(desk: Desk, clinic_ids: list[str], now: int) -> Iterator[dict]:
    """The log of these clinics as JSON-ready objects, with all that is needed to check it again: see README.

    That somebody took it is written into each of these logs before the first object is given.
    """
    by = [Who("service", clinic_id) for clinic_id in clinic_ids]
    taken = [entry(desk, who, "audit.exported", "audit", None, now, event=False) for who in by]

    def write(tx: Tx) -> None:
        for each in taken:
            each.write(tx.everywhere)

    desk.database.write(write)
    publics = [checkpoints.public_key(key.secret) for key in desk.keys.versions(SERVICE, "checkpoint")]
    yield {"type": "export", "format": 1, "at": rfc3339(now), "checkpoint_keys": [b64encode(key).decode() for key in publics]}
    with desk.database.snapshot() as stream:
        slugs = audit_scan.slugs(stream)
        for clinic_id in clinic_ids:
            yield {"type": "clinic", "id": clinic_id, "clinic": slugs.get(clinic_id, "")}
            yield from _of_clinic(stream, clinic_id)


def everyone(desk: Desk) -> list[str]:
    """The ids of all clinics, and the service's own."""
    return [SERVICE, *(row.id for row in desk.database.read(clinics.everyone))]


def _of_clinic(stream: Stream, clinic_id: str) -> Iterator[dict]:
    for batches in (audit_scan.sealed(stream, clinic_id, None, None), audit_scan.unsealed(stream, clinic_id)):
        for batch in batches:
            yield from (_object("row", audit_scan.ROW, row) for row in batch)
    yield from (_object("break", BreakRow.__slots__, row) for row in audit_scan.breaks(stream, clinic_id))
    for part in audit_scan.checkpoints(stream, clinic_id, -1):
        yield from (_object("checkpoint", CheckpointRow.__slots__, columns(row).values()) for row in part)


def _object(type: str, names: tuple[str, ...], values) -> dict:
    """Bytes as base64: session_sha256, address, detail, leaf, mac; root and frontier of a checkpoint."""
    told = (b64encode(value).decode() if isinstance(value, bytes) else value for value in values)
    return {"type": type, **dict(zip(names, told, strict=True))}
