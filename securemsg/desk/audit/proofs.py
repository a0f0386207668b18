"""Which rows, checkpoints and breaks of an audit log are this service's own: by its keys, all versions of them."""

from dataclasses import dataclass, field
from typing import Self

from securemsg.crypto import audit_tree, checkpoints
from securemsg.crypto.keyring import SERVICE, Keyring
from securemsg.desk.audit.faults import Bad, name
from securemsg.desk.desk import Desk
from securemsg.store.audit import CheckpointRow


@dataclass(frozen=True, slots=True)
class Proofs:
    """The service's keys: for MACs by version, for signatures the public ones."""

    audit: dict[int, bytes] = field(repr=False)
    publics: tuple[bytes, ...]

    @classmethod
    def of(cls, desk: Desk) -> Self:
        return cls.by(desk.keys)

    @classmethod
    def by(cls, keys: Keyring) -> Self:
        """With these keys at hand, and no desk."""
        macs, seeds = keys.versions(SERVICE, "audit"), keys.versions(SERVICE, "checkpoint")
        return cls({key.version: key.secret for key in macs}, tuple(checkpoints.public_key(seed.secret) for seed in seeds))

    def attested(self, id: str, *facts: object) -> bool:
        """Whether one of our audit keys made this id for these facts."""
        return any(id == checkpoints.attested_id(key, *facts) for key in self.audit.values())

    def written(self, row: tuple) -> bytes:
        """The leaf of a row (audit_scan.ROW), if it is as this service wrote it; Bad otherwise."""
        number, period, leaf, mac = row[:4]
        facts, id, key = row[4:], row[5], self.audit.get(period)
        if leaf != audit_tree.leaf(facts):
            raise Bad(f"{name(number)} was altered.", number, id)
        if key is None or mac != audit_tree.mac(key, str(id), leaf):
            raise Bad(f"{name(number)} was not written by this service: its MAC does not fit.", number, id)
        return leaf

    def signed(self, row: CheckpointRow, tree: int, size: int) -> bool:
        """Whether the row's note says of so many rows of that tree what the row says, and one of our keys signed it."""
        note = checkpoints.read(row.note)
        if note is None or not note.signed_by(self.publics):
            return False
        said = note.checkpoint
        return (said.clinic_id, said.tree, said.size, said.root) == (row.clinic_id, tree, size, row.root)
