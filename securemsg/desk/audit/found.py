"""What a survey of one log found: sentences for people, and what has to be moved out of the way before it can go on."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Note
from securemsg.desk.audit import breaks
from securemsg.desk.audit.breaks import Break, Head, Sums
from securemsg.desk.audit.elsewhere import Elsewhere, head
from securemsg.desk.audit.listing import Listing
from securemsg.desk.audit.proofs import Proofs
from securemsg.store import audit_scan, happenings
from securemsg.store.database import Stream

HIGHEST = 2**53  # a higher number was never given, and JSON could not hold it


@dataclass
class Found:
    """`strays` are rows (id, whether they have a number) that have no place in the log, `strange` other rows (table, id) that are
    in the way of going on, `loose` events without a place; all of them are named among the `faults`."""

    proofs: Proofs
    clinic_id: str
    faults: Listing = field(default_factory=Listing)
    before: list[Break] = field(default_factory=list)
    strays: list[tuple[object, bool]] = field(default_factory=list)
    strange: list[tuple[str, object]] = field(default_factory=list)
    loose: list[object] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)  # of notes kept elsewhere that do not fit
    upto: int = 0  # the highest number that a row has, or that a genuine checkpoint tells
    edge: Frontier | None = None  # of the tree at row `upto`, where all of it is known
    chain: str = ""  # the id of the newest checkpoint, or of the break where there is none behind it
    highest_tree: int = 1  # of those of which something that this service signed tells
    upto_event: int = 0
    cut_upto: int = 0  # rows up to this number are gone, by retention
    sums: Sums = field(default_factory=Sums)

    @property
    def base(self) -> int:
        """The last row that a break covers already."""
        return self.before[-1].row.upto_number if self.before else 0

    @property
    def tree(self) -> int:
        """The number of the one behind that."""
        return self.before[-1].row.tree if self.before else 1

    @property
    def next_tree(self) -> int:
        """The one that begins behind what was found: none that was ever signed has this number."""
        return 1 + max(self.tree, self.highest_tree)

    def signed(self, note: Note | None) -> bool:
        """Whether this service signed it, for this log; what it tells of is not told of again."""
        if note is None or note.checkpoint.clinic_id != self.clinic_id or not note.signed_by(self.proofs.publics):
            return False
        self.highest_tree = max(self.highest_tree, note.checkpoint.tree)
        return True

    def stray(self, id: object, sentence: str, numbered: bool) -> None:
        self.faults.say(sentence, id)
        self.strays.append((id, numbered))

    def strangely(self, table: str, id: object, what: str) -> None:
        self.faults.say(f"A row of {table} {what}.", id)
        self.strange.append((table, id))

    def look_at_events(self, stream: Stream) -> None:
        """They are counted from 1 on, but for restores, which leap ahead."""
        restored, passed = {at for at, _ in audit_scan.restores(stream)}, self.upto_event
        count = audit_scan.count_of(stream, "events", self.clinic_id)
        most = passed + count
        for number, id, kind, at in audit_scan.events(stream, self.clinic_id):
            if isinstance(number, int) and 0 < number <= passed:
                continue
            leaps = kind == happenings.RESTORED and at in restored
            if not (isinstance(number, int) and self.upto_event < number <= (HIGHEST if leaps else most)):
                self.faults.say(f"An event has the number {number}, which was never given.", id)
                self.loose.append(id)
                continue
            if number != self.upto_event + 1 and not leaps:
                self.faults.say(f"Of the events those from number {self.upto_event + 1} to {number - 1} are missing.")
            self.upto_event, most = number, number + count if leaps else most

    def look_elsewhere(self, stream: Stream, notes: Iterable[Note]) -> None:
        """Notes kept elsewhere against the checkpoints that are here, whichever tree they are of."""
        there, known = Elsewhere(()), {each for broken in self.before for each in broken.heads}
        there.forgive(self.before)
        for part in audit_scan.checkpoints(stream, self.clinic_id, -1, self.upto):
            for row in part:
                there.see(row)
        for note in notes:
            tree, size, root = head(note)
            ours = self.signed(note)
            if tree == self.tree and self.base + size < self.cut_upto:
                continue  # what it saw is gone, and rightly so
            if head(note) not in known and not (ours and there.tells(tree, size, root)):
                self.faults.say(f"An anchor holds a checkpoint of {size} rows that is not here, with the root {root}.")
                self.heads.append(head(note))

    def add_up(self, stream: Stream) -> None:
        """What a break will cover, without what is moved before."""
        moved = {*(id for id, _ in self.strays), *(id for _, id in self.strange)}
        self.sums = breaks.summed(stream, self.clinic_id, self.upto, self.upto_event, lambda rows: None, without=moved)
