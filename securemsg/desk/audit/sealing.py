"""Seal the audit log: give its rows numbers, put their leaves into the clinic's tree, sign how far it reaches.

One process does this for all (the leader, store/lease.py), for every clinic and for the service itself. It picks rows
that have no number, never rows behind the last one: transactions commit later than they begin, and those would be missed.
Within a checkpoint rows stand in the order of their ids.
"""

import logging
import time
from dataclasses import dataclass, field
from functools import partial

from securemsg import times
from securemsg.crypto.audit_tree import Frontier
from securemsg.desk.audit import breaks
from securemsg.desk.audit.proofs import Proofs
from securemsg.desk.audit.signing import Signing, Tree, tree_of
from securemsg.desk.desk import Desk
from securemsg.errors import Conflict, Unavailable, Unverified
from securemsg.store import Lease, Tx, audit, audit_breaks, lease
from securemsg.store.audit import CheckpointRow
from securemsg.store.ids import first_id, is_id
from securemsg.times import HOUR

_BATCH_ROWS = 250  # a few milliseconds of SQLite's one writer
_RECENT = HOUR  # most looks ask for rows of the last hour: before them PostgreSQL's index has many dead entries
_LOOK_BACK_SECONDS = 20
_log = logging.getLogger("securemsg")


@dataclass
class Sealer:
    """Whoever leads seals; everybody else asks at each look whether the lead is free."""

    desk: Desk
    lease: Lease = field(init=False)
    newest: dict[str, CheckpointRow] = field(default_factory=dict)  # what this leader signed last, by clinic
    notes: dict[str, str] = field(default_factory=dict)  # for the anchors: also what others signed before it
    under: dict[str, str] = field(default_factory=dict)  # the break behind which that was, "" for none
    altered: set[str] = field(default_factory=set)
    breaks: dict[str, str] = field(default_factory=dict)  # of those, the newest break as it was then: another one lets it go on
    failing: dict[str, str] = field(default_factory=dict)  # by clinic, what went wrong when it was last tried
    _look_back_at: float = 0.0
    _led: bool = False

    def __post_init__(self) -> None:
        self.lease = lease(self.desk.database)

    def look(self, seconds: float = 0.2) -> bool:
        """Seal what waits, for so many seconds at most; whether there is more. What one clinic's rows do stops no other's."""
        end, done = time.monotonic() + seconds, set[str]()
        while self._leads():
            since, found = self._waiting()
            waiting = sorted({*found} - done, key=lambda clinic_id: clinic_id in self.failing)
            done.update(clinic_id for clinic_id in waiting if not self._got_on(clinic_id, since))
            if not {*waiting} - done or time.monotonic() >= end:
                return bool({*waiting} - done)
        return False

    def close(self) -> None:
        """Let another process lead."""
        self.lease.release()

    def _leads(self) -> bool:
        """Who comes to lead trusts nothing that it did not seal itself, and hands on what was sealed last."""
        led, self._led = self._led, self.lease.held()
        if not led or not self._led:
            self.newest, self.under, self.altered, self.failing, self._look_back_at, self.notes = {}, {}, set(), {}, 0.0, {}
        if self._led and not led and self.desk.settings.anchors:
            self.notes = {row.clinic_id: row.note for row in self.lease.read(audit.newest_checkpoints)}
        return self._led

    def _waiting(self) -> tuple[str, list[str]]:
        """The clinics to seal for, and the id from which on their rows count."""
        if time.monotonic() >= self._look_back_at:
            since, found = audit.FIRST_ID, self.lease.read(audit.waiting_ever)
            self.altered -= self.lease.read(self._accepted)
            self._look_back_at = time.monotonic() + _LOOK_BACK_SECONDS
        else:
            since = first_id(times.now() - _RECENT)
            found = self.lease.read(partial(audit.waiting, since=since))
        return since, [clinic_id for clinic_id in found if clinic_id not in self.altered and is_id(clinic_id)]

    def _accepted(self, tx: Tx) -> set[str]:
        """Of the altered logs those that somebody answers for since."""
        return {clinic_id for clinic_id in self.altered if _break_id(tx, clinic_id) != self.breaks.get(clinic_id)}

    def _got_on(self, clinic_id: str, since: str) -> bool:
        """Whether there may be more to do for this clinic. Events by themselves: they are no part of what is sealed."""
        more = False
        try:
            more = self._seal(clinic_id, since)
            more = (clinic_id not in self.altered and self.lease.write(partial(_number_events, clinic_id, since))) or more
            self.failing.pop(clinic_id, None)
        except Unavailable:
            self.failing[clinic_id] = Unavailable.__name__  # it comes last from now on, if it is the only one
            raise
        except Exception as error:
            self._fails(clinic_id, type(error).__name__)
        return more

    def _seal(self, clinic_id: str, since: str) -> bool:
        """One batch; whether anything was sealed. An altered log is not sealed over: that would hide what was done to it."""
        before = self.newest.pop(clinic_id, None)  # if this fails, nobody knows whether it was committed
        batch = _Batch(self.desk, clinic_id, since, before, self.under.get(clinic_id, ""))
        try:
            made = self.lease.write(batch.write)
        except Unverified:
            self.altered.add(clinic_id)
            self.breaks[clinic_id] = batch.break_id
            if before:  # nothing was committed: who puts rows in and out gains nothing
                self.newest[clinic_id] = before
            _log.error("an audit log was altered and is not sealed any more: run `securemsg audit verify`",
                       extra={"clinic_id": clinic_id})
            return False
        if made:
            self.newest[clinic_id], self.under[clinic_id], self.notes[clinic_id] = made, batch.break_id, made.note
        return made is not None and made != before

    def _fails(self, clinic_id: str, error: str) -> None:
        """It is tried again at every look, and told once."""
        if self.failing.get(clinic_id) != error:
            _log.error("an audit log or its events cannot be numbered: run `securemsg audit verify`",
                       extra={"clinic_id": clinic_id, "error": error})
        self.failing[clinic_id] = error


