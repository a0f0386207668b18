"""After something is not as it was written: somebody answers for the log as it stands, and it goes on behind that.

Nothing that was found is put right or taken away. What is accepted is held in a row that only this service can write (breaks.py)
and in the first row of the tree that begins behind it; every later check tells of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.desk.access import Who
from securemsg.desk.audit import answering, breaks
from securemsg.desk.audit.answering import Answer
from securemsg.desk.audit.breaks import Sums
from securemsg.desk.audit.faults import Bad
from securemsg.desk.audit.found import Found
from securemsg.desk.audit.given import given
from securemsg.desk.audit.log import Progress
from securemsg.desk.audit.proofs import Proofs
from securemsg.desk.audit.signing import Signing, Tree
from securemsg.desk.audit.since import goes_on
from securemsg.desk.audit.survey import Survey
from securemsg.desk.audit.walk import Walk
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Conflict, Refused
from securemsg.store import Tx, audit, audit_breaks, audit_scan
from securemsg.store.audit import AuditRow
from securemsg.store.audit_breaks import BreakRow
from securemsg.store.database import columns

_MOST = 20_000  # rows that may have been sealed since the look
_MOVED = "The log has changed since it was looked at. Please run this again."
_NOTHING = "This log is as it was written, but for breaks that were accepted already: there is nothing to accept."


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in one log; `slug` is the clinic's, "" of the service's own and of a clinic that is not there."""

    clinic_id: str
    slug: str
    found: Found

    @property
    def faults(self) -> tuple[str, ...]:
        return self.found.faults.told


def look(desk: Desk, name: str, anchors: Iterable[str], progress: Progress) -> Look:
    """All that is not as it was written in the log of a clinic, by its short name or id; `name` "" is the service's own log.

    Missing where there is no such log, Refused where nothing is wrong with it, and for anchors as by log.verify.
    """
    clinic_id, slug = answering.named(desk, name)
    proofs, done = Proofs.of(desk), 0

    def tell(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done, total)

    with desk.database.snapshot() as stream:
        total = 2 * audit_scan.count(stream)
        known = {*audit_scan.clinic_ids(stream), *audit_scan.slugs(stream)}
        notes = given(desk, anchors, known, proofs).ours.get(clinic_id, [])
        found = Found(proofs, clinic_id)
        Survey(stream, found, tell).run(notes)
        walk = Walk(stream, proofs, clinic_id, (), tell)
        try:
            walk.run()
        except Bad as bad:
            if not found.faults.told:
                found.faults.say(bad.sentence, bad.id)
    if not found.faults.told:
        raise Refused(_NOTHING)
    return Look(clinic_id, slug, found)


def accept(desk: Desk, found: Look, email: str, reason: str, now: int) -> BreakRow:
    """Go on behind what was found. Refused without a reason, or for an address of nobody who may answer for it; Conflict when
    somebody else did in between, or the log changed."""
    made = _Break(desk, found, answering.answer(desk, found.slug, email, reason), now)
    return desk.database.write(made.write)


class _Break:
    """One transaction; all that it needs of the keys is opened before it."""

    def __init__(self, desk: Desk, found: Look, by: Answer, now: int):
        self._found, self._clinic_id, self._person_id, self._now = found.found, found.clinic_id, by.person_id, now
        self._faults, self._signing = found.faults, Signing.of(desk, found.clinic_id)
        self._tree, self._before_id = self._found.next_tree, next((each.row.id for each in self._found.before[-1:]), "")
        self._row: AuditRow = entry(
            desk, Who("service", found.clinic_id), breaks.ACTION, "audit", None, now, event=False,
            objects=self._listed(found, by.reason), detail={"reason": by.reason} if found.slug else None).audit

    def _listed(self, found: Look, reason: str) -> tuple[tuple[str, str], ...]:
        """What the row of the log holds. The service's own log has no key of a clinic to seal a reason with."""
        told = found.found.sums.told()
        return (("tree", str(self._tree)), ("upto", str(found.found.upto)), ("upto_event", str(found.found.upto_event)),
                *((f"sha256_of_{name}", told[name]) for name in told), ("person", self._person_id),
                *(("fault", fault) for fault in self._faults), *(() if found.slug else (("reason", reason),)))

    def write(self, tx: Tx) -> BreakRow:
        for table, id in self._found.strange:
            audit_breaks.set_aside(tx, table, self._clinic_id, id)
        newest = audit_breaks.newest(tx, self._clinic_id)
        if (newest.id if newest else "") != self._before_id:
            raise Conflict("Somebody else accepted a break of this log in the meantime. Look at it again.")
        sums, upto = self._up_to_now(tx)
        upto = self._place(tx, sums, upto)
        for id in self._found.loose:
            audit_breaks.unnumber_event(tx, self._clinic_id, id)
        row = self._broken(sums, upto)
        if not audit_breaks.insert(tx, row):
            raise Conflict(_MOVED)
        frontier = Frontier()
        frontier.add(self._row.leaf)
        audit.insert_checkpoint(tx, self._signing.checkpoint(tx, Tree(self._tree, upto), frontier, row.id, self._now))
        return row

    def _up_to_now(self, tx: Tx) -> tuple[Sums, int]:
        """What was sealed since the look belongs to it, if all of it is genuine and none is missing."""
        for id, numbered in self._found.strays:
            if not audit_breaks.unnumber(tx, self._clinic_id, id, numbered):
                raise Conflict(_MOVED)
        sums, upto = self._found.sums.copy(), self._found.upto
        rows = audit_breaks.rows_after(tx, self._clinic_id, upto, _MOST)
        made = audit_breaks.checkpoints_after(tx, self._clinic_id, upto, _MOST)
        if len(rows) == _MOST or not goes_on(self._found, rows, made):
            raise Conflict(_MOVED)
        sums.add_rows(rows)
        sums.add_checkpoints(made)
        return sums, upto + len(rows)

    def _place(self, tx: Tx, sums: Sums, upto: int) -> int:
        """Strays are the last rows before the break, and the row that accepts it the first behind. That one comes first into the
        place that whoever seals at this moment would give next: only one of both succeeds."""
        if not tx.insert("audit", number=upto + 1, **columns(self._row), or_nothing=True):
            raise Conflict(_MOVED)
        last = upto + len(self._found.strays)
        audit_breaks.number(tx, self._clinic_id, self._row.id, last + 1)
        for number, (id, _) in enumerate(self._found.strays, upto + 1):
            audit_breaks.number(tx, self._clinic_id, id, number)
        sums.add_rows(audit_breaks.rows_after(tx, self._clinic_id, upto, last - upto))
        return last

    def _broken(self, sums: Sums, upto: int) -> BreakRow:
        found = orjson.dumps({"faults": self._faults, "person": self._person_id, "row": self._row.id, "sums": sums.told(),
                              "heads": self._found.heads}).decode()
        row = BreakRow(self._clinic_id, "", self._tree, upto, self._found.upto_event, found, self._now)
        id = checkpoints.attested_id(self._signing.audit_key, *breaks.attested_as(row, self._before_id))
        return replace(row, id=id)
