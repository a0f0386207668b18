"""Breaks of an audit log: what was found, who answers for it, and whether all of it still stands as it was found then.

A break covers each row, checkpoint and event before it by a SHA-256 over them. So what was altered stays as it is, to be looked
into, and nobody alters more behind the one that is known.
"""

import hashlib
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from securemsg.crypto.canonical import canonical
from securemsg.desk.audit.faults import Bad, name
from securemsg.desk.audit.proofs import Proofs
from securemsg.store import audit_scan
from securemsg.store.audit import CheckpointRow
from securemsg.store.audit_breaks import BreakRow
from securemsg.store.database import Stream, columns
from securemsg.times import rfc3339

ACTION = "audit.accepted"  # of the row that begins the tree behind a break
_ACTION = audit_scan.ROW.index("action")
Head = tuple[int, int, str]  # of a note kept elsewhere: its tree, how many rows it is of, its root as hexadecimal digits


@dataclass(frozen=True, slots=True)
class Break:
    """One that this service wrote. `faults` are sentences, at most so many; `person_id` answers for it, `audit_id` is the row
    that says why; `heads` are of notes kept elsewhere that do not fit and were known."""

    row: BreakRow
    faults: tuple[str, ...]
    person_id: str
    audit_id: str
    heads: frozenset[Head]
    sums: dict[str, str] = field(repr=False)

    @classmethod
    def read(cls, row: BreakRow) -> "Break":
        told: dict[str, Any] = orjson.loads(row.found)
        return cls(row, tuple(told["faults"]), told["person"], told["row"], frozenset(map(tuple, told["heads"])), told["sums"])


def attested_as(row: BreakRow, before_id: str) -> tuple[object, ...]:
    """The facts of which its id is made; it holds the id of the one before, so that none can be taken out."""
    return ("audit_breaks", row.clinic_id, before_id, row.tree, row.upto_number, row.upto_event, row.found, row.accepted_at)


def genuine(rows: Iterable[BreakRow], proofs: Proofs) -> list[Break]:
    """The breaks of one clinic, up to the first that this service did not write."""
    found: list[Break] = []
    for row in rows:
        before_id = found[-1].row.id if found else ""
        if not isinstance(row.tree, int) or not proofs.attested(row.id, *attested_as(row, before_id)):
            break
        found.append(Break.read(row))
    return found


def known(stream: Stream, proofs: Proofs, clinic_id: str) -> list[Break]:
    """All of them; Bad where one is not this service's."""
    rows = [BreakRow(*row) for row in audit_scan.breaks(stream, clinic_id)]
    found = genuine(rows, proofs)
    if len(found) < len(rows):
        raise Bad("A row that says which break of this log was accepted was altered, or one was taken out or put in.")
    return found


@dataclass
class Sums:
    """SHA-256 over what a break covers, in the order of the numbers: of rows, of checkpoints, of events."""

    rows: Any = field(default_factory=hashlib.sha256)
    checkpoints: Any = field(default_factory=hashlib.sha256)
    events: Any = field(default_factory=hashlib.sha256)

    def add_rows(self, rows: Iterable[Iterable[object]]) -> None:
        for row in rows:
            self.rows.update(canonical(*row))

    def add_checkpoints(self, rows: Iterable[CheckpointRow]) -> None:
        for row in rows:
            self.checkpoints.update(canonical(*columns(row).values()))

    def copy(self) -> "Sums":
        return Sums(self.rows.copy(), self.checkpoints.copy(), self.events.copy())

    def told(self) -> dict[str, str]:
        return {"rows": self.rows.hexdigest(), "checkpoints": self.checkpoints.hexdigest(), "events": self.events.hexdigest()}


def summed(stream: Stream, clinic_id: str, upto: int, upto_event: int, tell: Callable[[int], None],
           see: Callable[[CheckpointRow], None] = lambda row: None, without: Container[object] = ()) -> Sums:
    """Over what is there now, up to these numbers, `without` the rows of these ids; `see` is shown each checkpoint."""
    sums = Sums()
    for batch in audit_scan.sealed(stream, clinic_id, None, upto):
        sums.add_rows(row for row in batch if row[5] not in without)
        tell(len(batch))
    for part in audit_scan.checkpoints(stream, clinic_id, -1, upto):
        sums.add_checkpoints(row for row in part if row.id not in without)
        for row in part:
            see(row)
    for number, id, *_ in audit_scan.events(stream, clinic_id):
        if isinstance(number, int) and 0 < number <= upto_event:
            sums.events.update(canonical(number, id))
    return sums


def refuse_taken_out(row: tuple, newest: Break | None) -> None:
    """Bad for a row of the log (audit_scan.ROW), behind the newest break, that tells of another one: that was taken out."""
    if row[_ACTION] == ACTION and not (newest and (row[5], row[0]) == (newest.audit_id, newest.row.upto_number + 1)):
        raise Bad(f"{name(row[0])} says that a break of this log was accepted, and none of audit_breaks does: it was taken out.",
                  row[0], row[5])


def refuse_altered(broken: Break, sums: Sums) -> None:
    """Bad where something is not as it was found then."""
    told = sums.told()
    if wrong := [name for name in told if told[name] != broken.sums[name]]:
        raise Bad(f"Among what was accepted on {rfc3339(broken.row.accepted_at)}, up to row {broken.row.upto_number},"
                  f" {' and '.join(wrong)} are not any more as they were found then.", broken.row.upto_number)
