"""Breaks of an audit log that somebody answers for: behind each the log goes on with a tree of its own."""

from dataclasses import dataclass

from securemsg.store.audit import CheckpointRow
from securemsg.store.audit_scan import ROW
from securemsg.store.database import Row, Tx, columns

_COLUMNS = "SELECT clinic_id, id, tree, upto_number, upto_event, found, accepted_at FROM audit_breaks"
_BREAK = f"{_COLUMNS} WHERE clinic_id = :clinic_id AND tree > 0"
_ASIDE = {"audit_breaks": "tree", "audit_cuts": "upto_number", "audit_checkpoints": "size"}
_CHECKPOINTS = f"SELECT {', '.join(CheckpointRow.__slots__)} FROM audit_checkpoints WHERE clinic_id = :clinic_id"


@dataclass(frozen=True, slots=True)
class BreakRow:
    """One row of `audit_breaks`: rows up to `upto_number` and events up to `upto_event` stand as they were found, which `found`
    says (JSON, desk/audit/breaks.py). `tree` is the number of the one that begins behind them, from 2 on."""

    clinic_id: str
    id: str
    tree: int
    upto_number: int
    upto_event: int
    found: str
    accepted_at: int


def newest(tx: Tx, clinic_id: str) -> BreakRow | None:
    row = tx.one(f"{_BREAK} ORDER BY tree DESC LIMIT 1", clinic_id=clinic_id)
    return BreakRow(*row) if row else None


def of_clinic(tx: Tx, clinic_id: str) -> list[BreakRow]:
    """All of one clinic's, in the order of their trees."""
    return [BreakRow(*row) for row in tx.all(f"{_BREAK} ORDER BY tree", clinic_id=clinic_id)]


def everyone(tx: Tx) -> list[BreakRow]:
    """Those of all clinics."""
    return [BreakRow(*row) for row in tx.everywhere.all(f"{_COLUMNS} WHERE tree > 0 ORDER BY clinic_id, tree")]


def insert(tx: Tx, row: BreakRow) -> bool:
    """False when the tree of that number was begun by somebody else."""
    return tx.insert("audit_breaks", **columns(row), or_nothing=True)


def set_aside(tx: Tx, table: str, clinic_id: str, id: object) -> None:
    """A row of `audit_breaks`, `audit_cuts` or `audit_checkpoints` that nobody vouches for and that is in the way stays, under a
    number below 0, where none is looked for."""
    place = _ASIDE[table]
    tx.run(f"UPDATE {table} SET {place} = (SELECT coalesce(min(a.{place}), 0) - 1 FROM {table} a WHERE a.clinic_id = :clinic_id"
           f" AND a.{place} < 0) WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)


def unnumber(tx: Tx, clinic_id: str, id: object, numbered: bool) -> bool:
    """A row of the log has no number; False where it is gone, or where it had one, or none, against what was seen."""
    return tx.run(f"UPDATE audit SET number = NULL WHERE clinic_id = :clinic_id AND id = :id AND number IS"
                  f" {'NOT ' * numbered}NULL", clinic_id=clinic_id, id=id) == 1


def number(tx: Tx, clinic_id: str, id: object, number: int) -> None:
    tx.run("UPDATE audit SET number = :number WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id,
           number=number)


def rows_after(tx: Tx, clinic_id: str, number: int, limit: int) -> list[Row]:
    """ROW of those with a higher number, in their order."""
    return tx.all(f"SELECT {', '.join(ROW)} FROM audit WHERE clinic_id = :clinic_id AND number > :number ORDER BY number"
                  " LIMIT :limit", clinic_id=clinic_id, number=number, limit=limit)


def checkpoints_after(tx: Tx, clinic_id: str, size: int, limit: int) -> list[CheckpointRow]:
    """Those of more rows, in the order of their sizes."""
    return [CheckpointRow(*row) for row in tx.all(f"{_CHECKPOINTS} AND size > :size ORDER BY size LIMIT :limit",
                                                  clinic_id=clinic_id, size=size, limit=limit)]


def unnumber_event(tx: Tx, clinic_id: str, id: object) -> None:
    tx.run("UPDATE events SET number = NULL WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)
