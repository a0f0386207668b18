"""How far one clinic's log can reach, whatever numbers somebody else wrote: as far as genuine checkpoints tell, and its rows."""

from dataclasses import dataclass

from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.desk.audit.found import Found
from securemsg.errors import Unverified
from securemsg.store import audit_scan
from securemsg.store.audit import CheckpointRow
from securemsg.store.database import Stream


@dataclass(frozen=True, slots=True)
class Within:
    """`signed` is the size of the highest genuine checkpoint; `rows` the highest number that a row can have: each since was given
    one."""

    signed: int = 0
    rows: int = 0


def within(stream: Stream, found: Found, before_id: str) -> Within:
    """`before_id` is the checkpoint, or the break, behind which it begins."""
    signed = found.upto
    for part in audit_scan.checkpoints(stream, found.clinic_id, -1):
        for row in part:
            note = checkpoints.read(row.note)
            if note and note.checkpoint.tree > found.highest_tree:
                found.signed(note)
            if isinstance(row.size, int) and row.size > found.upto and _is_genuine(found, row, before_id):
                before_id, signed = row.id, row.size
    return Within(signed, signed + audit_scan.count_of(stream, "audit", found.clinic_id))


def cut_at(stream: Stream, found: Found) -> CheckpointRow | None:
    """The checkpoint at which retention cut off what lies before, behind the newest break; what says so and is not this
    service's is told of."""
    for id, upto, root, at in audit_scan.cuts(stream, found.clinic_id, found.base):
        row = next((part[0] for part in audit_scan.checkpoints(stream, found.clinic_id, upto - 1)), None) \
            if isinstance(upto, int) else None
        if row and row.size == upto and found.proofs.attested(id, "audit_cuts", found.clinic_id, upto, root, at, row.id):
            return row
        found.strangely("audit_cuts", id, f"says that the log was cut off up to row {upto}, and is not this service's")
    return None


def signed_edge(found: Found, row: CheckpointRow) -> Frontier | None:
    """The edge of the tree at a checkpoint, if that says what was signed."""
    size = row.size - found.base
    try:
        edge = Frontier.read(size, row.frontier)
    except (Unverified, TypeError):
        return None
    return edge if edge.root() == row.root and found.proofs.signed(row, found.tree, size) else None


def _is_genuine(found: Found, row: CheckpointRow, before_id: str) -> bool:
    """By its id where the one before is known, else by what was signed."""
    facts = (row.size, row.root, row.frontier, row.note, row.made_at)
    return (found.proofs.attested(row.id, "audit_checkpoints", found.clinic_id, before_id, *facts)
            or signed_edge(found, row) is not None)
