"""Rows about who did what: written with the change, numbered and sealed soon after, never altered."""

from dataclasses import dataclass, field

from securemsg.store.database import Tx, columns
from securemsg.store.ids import first_id

FIRST_ID = "00000000-0000-0000-0000-000000000000"  # sorts before every other; also the clinic of rows of the service itself


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


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One row of `audit_checkpoints`: the root of the first `size` rows, signed in `note`; sealing goes on from `frontier`."""

    clinic_id: str
    id: str
    size: int
    root: bytes
    frontier: bytes
    note: str
    made_at: int


_CHECKPOINT = "SELECT clinic_id, id, size, root, frontier, note, made_at FROM audit_checkpoints WHERE clinic_id = :clinic_id"


def insert(tx: Tx, row: AuditRow) -> None:
    tx.insert("audit", **columns(row))


def insert_objects(tx: Tx, row: AuditRow, kind: str, ids: list[str]) -> None:
    """Beside a row that disclosed parts of several objects: it is found from each of them. The proof is the list in its leaf."""
    tx.insert_all("audit_objects", ("clinic_id", "audit_id", "object_kind", "object_id"),
                  [(row.clinic_id, row.id, kind, id) for id in ids])


def about(tx: Tx, clinic_id: str, object_id: str, limit: int = 200) -> list:
    """The newest rows about one conversation: changes and reads alike."""
    line = "SELECT a.id, a.happened_at, a.actor_kind, a.actor_id, a.action, a.outcome FROM"
    newest = "ORDER BY happened_at DESC, id DESC LIMIT :limit"
    own = f"{line} audit a WHERE a.clinic_id = :clinic_id AND a.object_id = :object_id {newest}"
    listed = (f"{line} audit_objects o JOIN audit a ON a.clinic_id = o.clinic_id AND a.id = o.audit_id"
              f" WHERE o.clinic_id = :clinic_id AND o.object_id = :object_id {newest}")
    return tx.all(f"SELECT * FROM ({own}) own UNION ALL SELECT * FROM ({listed}) listed {newest}",
                  clinic_id=clinic_id, object_id=object_id, limit=limit)


def objects_of(tx: Tx, clinic_id: str, id: str) -> str | None:
    """What one row lists, as it was written: JSON of (kind, id) pairs."""
    row = tx.one("SELECT objects FROM audit WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)
    return row.objects if row else None


def waiting(tx: Tx, since: str) -> list[str]:
    """The clinics that have rows or events without a number, made at or after the id `since`. Idle, it reads a few pages."""
    missing = "(SELECT 1 FROM {} WHERE clinic_id = {} AND number IS NULL AND id >= :since)"
    either = f"EXISTS {missing.format('audit', 'clinics.id')} OR EXISTS {missing.format('events', 'clinics.id')}"
    found = [row.id for row in tx.everywhere.all(f"SELECT id FROM clinics WHERE {either}", since=since)]
    whole = tx.everywhere.one(f"SELECT 1 AS yes WHERE EXISTS {missing.format('audit', ':nil')}", since=since, nil=FIRST_ID)
    return [*found, FIRST_ID] if whole else found


def waiting_ever(tx: Tx) -> list[str]:
    """The clinics that have rows or events without a number, however old, and those of clinics that are not there."""
    rows = tx.everywhere.all("SELECT clinic_id FROM audit WHERE number IS NULL UNION SELECT clinic_id FROM events WHERE number IS"
                             " NULL")
    return [row.clinic_id for row in rows]


def unsealed(tx: Tx, since: int):
    """`rows`, `oldest`: how many of all clinics' rows since a moment have no number yet, and when the first was made."""
    return tx.everywhere.one(
        "SELECT count(*) AS rows, min(happened_at) AS oldest FROM audit WHERE number IS NULL AND id >= :first AND"
        " clinic_id IN (SELECT id FROM clinics UNION ALL SELECT :nil)", first=first_id(since), nil=FIRST_ID)


def number(tx: Tx, table: str, clinic_id: str, after: int, since: str, limit: int) -> list:
    """Give the next numbers to rows of `audit` or `events` that have none, in the order of their ids; what was numbered.

    Two who do this at once cannot both succeed: a number is given once, and a row that just got one gets no other.
    """
    kept = ", leaf" if table == "audit" else ""
    rows = tx.all(
        f"WITH fresh AS MATERIALIZED (SELECT id, :after + row_number() OVER (ORDER BY id) AS number FROM {table}"
        f" WHERE clinic_id = :clinic_id AND number IS NULL AND id >= :since ORDER BY id LIMIT :limit)"
        f" UPDATE {table} SET number = fresh.number FROM fresh WHERE {table}.clinic_id = :clinic_id AND {table}.id = fresh.id"
        # as "IS NULL" PostgreSQL would look through all that wait, for each one of them, instead of by the key
        f" AND coalesce({table}.number, 0) = 0 RETURNING {table}.number{kept}",
        clinic_id=clinic_id, after=after, since=since, limit=limit)
    return sorted(rows)


def last_number(tx: Tx, table: str, clinic_id: str) -> int:
    """The highest number given in `audit` or `events`; 0 before the first."""
    row = tx.one(f"SELECT number FROM {table} WHERE clinic_id = :clinic_id AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
                 clinic_id=clinic_id)
    return row.number if row else 0


def insert_checkpoint(tx: Tx, row: CheckpointRow) -> None:
    tx.insert("audit_checkpoints", **columns(row))


def newest_checkpoint(tx: Tx, clinic_id: str) -> CheckpointRow | None:
    row = tx.one(f"{_CHECKPOINT} ORDER BY size DESC LIMIT 1", clinic_id=clinic_id)
    return CheckpointRow(*row) if row else None


def newest_checkpoints(tx: Tx) -> list[CheckpointRow]:
    """Each clinic's newest, and the service's own."""
    every = tx.everywhere
    clinic_ids = [FIRST_ID, *(row.id for row in every.all("SELECT id FROM clinics"))]
    return [row for clinic_id in clinic_ids if (row := newest_checkpoint(every, clinic_id))]


def waiting_before(tx: Tx, id: str) -> set[str]:
    """The clinics of which a row that is older than this id waits for its number."""
    rows = tx.everywhere.all("SELECT DISTINCT clinic_id FROM audit WHERE number IS NULL AND id < :id", id=id)
    return {row.clinic_id for row in rows}


def waits(tx: Tx, clinic_id: str, id: str) -> bool:
    """Whether this row is there and has no number."""
    return tx.one("SELECT 1 AS yes FROM audit WHERE clinic_id = :clinic_id AND id = :id AND number IS NULL",
                  clinic_id=clinic_id, id=id) is not None
