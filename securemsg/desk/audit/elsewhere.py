"""Compare a log with notes of it that were kept elsewhere (anchors): each must be of the rows that are here."""

from collections.abc import Iterable

from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit.breaks import Break, Head
from securemsg.desk.audit.faults import Bad
from securemsg.store.audit import CheckpointRow


class Elsewhere:
    """One clinic's notes, their signatures checked. Those of the tree that is walked through are compared row by row, those of
    trees before it with the checkpoints that are left of these."""

    def __init__(self, notes: Iterable[Note]):
        self._left = sorted(notes, key=lambda note: (note.checkpoint.tree, note.checkpoint.size))
        self._seen: dict[tuple[int, int], set[str]] = {}  # by tree and size, the roots that checkpoints here tell
        self._base, self._tree, self._bases = 0, 1, {1: 0}
        self.compared = 0
        self.upto = 0  # rows up to this number are those of which the newest of the notes was made
        self.signed_at = 0  # when that was

    @property
    def due(self) -> int:
        """The size of the tree at which the next note is compared; 0 when none is left."""
        return self._left[0].checkpoint.size if self._left else 0

    def forgive(self, breaks: list[Break]) -> None:
        """What was known when a break was accepted is no news."""
        known = {head for each in breaks for head in each.heads}
        self._left = [note for note in self._left if head(note) not in known]
        self._bases = {1: 0} | {each.row.tree: each.row.upto_number for each in breaks}

    def see(self, row: CheckpointRow) -> None:
        """A checkpoint of before the newest break: what it says, and what was signed for it."""
        note = checkpoints.read(row.note)
        tree = note.checkpoint.tree if note else 0
        if note and row.size - self._bases.get(tree, -1) == note.checkpoint.size:
            self._seen.setdefault((tree, note.checkpoint.size), set()).add(note.checkpoint.root.hex())

    def tells(self, tree: int, size: int, root: str) -> bool:
        """Whether a checkpoint that was seen says the same."""
        return root in self._seen.get((tree, size), ())

    def begin(self, base: int, tree: int) -> None:
        """From here on it is this tree, behind row `base`. Bad for a note of one before that fits no checkpoint of it."""
        self._base, self._tree = base, tree
        while self._left and self._left[0].checkpoint.tree < tree:
            self._recall(self._left.pop(0))

    def _recall(self, note: Note) -> None:
        number, size, root = head(note)
        if not self.tells(number, size, root):
            raise Bad(f"The anchor holds a checkpoint of {size} rows from before the break that was accepted, and here is none"
                      " that says the same: this was not known when it was accepted.", self._bases.get(number, 0) + size)
        self.compared += 1
        self.upto = self._bases[number] + size

    def skip(self, size: int) -> None:
        """What notes of fewer rows saw is gone, and rightly so."""
        while self._left and self._left[0].checkpoint.size < size and self._left[0].checkpoint.tree == self._tree:
            self._left.pop(0)

    def compare(self, frontier: Frontier, newest: CheckpointRow | None) -> None:
        """Where the tree has the size of notes it must have their root as well."""
        while self._left and (self._left[0].checkpoint.tree, self.due) == (self._tree, frontier.size):
            if self._left[0].checkpoint.root != frontier.root():
                raise Bad(f"The anchor holds another root of the first {frontier.size} rows: after row {self.upto} the log was"
                          " written anew and signed with the service's own key.", self.upto + 1)
            self._left.pop(0)
            self.compared += 1
            self.upto = self._base + frontier.size
            self.signed_at = newest.made_at if newest and newest.size == self.upto else 0

    def end(self, size: int) -> None:
        """No anchor may have seen more than there is: `size` rows in this tree."""
        if self._left:
            note = self._left[0].checkpoint
            raise Bad(f"The anchor holds a checkpoint of {note.size} rows, and here are {size}: the end was cut off, or an older"
                      " database was put back.", self._base + size + 1)


def head(note: Note) -> Head:
    """What the note says."""
    return note.checkpoint.tree, note.checkpoint.size, note.checkpoint.root.hex()
