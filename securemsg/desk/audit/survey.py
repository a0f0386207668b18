"""All that is not as it was written in one clinic's log: each thing, not the first only as walk.py, for who answers for it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit import breaks
from securemsg.desk.audit.breaks import Break, Head, Sums
from securemsg.desk.audit.elsewhere import Elsewhere, head
from securemsg.desk.audit.faults import Bad
from securemsg.desk.audit.listing import Listing
from securemsg.desk.audit.proofs import Proofs
from securemsg.errors import Unverified
from securemsg.store import audit_scan, happenings
from securemsg.store.audit import CheckpointRow
from securemsg.store.audit_breaks import BreakRow
from securemsg.store.database import Stream

_HIGHEST = 2**53  # a higher number was never given, and JSON could not hold it
_LEAF_BYTES = 32


@dataclass
class Survey:
    """One look at a log. `strays` are rows (id, whether they have a number) that have no place in it, `strange` other rows
    (table, id) that are in the way of going on, `loose` events without a place; all of them are named among the `faults`."""

    stream: Stream
    proofs: Proofs
    clinic_id: str
    notes: Iterable[Note]
    tell: Callable[[int], None]
    faults: Listing = field(default_factory=Listing)
    before: list[Break] = field(default_factory=list)
    strays: list[tuple[object, bool]] = field(default_factory=list)
    strange: list[tuple[str, object]] = field(default_factory=list)
    loose: list[object] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)  # of notes kept elsewhere that do not fit
    upto: int = 0  # the highest number that a row has, or that a checkpoint tells
    upto_event: int = 0
    sums: Sums = field(default_factory=Sums)
    _edge: Frontier | None = field(default_factory=Frontier)  # None: what was sealed up to here is not known
    _chain: str = ""  # the id of the checkpoint before
    _sealed: int = 0  # and its size
    _base: int = 0
    _cut_upto: int = 0

    def run(self) -> None:
        self._breaks()
        self._cut()
        after = self.upto or None  # the first part has every row, those below 1 too
        for part in audit_scan.checkpoints(self.stream, self.clinic_id, self.upto or -1):
            if heads := [row for row in part if self._fits(row)]:
                self._part(self._placed(audit_scan.sealed(self.stream, self.clinic_id, after, heads[-1].size)), heads)
                after = self._sealed
        for row in self._placed(audit_scan.sealed(self.stream, self.clinic_id, after, None)):
            self._pass(row)
        self.faults.span("beyond", self._sealed + 1, self.upto)
        self._unsealed()
        self._events()
        moved = {*(id for id, _ in self.strays), *(id for _, id in self.strange)}
        self.sums = breaks.summed(self.stream, self.clinic_id, self.upto, self.upto_event, lambda rows: None, without=moved)
        self._elsewhere()

    def _breaks(self) -> None:
        """What somebody answered for before, and whether it stands as it was found then."""
        rows = [BreakRow(*row) for row in audit_scan.breaks(self.stream, self.clinic_id)]
        self.before = breaks.genuine(rows, self.proofs)
        for row in rows[len(self.before):]:
            self._strange("audit_breaks", row.id, "says which break was accepted, and is not this service's")
        if not self.before:
            return
        newest = self.before[-1]
        self.upto = self._base = self._sealed = newest.row.upto_number
        self._chain, self.upto_event = newest.row.id, newest.row.upto_event
        try:
            breaks.refuse_altered(newest, breaks.summed(self.stream, self.clinic_id, self.upto, self.upto_event, self.tell))
        except Bad as bad:
            self.faults.say(bad.sentence)

    def _strange(self, table: str, id: object, what: str) -> None:
        self.faults.say(f"A row of {table} {what}.", id)
        self.strange.append((table, id))

    def _cut(self) -> None:
        """Where retention cut rows off it begins behind them."""
        cut = audit_scan.newest_cut(self.stream, self.clinic_id)
        if cut is None or (isinstance(cut[1], int) and cut[1] <= self._base):
            return
        id, upto, root, cut_at = cut
        row = next((part[0] for part in audit_scan.checkpoints(self.stream, self.clinic_id, upto - 1)), None) \
            if isinstance(upto, int) else None
        if row is None or not self.proofs.attested(id, "audit_cuts", self.clinic_id, upto, root, cut_at, row.id):
            return self._strange("audit_cuts", id, f"says that the log was cut off up to row {upto}, and is not this service's")
        self.upto = self._sealed = self._cut_upto = upto
        self._edge, self._chain = self._signed_edge(row), row.id

    def _fits(self, row: CheckpointRow) -> bool:
        """Whether it has a size that one can have."""
        if isinstance(row.size, int) and 0 < row.size <= _HIGHEST:
            return True
        self._strange("audit_checkpoints", row.id, f"is a checkpoint of {row.size} rows, which is none")
        return False

    def _placed(self, batches: Iterator[list[tuple]]) -> Iterator[tuple]:
        """The rows that have a number that one can have."""
        for batch in batches:
            for row in batch:
                if isinstance(row[0], int) and self.upto < row[0] <= _HIGHEST:
                    yield row
                else:
                    self.faults.say(f"A row has the number {row[0]}, which was never given.", row[5])
                    self.strays.append((row[5], True))
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
        self.upto = row[0]
        try:
            self.proofs.written(row)
        except Bad as bad:
            self.faults.span("altered" if "altered" in bad.sentence else "foreign", row[0], row[0])
        if self._edge:
            if isinstance(row[2], bytes) and len(row[2]) == _LEAF_BYTES:
                self._edge.add(row[2])
            else:
                self._edge = None

    def _missing(self, upto: int) -> None:
        if upto > self.upto:
            self.faults.span("missing", self.upto + 1, upto)
            self.upto, self._edge = upto, None

    def _arrive(self, row: CheckpointRow) -> None:
        """The checkpoint is genuine, and of the rows that are here; from a genuine one on the tree is known again."""
        facts = (row.size, row.root, row.frontier, row.note, row.made_at)
        edge, first = self._signed_edge(row), self._sealed + 1
        if edge is None or not self.proofs.attested(row.id, "audit_checkpoints", self.clinic_id, self._chain, *facts):
            self.faults.say(f"The checkpoint of {row.size} rows was altered, or one between {self._sealed} and {row.size} rows"
                            " was taken out.", row.id)
        elif self._edge and self._edge.root() != row.root:
            self.faults.span("moved", first, row.size)
        self._edge, self._chain, self._sealed = edge, row.id, row.size

    def _signed_edge(self, row: CheckpointRow) -> Frontier | None:
        """The edge of the tree at a checkpoint, if that says what was signed."""
        tree, size = len(self.before) + 1, row.size - self._base
        try:
            edge = Frontier.read(size, row.frontier)
        except (Unverified, TypeError):
            return None
        return edge if edge.root() == row.root and self.proofs.signed(row, tree, size) else None

    def _unsealed(self) -> None:
        for batch in audit_scan.unsealed(self.stream, self.clinic_id):
            for row in batch:
                try:
                    self.proofs.written(row)
                except Bad as bad:
                    self.faults.say(bad.sentence, row[5])
                    self.strays.append((row[5], False))

    def _events(self) -> None:
        restored, passed = {at for at, _ in audit_scan.restores(self.stream)}, self.upto_event
        for number, id, kind, at in audit_scan.events(self.stream, self.clinic_id):
            if isinstance(number, int) and 0 < number <= passed:
                continue
            if not (isinstance(number, int) and self.upto_event < number <= _HIGHEST):
                self.faults.say(f"An event has the number {number}, which was never given.", id)
                self.loose.append(id)
                continue
            if number != self.upto_event + 1 and not (kind == happenings.RESTORED and at in restored):
                self.faults.say(f"Of the events those from number {self.upto_event + 1} to {number - 1} are missing.")
            self.upto_event = number

    def _elsewhere(self) -> None:
        """Notes kept elsewhere against the checkpoints that are here, whichever tree they are of."""
        there = Elsewhere(())
        there.forgive(self.before)
        for part in audit_scan.checkpoints(self.stream, self.clinic_id, -1, self.upto):
            for row in part:
                there.see(row)
        known = {each for broken in self.before for each in broken.heads}
        for note in self.notes:
            tree, size, root = head(note)
            if tree == len(self.before) + 1 and self._base + size < self._cut_upto:
                continue  # what it saw is gone, and rightly so
            if head(note) not in known and not (note.signed_by(self.proofs.publics) and there.tells(tree, size, root)):
                self.faults.say(f"An anchor holds a checkpoint of {size} rows that is not here, with the root {root}.")
                self.heads.append(head(note))
