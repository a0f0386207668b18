"""What a survey of one log found: sentences for people, and what has to be moved out of the way before it can go on."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
    upto: int = 0  # the highest number that a row has, or that a checkpoint tells
    upto_event: int = 0
    cut_upto: int = 0  # rows up to this number are gone, by retention
    sums: Sums = field(default_factory=Sums)

    @property
    def base(self) -> int:
        """The last row that a break covers already."""
        return self.before[-1].row.upto_number if self.before else 0

    def stray(self, id: object, sentence: str, numbered: bool) -> None:
        self.faults.say(sentence, id)
        self.strays.append((id, numbered))

    def strangely(self, table: str, id: object, what: str) -> None:
        self.faults.say(f"A row of {table} {what}.", id)
        self.strange.append((table, id))

    def look_at_events(self, stream: Stream) -> None:
        """They are counted from 1 on, but for restores, which leap ahead."""
        restored, passed = {at for at, _ in audit_scan.restores(stream)}, self.upto_event
        for number, id, kind, at in audit_scan.events(stream, self.clinic_id):
            if isinstance(number, int) and 0 < number <= passed:
                continue
            if not (isinstance(number, int) and self.upto_event < number <= HIGHEST):
                self.faults.say(f"An event has the number {number}, which was never given.", id)
                self.loose.append(id)
                continue
            if number != self.upto_event + 1 and not (kind == happenings.RESTORED and at in restored):
                self.faults.say(f"Of the events those from number {self.upto_event + 1} to {number - 1} are missing.")
            self.upto_event = number

    def look_elsewhere(self, stream: Stream, notes: Iterable[Note]) -> None:
        """Notes kept elsewhere against the checkpoints that are here, whichever tree they are of."""
        there, known = Elsewhere(()), {each for broken in self.before for each in broken.heads}
        there.forgive(self.before)
        for part in audit_scan.checkpoints(stream, self.clinic_id, -1, self.upto):
            for row in part:
                there.see(row)
        for note in notes:
            tree, size, root = head(note)
            if tree == len(self.before) + 1 and self.base + size < self.cut_upto:
                continue  # what it saw is gone, and rightly so
            if head(note) not in known and not (note.signed_by(self.proofs.publics) and there.tells(tree, size, root)):
                self.faults.say(f"An anchor holds a checkpoint of {size} rows that is not here, with the root {root}.")
                self.heads.append(head(note))

    def add_up(self, stream: Stream) -> None:
        """What a break will cover, without what is moved before."""
        moved = {*(id for id, _ in self.strays), *(id for _, id in self.strange)}
        self.sums = breaks.summed(stream, self.clinic_id, self.upto, self.upto_event, lambda rows: None, without=moved)
