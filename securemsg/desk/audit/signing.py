"""Sign how far a clinic's audit log reaches: the checkpoint of a tree, as a note and as a row."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Checkpoint
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.desk import Desk
from securemsg.store import Tx, clinics
from securemsg.store.audit import CheckpointRow
from securemsg.store.audit_breaks import BreakRow


@dataclass(frozen=True, slots=True)
class Tree:
    """Which of a clinic's trees, from 1 on; its first leaf is the row behind number `base`."""

    number: int = 1
    base: int = 0

    @classmethod
    def of(cls, newest: BreakRow | None) -> Self:
        """The one that rows go into now. A checkpoint's note says which tree it is of, so a break that
        somebody put in or took out fits none."""
        return cls(newest.tree, newest.upto_number) if newest else cls()


@dataclass(frozen=True, slots=True)
class Signing:
    """One clinic's, the keys opened before the transaction in which it is done."""

    clinic_id: str
    host: str
    audit_key: bytes = field(repr=False)
    seed: bytes = field(repr=False)

    @classmethod
    def of(cls, desk: Desk, clinic_id: str) -> Self:
        return cls(clinic_id, urlsplit(desk.settings.public_url).netloc, desk.keys.active(SERVICE, "audit").secret,
                   desk.keys.active(SERVICE, "checkpoint").secret)

    def checkpoint(self, tx: Tx, tree: Tree, frontier: Frontier, before_id: str, now: int) -> CheckpointRow:
        """Of all that is in the tree; `before_id` is the checkpoint's before it, or that of the break behind which it begins."""
        slug = "service" if self.clinic_id == SERVICE else clinics.slug(tx, self.clinic_id) or "unknown"
        origin = checkpoints.origin(self.host, slug, self.clinic_id, tree.number)
        root, kept = frontier.root(), bytes(frontier)
        note = str(checkpoints.sign(self.seed, Checkpoint(origin, frontier.size, root)))
        facts = (tree.base + frontier.size, root, kept, note, now)
        id = checkpoints.attested_id(self.audit_key, "audit_checkpoints", self.clinic_id, before_id, *facts)
        return CheckpointRow(self.clinic_id, id, *facts)


def tree_of(row: CheckpointRow) -> int:
    """Which tree a checkpoint is of; 0 where nobody can read it."""
    note = checkpoints.read(row.note)
    return note.checkpoint.tree if note else 0
