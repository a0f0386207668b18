"""The whole audit log, to be checked or copied: plain tuples out of one unchanging view (`Database.snapshot`)."""

from collections.abc import Iterator

from securemsg.crypto.keyring import SERVICE
from securemsg.store.audit import AuditRow, CheckpointRow
from securemsg.store.database import Stream

FACTS = AuditRow.__slots__[:-2]  # what the leaf is made of, in its order
ROW = ("number", "key_period", "leaf", "mac", *FACTS)
_ROWS = f"SELECT {', '.join(ROW)} FROM audit WHERE clinic_id = :clinic_id AND number"
_CHECKPOINTS = f"SELECT {', '.join(CheckpointRow.__slots__)} FROM audit_checkpoints WHERE clinic_id = :clinic_id"
_CHECKPOINTS_AT_ONCE = 2_000
_ROWS_AT_ONCE = 1_000  # about 1 MB; each batch is a round trip to PostgreSQL


def clinic_ids(stream: Stream) -> list[str]:
    """Every clinic that has rows in the log, or checkpoints, or had."""
    tables = ("audit", "audit_checkpoints", "audit_cuts", "audit_breaks")
    return sorted(str(row[0]) for row in _each(stream(" UNION ".join(f"SELECT clinic_id FROM {table}" for table in tables))))


def slugs(stream: Stream) -> dict[str, str]:
    """The short names of all clinics, by id."""
    return dict(_each(stream("SELECT id, slug FROM clinics")))


def restores(stream: Stream) -> list[tuple[int, str]]:
    """When this database was put back from an archive: `happened_at, objects` of each time."""
    return list(_each(stream("SELECT happened_at, objects FROM audit WHERE action = 'service.restored' AND clinic_id ="
                             " :clinic_id ORDER BY id", clinic_id=SERVICE)))


def count(stream: Stream) -> int:
    """How many rows the log has, of all clinics."""
    return next(_each(stream("SELECT count(*) FROM audit")))[0]


def count_of(stream: Stream, table: str, clinic_id: str) -> int:
    """How many rows `audit` or `events` has of one clinic."""
    return next(_each(stream(f"SELECT count(*) FROM {table} WHERE clinic_id = :clinic_id", clinic_id=clinic_id)))[0]


def sealed(stream: Stream, clinic_id: str, after: int | None, upto: int | None) -> Iterator[list[tuple]]:
    """Batches of ROW in the order of their numbers; from the very first where `after` is None, to the last where `upto` is."""
    beyond = "IS NOT NULL" if after is None else "> :after"
    within = "" if upto is None else " AND number <= :upto"
    return stream(f"{_ROWS} {beyond}{within} ORDER BY number", batch=_ROWS_AT_ONCE, clinic_id=clinic_id, after=after, upto=upto)


def unsealed(stream: Stream, clinic_id: str) -> Iterator[list[tuple]]:
    """Batches of ROW that wait for their number."""
    return stream(f"{_ROWS} IS NULL ORDER BY id", batch=_ROWS_AT_ONCE, clinic_id=clinic_id)


def checkpoints(stream: Stream, clinic_id: str, after: int, upto: int | None = None) -> Iterator[list[CheckpointRow]]:
    """Those of more than `after` rows, to `upto` at most, in the order of their sizes; in parts, so that rows can be read in
    between."""
    within = "" if upto is None else " AND size <= :upto"
    sql = f"{_CHECKPOINTS} AND size > :after{within} ORDER BY size LIMIT {_CHECKPOINTS_AT_ONCE}"
    while part := [CheckpointRow(*row) for row in _each(stream(sql, clinic_id=clinic_id, after=after, upto=upto))]:
        yield part
        after = part[-1].size


def breaks(stream: Stream, clinic_id: str) -> list[tuple]:
    """`clinic_id, id, tree, upto_number, upto_event, found, accepted_at` of each, in the order of their trees."""
    return list(_each(stream("SELECT clinic_id, id, tree, upto_number, upto_event, found, accepted_at FROM audit_breaks WHERE"
                             " clinic_id = :clinic_id AND tree > 0 ORDER BY tree", clinic_id=clinic_id)))


def newest_cut(stream: Stream, clinic_id: str) -> tuple | None:
    """`id, upto_number, root, cut_at` of the newest cut."""
    return next(iter(cuts(stream, clinic_id, 0)), None)


def cuts(stream: Stream, clinic_id: str, after: int) -> list[tuple]:
    """The same of all that were made behind row `after`, the newest first."""
    return list(_each(stream("SELECT id, upto_number, root, cut_at FROM audit_cuts WHERE clinic_id = :clinic_id AND upto_number >"
                             " :after ORDER BY upto_number DESC", clinic_id=clinic_id, after=after)))


def events(stream: Stream, clinic_id: str) -> Iterator[tuple]:
    """`number, id, kind, happened_at` of all events that have a number, in the order of these."""
    return _each(stream("SELECT number, id, kind, happened_at FROM events WHERE clinic_id = :clinic_id AND number IS NOT NULL"
                        " ORDER BY number", batch=_ROWS_AT_ONCE, clinic_id=clinic_id))


def _each(batches: Iterator[list[tuple]]) -> Iterator[tuple]:
    for batch in batches:
        yield from batch