class _Batch:
    """One transaction. All that it needs of the keys is opened before it."""

    def __init__(self, desk: Desk, clinic_id: str, since: str, before: CheckpointRow | None, under: str):
        """`before` is the checkpoint that was signed last here, if that is known, `under` the break behind which it is."""
        self._clinic_id, self._since, self._now = clinic_id, since, desk.clock()
        self._before, self._under, self.break_id = before, under, under
        self.signing, self._proofs = Signing.of(desk, clinic_id), Proofs.of(desk)

    def write(self, tx: Tx) -> CheckpointRow | None:
        """The newest checkpoint, whether or not there was something to seal. Unverified when the log was altered."""
        broken = audit_breaks.newest(tx, self._clinic_id)  # first: one that is accepted from now on counts as another
        self.break_id = broken.id if broken else ""
        newest, tree = audit.newest_checkpoint(tx, self._clinic_id), Tree.of(broken)
        frontier = self._goes_on(tx, newest, tree)
        rows = audit.number(tx, "audit", self._clinic_id, tree.base + frontier.size, self._since, _BATCH_ROWS)
        _refuse_gaps(rows, tree.base + frontier.size)
        if not rows:
            return newest
        for row in rows:
            frontier.add(row.leaf)
        made = self.signing.checkpoint(tx, tree, frontier, newest.id if newest else "", self._now)
        audit.insert_checkpoint(tx, made)
        return made

    def _goes_on(self, tx: Tx, newest: CheckpointRow | None, tree: Tree) -> Frontier:
        """The edge of the tree as it was signed, and not as somebody left it."""
        frontier = Frontier.read(newest.size - tree.base, newest.frontier) if newest else Frontier()
        before = self._before if self.break_id == self._under else None
        if before is None and not self._begins(tx, tree):
            raise Unverified
        if newest != before and (before or newest is None or not self._is_signed(newest, frontier, tree)):
            raise Unverified
        if audit.last_number(tx, "audit", self._clinic_id) != tree.base + frontier.size:
            raise Unverified
        return frontier

    def _begins(self, tx: Tx, tree: Tree) -> bool:
        """Whether the break is ours, and no earlier one than that behind which it sealed: then somebody took one out."""
        known = [each.row.id for each in breaks.genuine(audit_breaks.of_clinic(tx, self._clinic_id), self._proofs)]
        return (known or [""])[-1] == self.break_id and (self._before is None or tree.number >= tree_of(self._before))

    def _is_signed(self, newest: CheckpointRow, frontier: Frontier, tree: Tree) -> bool:
        return newest.root == frontier.root() and self._proofs.signed(newest, tree.number, frontier.size)


def _break_id(tx: Tx, clinic_id: str) -> str:
    """The newest break's, "" where there is none."""
    newest = audit_breaks.newest(tx, clinic_id)
    return newest.id if newest else ""


def _number_events(clinic_id: str, since: str, tx: Tx) -> bool:
    """One batch; whether there was one."""
    given = audit.last_number(tx, "events", clinic_id)
    events = audit.number(tx, "events", clinic_id, given, since, _BATCH_ROWS)
    _refuse_gaps(events, given)
    return bool(events)


def _refuse_gaps(rows: list, after: int) -> None:
    """Somebody else numbered some of them at the same time: then nothing of this is kept."""
    if [row.number for row in rows] != list(range(after + 1, after + 1 + len(rows))):
        raise Conflict
