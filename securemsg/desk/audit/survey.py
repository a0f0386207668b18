"""All that is not as it was written in one clinic's log: each thing, not the first only as walk.py, for who answers for it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit import bounds, breaks
from securemsg.desk.audit.bounds import Within
from securemsg.desk.audit.faults import Bad
from securemsg.desk.audit.found import Found
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
    _within: Within = field(default_factory=Within)
    _late: list[CheckpointRow] = field(default_factory=list)

    def run(self, notes: Iterable[Note]) -> None:
        self._breaks()
        self._cut()
        self._within = bounds.within(self.stream, self.found, self._chain)
        after = self.found.upto or None  # the first part has every row, those below 1 too
        for part in audit_scan.checkpoints(self.stream, self.found.clinic_id, self.found.upto or -1):
            if heads := [row for row in part if self._is_within(row)]:
                self._part(self._placed(after, heads[-1].size), heads)
                after = self._sealed
        for row in self._placed(after, None):
            self._pass(row)
        self._after()
        self.found.edge, self.found.chain = self._edge, self._chain
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
        if row := bounds.cut_at(self.stream, self.found):
            self.found.upto = self._sealed = self.found.cut_upto = row.size
            self._edge, self._chain = bounds.signed_edge(self.found, row), row.id

    def _is_within(self, row: CheckpointRow) -> bool:
        """Whether a genuine one reaches as far: others wait until it is clear how far the rows do."""
        if isinstance(row.size, int) and 0 < row.size <= self._within.signed:
            return True
        self._late.append(row)
        return False

    def _after(self) -> None:
        """Checkpoints that nobody signed raise no number; beyond the last row they are in the way of going on."""
        for row in self._late:
            if isinstance(row.size, int) and 0 < row.size <= self.found.upto:
                self.found.faults.say(f"The checkpoint of {row.size} rows was altered: it does not say what was signed.", row.id)
            else:
                self.found.strangely("audit_checkpoints", row.id, f"is a checkpoint of {row.size} rows, which is none")

    def _placed(self, after: int | None, upto: int | None) -> Iterator[tuple]:
        """The rows that have a number that one can have."""
        for batch in audit_scan.sealed(self.stream, self.found.clinic_id, after, upto):
            for row in batch:
                if isinstance(row[0], int) and self.found.upto < row[0] <= self._within.rows:
                    yield row
                else:
                    self._stray(row)
            self.tell(len(batch))

    def _stray(self, row: tuple) -> None:
        """Also whether it is what this service wrote: without its number nobody would ask again."""
        also = ""
        try:
            self.found.proofs.written(row)
        except Bad as bad:
            also = f" {bad.sentence}"
        self.found.stray(row[5], f"A row has the number {row[0]}, which was never given.{also}", numbered=True)

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
            self._known(row)
        except Bad as bad:
            self.found.faults.span("altered" if "altered" in bad.sentence else "foreign", row[0], row[0])
        if self._edge and isinstance(row[2], bytes) and len(row[2]) == _LEAF_BYTES:
            self._edge.add(row[2])
        else:
            self._edge = None

    def _known(self, row: tuple) -> None:
        try:
            breaks.refuse_taken_out(row, next(reversed(self.found.before), None))
        except Bad as bad:
            self.found.faults.say(bad.sentence, bad.id)

    def _missing(self, upto: int) -> None:
        if upto > self.found.upto:
            self.found.faults.span("missing", self.found.upto + 1, upto)
            self.found.upto, self._edge = upto, None

    def _arrive(self, row: CheckpointRow) -> None:
        """The checkpoint is genuine, and of the rows that are here; from a genuine one on the tree is known again."""
        found, facts = self.found, (row.size, row.root, row.frontier, row.note, row.made_at)
        edge, first = bounds.signed_edge(found, row), self._sealed + 1
        if edge is None or not found.proofs.attested(row.id, "audit_checkpoints", found.clinic_id, self._chain, *facts):
            found.faults.say(f"The checkpoint of {row.size} rows was altered, or one between {self._sealed} and {row.size} rows"
                             " was taken out.", row.id)
        elif self._edge and self._edge.root() != row.root:
            found.faults.span("moved", first, row.size)
        self._edge, self._chain, self._sealed = edge, row.id, row.size

    def _unsealed(self) -> None:
        for batch in audit_scan.unsealed(self.stream, self.found.clinic_id):
            for row in batch:
                try:
                    self.found.proofs.written(row)
                    breaks.refuse_taken_out(row, None)
                except Bad as bad:
                    self.found.stray(row[5], bad.sentence, numbered=False)
