"""What was sealed since somebody looked at a log: whether it goes on from there, row by row, without a gap."""

from contextlib import suppress

from securemsg.crypto.audit_tree import Frontier
from securemsg.desk.audit.faults import Bad
from securemsg.desk.audit.found import Found
from securemsg.errors import Unverified
from securemsg.store import Row
from securemsg.store.audit import CheckpointRow


def goes_on(found: Found, rows: list[Row], made: list[CheckpointRow]) -> bool:
    """Whether each row (audit_scan.ROW) is genuine and follows the one before, and each checkpoint, signed, likewise; the last
    is of all rows."""
    if not rows and not made:
        return True
    with suppress(Bad, Unverified, StopIteration):
        frontier, before_id, coming = _edge(found), found.chain, iter(rows)
        for each in made:
            while found.base + frontier.size < each.size:
                _add(found, frontier, next(coming))
            if not _follows(found, each, before_id, frontier):
                return False
            before_id = each.id
        return next(coming, None) is None
    return False


def _edge(found: Found) -> Frontier:
    """The tree as it was looked at; Unverified where not all of it is known."""
    if found.edge is None:
        raise Unverified
    return Frontier.read(found.edge.size, bytes(found.edge))


def _add(found: Found, frontier: Frontier, row: Row) -> None:
    if row.number != found.base + frontier.size + 1:
        raise Unverified
    frontier.add(found.proofs.written(tuple(row)))


def _follows(found: Found, row: CheckpointRow, before_id: str, frontier: Frontier) -> bool:
    facts = (row.size, row.root, row.frontier, row.note, row.made_at)
    return (row.root == frontier.root() and found.proofs.signed(row, found.tree, frontier.size)
            and found.proofs.attested(row.id, "audit_checkpoints", found.clinic_id, before_id, *facts))
