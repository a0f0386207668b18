"""Walk through one clinic's log from its first row to its last, and stop at the first thing that is not as it was written.

Behind a break that somebody answers for it begins anew, once it is clear that what lies before stands as it was found then.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit import breaks
from securemsg.desk.audit.breaks import Break
from securemsg.desk.audit.elsewhere import Elsewhere
from securemsg.desk.audit.faults import Bad, event_gap, gap, name, out_of_place
from securemsg.desk.audit.proofs import Proofs
from securemsg.errors import Unverified
from securemsg.store import audit_scan, happenings
from securemsg.store.audit import CheckpointRow
from securemsg.store.database import Stream


@dataclass
class Walk:
    """One clinic's log. `anchored` are notes kept elsewhere, their signatures checked; `tell` hears how many rows passed."""

    stream: Stream
    proofs: Proofs
    clinic_id: str
    anchored: Iterable[Note]
    tell: Callable[[int], None]
    unsealed: int = 0
    oldest: tuple[str, int] = ("", 0)  # the id of the first of them, and when it happened
    checkpoints: int = 0
    newest: CheckpointRow | None = None
    cut_upto: int = 0
    breaks: list[Break] = field(default_factory=list)
    _base: int = 0  # the last row before the tree that is walked through
    _begun: str = ""  # the id of the break before it
    _tree: int = 1
    _frontier: Frontier = field(default_factory=Frontier)
    _span: list[str] = field(default_factory=list)  # the ids of the rows since the last checkpoint

    def __post_init__(self) -> None:
        self.elsewhere = Elsewhere(self.anchored)

    @property
    def sealed(self) -> int:
        return self._base + self._frontier.size - max(self.cut_upto, self._base)

    def run(self) -> None:
        """To the end, or Bad."""
        self._begin()
        after = self._base or None  # the first part has every row, so that none is left below the cut, or below 1
        for part in audit_scan.checkpoints(self.stream, self.clinic_id, max(self.cut_upto, self._base) or -1):
            self._rows(audit_scan.sealed(self.stream, self.clinic_id, after, part[-1].size), iter(part))
            after = self._base + self._frontier.size
        self._end(after)
        for batch in audit_scan.unsealed(self.stream, self.clinic_id):
            for row in batch:
                self.proofs.written(row)
                breaks.refuse_taken_out(row, None)
            self.unsealed += len(batch)
            self.oldest = self.oldest if self.oldest[0] else (batch[0][5], batch[0][6])
            self.tell(len(batch))
        self._events()

    def _begin(self) -> None:
        """Behind the newest break; and where retention cut rows off, the edge of the tree there is all that is left of them."""
        self.breaks = breaks.known(self.stream, self.proofs, self.clinic_id)
        if self.breaks:
            self._behind(self.breaks[-1])
        self.elsewhere.begin(self._base, self._tree)
        cut = audit_scan.newest_cut(self.stream, self.clinic_id)
        if cut is None or (isinstance(cut[1], int) and cut[1] <= self._base):
            return
        id, upto, root, cut_at = cut
        if not isinstance(upto, int):
            raise Bad("The row that says where the log was cut off was altered.")
        row = next((part[0] for part in audit_scan.checkpoints(self.stream, self.clinic_id, upto - 1)), None)
        if row is None or not self.proofs.attested(id, "audit_cuts", self.clinic_id, upto, root, cut_at, row.id):
            raise Bad(f"The log was cut off up to row {upto}, and not by this service.", upto)
        self._signed(row, upto)
        self._frontier = _edge(row, self._base)
        if (row.size, self._frontier.root()) != (upto, root):
            raise Bad(f"The checkpoint at which the log was cut off, that of {upto} rows, was altered.", upto)
        self.newest, self.cut_upto, self.checkpoints = row, upto, 1
        self.elsewhere.skip(self._frontier.size)
        self.elsewhere.compare(self._frontier, self.newest)

    def _behind(self, newest: Break) -> None:
        self._base, self._begun, self._tree = newest.row.upto_number, newest.row.id, newest.row.tree
        self.elsewhere.forgive(self.breaks)
        sums = breaks.summed(self.stream, self.clinic_id, self._base, newest.row.upto_event, self.tell, self.elsewhere.see)
        breaks.refuse_altered(newest, sums)

    def _rows(self, batches: Iterator[list[tuple]], coming: Iterator[CheckpointRow]) -> None:
        """Rows in the order of their numbers, up to the last of the checkpoints that are `coming`."""
        frontier, span, aim, number = self._frontier, self._span, next(coming, None), self._base + self._frontier.size
        newest = next(reversed(self.breaks), None)
        for batch in batches:
            for row in batch:
                number += 1
                if row[0] != number:
                    raise gap(row, number)
                frontier.add(self.proofs.written(row))
                breaks.refuse_taken_out(row, newest)
                span.append(row[5])
                while aim and number == aim.size:
                    self._arrive(aim)
                    aim = next(coming, None)
                if frontier.size == self.elsewhere.due:
                    self.elsewhere.compare(frontier, self.newest)
            self.tell(len(batch))
        if aim:
            raise Bad(f"Row {number + 1} is missing.", number + 1)

    def _arrive(self, row: CheckpointRow) -> None:
        """The tree has the size of a checkpoint: it must have its root as well."""
        self._signed(row, row.size)
        before, at = self.newest, self.newest.size if self.newest else self._base
        facts = (row.size, row.root, row.frontier, row.note, row.made_at)
        if not self.proofs.attested(row.id, "audit_checkpoints", self.clinic_id, before.id if before else self._begun, *facts):
            raise Bad(f"The checkpoint of {row.size} rows was altered, or one between {at} and {row.size} rows was taken out.",
                      row.size)
        if row.root != self._frontier.root():
            raise out_of_place(self._span, at)
        self._span.clear()
        self.newest = row
        self.checkpoints += 1

    def _signed(self, row: CheckpointRow, size: int) -> None:
        if not self.proofs.signed(row, self._tree, size - self._base):
            raise Bad(f"The checkpoint of {size} rows was altered: it does not say what was signed.", size)

    def _events(self) -> None:
        """They are numbered 1, 2, 3 …: who follows them, or numbers them, goes on from the highest. Each restore leaps ahead, at
        the time at which the service's own log tells of it."""
        restored = {at for at, _ in audit_scan.restores(self.stream)}
        passed = self.breaks[-1].row.upto_event if self.breaks else 0
        expected = passed + 1
        for number, id, kind, at in audit_scan.events(self.stream, self.clinic_id):
            if isinstance(number, int) and 0 < number <= passed:
                continue
            leaps = kind == happenings.RESTORED and at in restored and isinstance(number, int) and number > expected
            if number != expected and not leaps:
                raise event_gap(number, id, expected)
            expected = number + 1

    def _end(self, after: int | None) -> None:
        """Nothing may have a number beyond the last checkpoint, and no anchor may have seen more than there is."""
        for batch in audit_scan.sealed(self.stream, self.clinic_id, after, None):
            number, id = batch[0][0], batch[0][5]
            raise Bad(f"{name(number)} is beyond the last checkpoint: the newest one was taken out.", number, id)
        self.elsewhere.end(self._frontier.size)


def _edge(row: CheckpointRow, base: int) -> Frontier:
    try:
        return Frontier.read(row.size - base, row.frontier)
    except Unverified:
        return Frontier()
