"""All that is not as it was written in one clinic's log: each thing, not the first only as walk.py, for who answers for it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit import breaks
from securemsg.desk.audit.faults import Bad
from securemsg.desk.audit.found import HIGHEST, Found
from securemsg.errors import Unverified
from securemsg.store import audit_scan
from securemsg.store.audit import CheckpointRow
from securemsg.store.audit_breaks import BreakRow
from securemsg.store.database import Stream

_LEAF_BYTES = 32  # SHA-256


@dataclass
class Survey:
    """One look through rows and checkpoints, behind the breaks that are known; `found` tells. Where something is altered the tree
    is known again from the next checkpoint on that is genuine."""

    stream: Stream
    found: Found
    tell: Callable[[int], None]
    _edge: Frontier | None = field(default_factory=Frontier)  # None: what was sealed up to here is not known
    _chain: str = ""  # the id of the checkpoint before
    _sealed: int = 0  # and its size

    def run(self, notes: Iterable[Note]) -> None:
        self._breaks()
        self._cut()
        after = self.found.upto or None  # the first part has every row, those below 1 too
        for part in audit_scan.checkpoints(self.stream, self.found.clinic_id, self.found.upto or -1):
            if heads := [row for row in part if self._fits(row)]:
                self._part(self._placed(after, heads[-1].size), heads)
                after = self._sealed
        for row in self._placed(after, None):
            self._pass(row)
        self.found.faults.span("beyond", self._sealed + 1, self.found.upto)
        self._unsealed()
        self.found.look_at_events(self.stream)
        self.found.add_up(self.stream)
        self.found.look_elsewhere(self.stream, notes)

    def _breaks(self) -> None:
        """What somebody answered for before, and whether it stands as it was found then."""
        found, rows = self.found, [BreakRow(*row) for row in audit_scan.breaks(self.stream, self.found.clinic_id)]
        found.before = breaks.genuine(rows, found.proofs)
        for row in rows[len(found.before):]:
            found.strangely("audit_breaks", row.id, "says which break was accepted, and is not this service's")
        if not found.before:
            return
        newest = found.before[-1]
        found.upto = self._sealed = found.base
        self._chain, found.upto_event = newest.row.id, newest.row.upto_event
        try:
            breaks.refuse_altered(newest, breaks.summed(self.stream, found.clinic_id, found.upto, found.upto_event, self.tell))
        except Bad as bad:
            found.faults.say(bad.sentence)

    def _cut(self) -> None:
        """Where retention cut rows off it begins behind them."""
        found, cut = self.found, audit_scan.newest_cut(self.stream, self.found.clinic_id)
        if cut is None or (isinstance(cut[1], int) and cut[1] <= found.base):
            return
        id, upto, root, cut_at = cut
        row = next((part[0] for part in audit_scan.checkpoints(self.stream, found.clinic_id, upto - 1)), None) \
            if isinstance(upto, int) else None
        if row is None or not found.proofs.attested(id, "audit_cuts", found.clinic_id, upto, root, cut_at, row.id):
            return found.strangely("audit_cuts", id, f"says that the log was cut off up to row {upto}, and is not this service's")
        found.upto = self._sealed = found.cut_upto = upto
        self._edge, self._chain = self._signed_edge(row), row.id

    def _fits(self, row: CheckpointRow) -> bool:
        """Whether it has a size that one can have."""
        if isinstance(row.size, int) and 0 < row.size <= HIGHEST:
            return True
        self.found.strangely("audit_checkpoints", row.id, f"is a checkpoint of {row.size} rows, which is none")
        return False

    def _placed(self, after: int | None, upto: int | None) -> Iterator[tuple]:
        """The rows that have a number that one can have."""
        for batch in audit_scan.sealed(self.stream, self.found.clinic_id, after, upto):
            for row in batch:
                if isinstance(row[0], int) and self.found.upto < row[0] <= HIGHEST:
                    yield row
                else:
                    self.found.stray(row[5], f"A row has the number {row[0]}, which was never given.", numbered=True)
            self.tell(len(batch))

    def _part(self, rows: Iterator[tuple], heads: list[CheckpointRow]) -> None:
        row = next(rows, None)
        for aim in heads:
            while row is not None and row[0] <= aim.size:
                self._pass(row)
                row = next(rows, None)
            self._missing(aim.size)
            self._arrive(aim)

    def _pass(self, row: tuple) -> None:
        self._missing(row[0] - 1)
        self.found.upto = row[0]
        try:
            self.found.proofs.written(row)
        except Bad as bad:
            self.found.faults.span("altered" if "altered" in bad.sentence else "foreign", row[0], row[0])
        if self._edge and isinstance(row[2], bytes) and len(row[2]) == _LEAF_BYTES:
            self._edge.add(row[2])
        else:
            self._edge = None

    def _missing(self, upto: int) -> None:
        if upto > self.found.upto:
            self.found.faults.span("missing", self.found.upto + 1, upto)
            self.found.upto, self._edge = upto, None

    def _arrive(self, row: CheckpointRow) -> None:
        """The checkpoint is genuine, and of the rows that are here; from a genuine one on the tree is known again."""
        found, facts = self.found, (row.size, row.root, row.frontier, row.note, row.made_at)
        edge, first = self._signed_edge(row), self._sealed + 1
        if edge is None or not found.proofs.attested(row.id, "audit_checkpoints", found.clinic_id, self._chain, *facts):
            found.faults.say(f"The checkpoint of {row.size} rows was altered, or one between {self._sealed} and {row.size} rows"
                             " was taken out.", row.id)
        elif self._edge and self._edge.root() != row.root:
            found.faults.span("moved", first, row.size)
        self._edge, self._chain, self._sealed = edge, row.id, row.size

    def _signed_edge(self, row: CheckpointRow) -> Frontier | None:
        """The edge of the tree at a checkpoint, if that says what was signed."""
        tree, size = len(self.found.before) + 1, row.size - self.found.base
        try:
            edge = Frontier.read(size, row.frontier)
        except (Unverified, TypeError):
            return None
        return edge if edge.root() == row.root and self.found.proofs.signed(row, tree, size) else None

    def _unsealed(self) -> None:
        for batch in audit_scan.unsealed(self.stream, self.found.clinic_id):
            for row in batch:
                try:
                    self.found.proofs.written(row)
                except Bad as bad:
                    self.found.stray(row[5], bad.sentence, numbered=False)
