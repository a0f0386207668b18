"""Walk through one clinic's log from its first row to its last, and stop at the first thing that is not as it was written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from securemsg.crypto import audit_tree, checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit.faults import Bad, event_gap, gap, name, out_of_place
from securemsg.errors import Unverified
from securemsg.store import audit_scan, happenings
from securemsg.store.audit import CheckpointRow
from securemsg.store.database import Stream


@dataclass(frozen=True, slots=True)
class Proofs:
    """The service's keys, all versions of them: for MACs by version, for signatures the public ones."""

    audit: dict[int, bytes] = field(repr=False)
    publics: tuple[bytes, ...]

    def attested(self, id: str, *facts: object) -> bool:
        """Whether one of our audit keys made this id for these facts."""
        return any(id == checkpoints.attested_id(key, *facts) for key in self.audit.values())


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
    compared: int = 0  # of the notes kept elsewhere
    anchored_upto: int = 0  # rows up to this number are those of which the newest of these was made
    anchored_at: int = 0  # when it was signed
    _frontier: Frontier = field(default_factory=Frontier)
    _span: list[str] = field(default_factory=list)  # the ids of the rows since the last checkpoint

    def __post_init__(self) -> None:
        self._waiting = iter(sorted(self.anchored, key=lambda note: note.checkpoint.size))
        self._anchor = next(self._waiting, None)

    @property
    def sealed(self) -> int:
        return self._frontier.size - self.cut_upto

    def run(self) -> None:
        """To the end, or Bad."""
        self._begin()
        after = None  # the first part has every row, so that none is left below the cut, or below 1
        for part in audit_scan.checkpoints(self.stream, self.clinic_id, self.cut_upto or -1):
            self._rows(audit_scan.sealed(self.stream, self.clinic_id, after, part[-1].size), iter(part))
            after = self._frontier.size
        self._end(after)
        for batch in audit_scan.unsealed(self.stream, self.clinic_id):
            for row in batch:
                self._own(row)
            self.unsealed += len(batch)
            self.oldest = self.oldest if self.oldest[0] else (batch[0][5], batch[0][6])
            self.tell(len(batch))
        self._events()

    def _begin(self) -> None:
        """Where retention cut rows off, the edge of the tree there is all that is left of them."""
        cut = audit_scan.newest_cut(self.stream, self.clinic_id)
        if cut is None:
            return
        id, upto, root, cut_at = cut
        if not isinstance(upto, int):
            raise Bad("The row that says where the log was cut off was altered.")
        row = next((part[0] for part in audit_scan.checkpoints(self.stream, self.clinic_id, upto - 1)), None)
        if row is None or not self.proofs.attested(id, "audit_cuts", self.clinic_id, upto, root, cut_at, row.id):
            raise Bad(f"The log was cut off up to row {upto}, and not by this service.", upto)
        self._signed(row, upto)
        self._frontier = _edge(row)
        if (row.size, self._frontier.root()) != (upto, root):
            raise Bad(f"The checkpoint at which the log was cut off, that of {upto} rows, was altered.", upto)
        self.newest, self.cut_upto, self.checkpoints = row, upto, 1
        while self._anchor and self._anchor.checkpoint.size < upto:  # what those saw is gone, and rightly so
            self._anchor = next(self._waiting, None)
        if self._anchor and self._anchor.checkpoint.size == upto:
            self._compare()

    def _rows(self, batches: Iterator[list[tuple]], coming: Iterator[CheckpointRow]) -> None:
        """Rows in the order of their numbers, up to the last of the checkpoints that are `coming`."""
        frontier, span, aim = self._frontier, self._span, next(coming, None)
        for batch in batches:
            for row in batch:
                if row[0] != frontier.size + 1:
                    raise gap(row, frontier.size + 1)
                frontier.add(self._own(row))
                span.append(row[5])
                while aim and frontier.size == aim.size:
                    self._arrive(aim)
                    aim = next(coming, None)
                if self._anchor and frontier.size == self._anchor.checkpoint.size:
                    self._compare()
            self.tell(len(batch))
        if aim:
            raise Bad(f"Row {frontier.size + 1} is missing.", frontier.size + 1)

    def _own(self, row: tuple) -> bytes:
        """The row's leaf, if it is as this service wrote it."""
        number, period, leaf, mac = row[:4]
        facts, id, key = row[4:], row[5], self.proofs.audit.get(period)
        if leaf != audit_tree.leaf(facts):
            raise Bad(f"{name(number)} was altered.", number, id)
        if key is None or mac != audit_tree.mac(key, str(id), leaf):
            raise Bad(f"{name(number)} was not written by this service: its MAC does not fit.", number, id)
        return leaf

    def _arrive(self, row: CheckpointRow) -> None:
        """The tree has the size of a checkpoint: it must have its root as well."""
        self._signed(row, row.size)
        before = self.newest
        facts = (row.size, row.root, row.frontier, row.note, row.made_at)
        if not self.proofs.attested(row.id, "audit_checkpoints", self.clinic_id, before.id if before else "", *facts):
            raise Bad(f"The checkpoint of {row.size} rows was altered, or one between {before.size if before else 0} and"
                      f" {row.size} rows was taken out.", row.size)
        if row.root != self._frontier.root():
            raise out_of_place(self._span, before.size if before else 0)
        self._span.clear()
        self.newest = row
        self.checkpoints += 1

    def _signed(self, row: CheckpointRow, size: int) -> None:
        note = checkpoints.read(row.note)
        said = note and (note.checkpoint.clinic_id, note.checkpoint.size, note.checkpoint.root)
        if note is None or said != (self.clinic_id, size, row.root) or not note.signed_by(self.proofs.publics):
            raise Bad(f"The checkpoint of {size} rows was altered: it does not say what was signed.", size)

    def _compare(self) -> None:
        """The tree has the size of notes in the anchor: it must have their root as well."""
        size, root = self._frontier.size, self._frontier.root()
        while self._anchor and self._anchor.checkpoint.size <= size:
            if self._anchor.checkpoint.root != root:
                raise Bad(f"The anchor holds another root of the first {size} rows: after row {self.anchored_upto} the log was"
                          " written anew and signed with the service's own key.", self.anchored_upto + 1)
            self._anchor = next(self._waiting, None)
            self.compared += 1
        self.anchored_upto = size
        self.anchored_at = self.newest.made_at if self.newest and self.newest.size == size else 0

    def _events(self) -> None:
        """They are numbered 1, 2, 3 …: who follows them, or numbers them, goes on from the highest. Each restore leaps ahead, at
        the time at which the service's own log tells of it."""
        restored, expected = {at for at, _ in audit_scan.restores(self.stream)}, 1
        for number, id, kind, at in audit_scan.events(self.stream, self.clinic_id):
            leaps = kind == happenings.RESTORED and at in restored and isinstance(number, int) and number > expected
            if number != expected and not leaps:
                raise event_gap(number, id, expected)
            expected = number + 1

    def _end(self, after: int | None) -> None:
        """Nothing may have a number beyond the last checkpoint, and no anchor may have seen more than there is."""
        size = self._frontier.size
        for batch in audit_scan.sealed(self.stream, self.clinic_id, after, None):
            number, id = batch[0][0], batch[0][5]
            raise Bad(f"{name(number)} is beyond the last checkpoint: the newest one was taken out.", number, id)
        if self._anchor:
            raise Bad(f"The anchor holds a checkpoint of {self._anchor.checkpoint.size} rows, and here are {size}: the end was"
                      " cut off, or an older database was put back.", size + 1)


def _edge(row: CheckpointRow) -> Frontier:
    try:
        return Frontier.read(row.size, row.frontier)
    except Unverified:
        return Frontier()
