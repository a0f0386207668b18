"""Rows about who did what: written with the change, never altered."""

from dataclasses import dataclass, field

from securemsg.store.database import Tx, columns


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of `audit`. `objects` lists what a read disclosed, as (kind, id) pairs."""

    clinic_id: str
    id: str
    happened_at: int
    node: str
    actor_kind: str
    actor_id: str | None
    session_sha256: bytes | None
    action: str
    object_kind: str
    object_id: str | None
    outcome: str
    address: bytes | None
    request_id: str | None
    detail: bytes | None
    objects: str | None
    leaf: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def insert(tx: Tx, row: AuditRow) -> None:
    tx.insert("audit", **columns(row))


def about(tx: Tx, clinic_id: str, object_id: str, limit: int = 200) -> list:
    """The newest rows about one conversation: changes and reads alike."""
    return tx.all("SELECT id, happened_at, actor_kind, actor_id, action, outcome FROM audit WHERE clinic_id = :clinic_id"
                  " AND object_id = :object_id ORDER BY happened_at DESC, id DESC LIMIT :limit",
                  clinic_id=clinic_id, object_id=object_id, limit=limit)
