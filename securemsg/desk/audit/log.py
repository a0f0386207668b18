"""Is the audit log as it was written? Every row, number, root and signature, for every clinic and the service itself."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain

import orjson

from securemsg.crypto.checkpoints import Note
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.audit import unseen
from securemsg.desk.audit.breaks import Break, Head
from securemsg.desk.audit.elsewhere import head
from securemsg.desk.audit.faults import Bad
from securemsg.desk.audit.given import given
from securemsg.desk.audit.proofs import Proofs
from securemsg.desk.audit.walk import Walk
from securemsg.desk.desk import Desk
from securemsg.store import audit_scan
from securemsg.store.database import Stream
from securemsg.store.ids import is_id
from securemsg.times import rfc3339

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_UNKNOWN = "an unknown day"
NOBODYS = ("Rows say that they are of the clinic {!r}, and none can have this id: they are no log, nobody can answer for them."
           " Whoever runs the database looks into who put them there, and takes them out.")
Progress = Callable[[int, int], None]  # rows checked so far, rows in all


@dataclass(frozen=True, slots=True)
class ClinicLog:
    """What was found in one clinic's log. Of the first bad row `number` and `id`, as far as there is one to name."""

    clinic: str
    clinic_id: str
    sealed: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    checkpoint: str = ""  # the newest, as a signed note
    made_at: int = 0
    cut_upto: int = 0  # rows up to this number are gone, by retention
    breaks: tuple[Break, ...] = ()  # rows before these stand as they were found, and not as they were written
    anchored: int = 0  # checkpoints of the anchor that it was compared with
    anchored_upto: int = 0  # rows up to this number are vouched for by the newest of these
    anchored_at: int = 0  # when that was signed
    waiting_id: str = ""  # the oldest row that is not sealed yet, and when it happened
    waiting_since: int = 0
    fault: str = ""
    number: int | None = None
    id: str | None = None

    @property
    def rows(self) -> int:
        return self.sealed + self.unsealed


@dataclass(frozen=True, slots=True)
class Report:
    """All clinics. `anchored` says whether there was an anchor, and `strange` counts notes of other services in it;
    `restores` says when this database was put back from an archive, and when that was made."""

    clinics: tuple[ClinicLog, ...]
    anchored: bool = False
    strange: int = 0
    restores: tuple[tuple[str, str], ...] = ()

    @property
    def intact(self) -> bool:
        return not self.first_fault

    @property
    def unseen(self) -> tuple[str, ...]:
        """What could not be seen, as sentences that go on after "it cannot be seen …"."""
        ends = [unseen.beyond(log.clinic, log.anchored_upto, log.anchored_at) for log in self.clinics] if self.anchored else []
        waits = [unseen.waiting(log.clinic, log.unsealed, log.waiting_since) for log in self.clinics if log.waiting_id]
        return (*chain.from_iterable(ends), *(() if self.anchored else unseen.UNSEEN), *waits)

    @property
    def first_fault(self) -> ClinicLog | None:
        return next((log for log in self.clinics if log.fault), None)

    @property
    def rows(self) -> int:
        return sum(log.rows for log in self.clinics)


def verify(desk: Desk, anchors: Iterable[str] = (), progress: Progress | None = None) -> Report:
    """Check all of it, in one view of the database. `anchors` are the texts in which checkpoints were kept elsewhere.

    Refused when an anchor has no checkpoint of this service in it.
    """
    texts = list(anchors)
    with desk.database.snapshot() as stream:
        report = _Check(desk, stream, progress or (lambda done, total: None)).all(texts)
    stuck = unseen.stuck(desk, {log.clinic_id: log.waiting_id for log in report.clinics if log.waiting_id and not log.fault})
    return replace(report, clinics=tuple(_blamed(log) if log.clinic_id in stuck else log for log in report.clinics))


def _blamed(log: ClinicLog) -> ClinicLog:
    fault = (f"{log.unsealed} rows wait for their seal, the first since {rfc3339(log.waiting_since)}, though a process leads that"
             " should seal them: until it does, whoever has the database can remove them unseen. Look into that process's log.")
    return replace(log, fault=fault, id=log.waiting_id)


def _of_nobody(clinic_id: str) -> ClinicLog:
    """In an SQLite file a row may say that it is of anything."""
    return ClinicLog("unknown", clinic_id, fault=NOBODYS.format(clinic_id))


def _restore(row: tuple) -> tuple[str, str]:
    """When, and of when the archive was; whether the row is genuine is for the walk to say."""
    at, objects = row
    try:
        made_at = str(dict(orjson.loads(objects))["made_at"])
        return rfc3339(at), made_at if _RFC_3339.fullmatch(made_at) else _UNKNOWN
    except (ValueError, TypeError, KeyError):
        return _UNKNOWN, _UNKNOWN


class _Check:
    """One run over one view."""

    def __init__(self, desk: Desk, stream: Stream, progress: Progress):
        self._desk, self._stream, self._progress = desk, stream, progress
        self._proofs = Proofs.of(desk)
        self._slugs = audit_scan.slugs(stream) | {SERVICE: "the service"}
        self._done, self._total = 0, audit_scan.count(stream)

    def all(self, anchors: list[str]) -> Report:
        here = audit_scan.clinic_ids(self._stream)
        notes = given(self._desk, anchors, {*here, *self._slugs}, self._proofs)
        logs = [self._one(clinic_id, notes.ours.get(clinic_id, [])) if is_id(clinic_id) else _of_nobody(clinic_id)
                for clinic_id in sorted({*here, *notes.ours})]
        return Report(tuple(logs), bool(anchors), notes.strange, self._restores())

    def _restores(self) -> tuple[tuple[str, str], ...]:
        return tuple(map(_restore, audit_scan.restores(self._stream)))

    def _one(self, clinic_id: str, anchored: list[Note]) -> ClinicLog:
        walk = Walk(self._stream, self._proofs, clinic_id, [note for note in anchored if self._is_ours(note)], self._tell)
        log = ClinicLog(self._slugs.get(clinic_id, "unknown"), clinic_id)
        bad = None
        try:
            walk.run()
            self._refuse_unsigned(anchored, {known for each in walk.breaks for known in each.heads})
        except Bad as found:
            bad = found.with_traceback(None)  # it would keep the cursor open at which it was raised
        newest = walk.newest
        log = replace(log, sealed=walk.sealed, unsealed=walk.unsealed, checkpoints=walk.checkpoints, cut_upto=walk.cut_upto,
                      checkpoint=newest.note if newest else "", made_at=newest.made_at if newest else 0,
                      anchored=walk.elsewhere.compared, anchored_upto=walk.elsewhere.upto,
                      anchored_at=walk.elsewhere.signed_at, breaks=tuple(walk.breaks),
                      waiting_id=walk.oldest[0], waiting_since=walk.oldest[1])
        return replace(log, fault=bad.sentence, number=bad.number, id=bad.id) if bad else log

    def _is_ours(self, note: Note) -> bool:
        return note.signed_by(self._proofs.publics)

    def _refuse_unsigned(self, notes: list[Note], known: set[Head]) -> None:
        """A note under our name that none of our keys signed is not passed over, unless it was known when a break was accepted:
        who exchanged the keys would like that."""
        for note in notes:
            if not self._is_ours(note) and head(note) not in known:
                raise Bad(f"The anchor holds a checkpoint of {note.checkpoint.size} rows that no key of this service signed: the"
                          " keys were exchanged, or the anchor was altered.", note.checkpoint.size)

    def _tell(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)
