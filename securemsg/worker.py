"""What goes on beside the requests: send the replies that are due, hear of revocations and write them down, seal the audit log,
expire what is old, erase what has been kept long enough, keep the process that delivers running."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from securemsg import logs
from securemsg.courier import Courier
from securemsg.desk import Desk, sending
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.audit import anchors
from securemsg.desk.audit.sealing import Sealer
from securemsg.desk.erasing.nightly import Nightly
from securemsg.desk.keys.apart import TELL_SECONDS, Telling
from securemsg.desk.system import tokens
from securemsg.desk.system.events import Bell
from securemsg.errors import Error
from securemsg.live import Signal
from securemsg.store import Tx, attempts, deliveries, idempotency, outbox, people, returns
from securemsg.times import DAY, SECOND, Steady

_LOOK_SECONDS = 0.5  # a revoked session's stream ends within a second, and a row is sealed, whichever process did it
_EXPIRE_SECONDS = 600
_REACH_SECONDS = 3600  # a ledger older than that was not kept, or is an older copy
_DELIVERED = 3 * DAY  # so long the row of what was delivered tells when
_OVERLAP = 30 * SECOND  # clocks of nodes differ, and transactions commit late
_log = logging.getLogger("securemsg")


def run(desk: Desk, alive: Callable[[], bool], pause: Callable[[float], object] = time.sleep) -> None:
    """Until the process stops; `pause` may end early then. Whatever goes wrong is noted, and tried again; no job waits for
    another's luck.
    """
    sealer, keeper, courier, telling, fault = Sealer(desk), Ledger(desk), Courier(desk), Telling(desk), ""
    steady = Steady(desk.clock)
    sealing = _Job(sealer.look)
    jobs = (_Job(lambda: sending.send_due(desk, desk.clock())), _Job(Ears(desk).listen), sealing,
            _Job(Bell(desk).look), _Job(lambda: tokens.end_overdue(desk, desk.clock())),
            _Job(lambda: _expire(desk, steady()), _EXPIRE_SECONDS), _Job(keeper.catch_up), _Job(keeper.reach, _REACH_SECONDS),
            _Job(telling.look, TELL_SECONDS),
            _Job(courier.look), _Job(Nightly(desk, steady).look))
    send = _Sending(desk, sealer)
    while alive():
        done = [job.do() for job in jobs]
        fault = _noted(fault, "; ".join(sorted({job.fault for job in jobs if job.fault})))
        time.sleep(0) if any(done) else pause(_LOOK_SECONDS)
    courier.let_go()
    sealing.do()  # what the last requests wrote is sealed before the service is gone
    _Job(keeper.reach).do()
    _Job(telling.end).do()
    courier.end()
    send.end()
    sealer.close()


@dataclass
class _Job:
    """Something done at each look, or every so many seconds. What it raises ends nothing but this one try."""

    act: Callable[[], object]
    every_seconds: float = 0
    fault: str = ""
    _due: float = 0

    def do(self) -> bool:
        """Whether there is more to do at once."""
        if time.monotonic() < self._due:
            return False
        try:
            more = bool(self.act())
            self.fault, self._due = "", time.monotonic() + self.every_seconds
        except Exception as error:
            more, self.fault = False, _told(error)
        return more


class _Sending:
    """Sends checkpoints to the anchors, beside the other jobs: an address that hangs makes none of them wait."""

    def __init__(self, desk: Desk, sealer: Sealer):
        self._sealer, self._places = sealer, anchors.places(desk.settings.anchors)
        self._ended, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)
        if self._places:
            self._thread.start()

    def end(self) -> None:
        """Send what is left; whatever does not answer now is told by the next leader."""
        self._ended.set()
        if self._places:
            self._thread.join(_LOOK_SECONDS)

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            anchors.keep(self._places, dict(self._sealer.notes))
        anchors.keep(self._places, dict(self._sealer.notes), last=True)


@dataclass
class Ears:
    """Hears which sessions ended anywhere. One query for the whole process, never one for each stream."""

    desk: Desk
    since: int = field(init=False)
    heard: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.since = self.desk.clock()

    def listen(self) -> None:
        """End their streams here."""
        now, since = self.desk.clock(), self.since - _OVERLAP
        rows = self.desk.database.read(lambda tx: outbox.revocations_since(tx, since))
        for row in rows:
            if row.id not in self.heard:
                self.desk.live.publish((row.subject_kind, row.subject_id), Signal("end"))
        self.since, self.heard = now, {row.id for row in rows}  # an older one is never read again


def _expire(desk: Desk, now: int) -> None:
    def write(tx: Tx) -> None:
        idempotency.expire(tx, now)
        attempts.expire(tx, now)
        people.expire_drafts(tx, now)
        returns.expire(tx, now)
        deliveries.expire(tx, now - _DELIVERED)
        deliveries.set_aside_unnamed(tx, desk.registry.names, now, now - _DELIVERED)

    desk.database.write(write)
    desk.keys.forget_old()


def _told(error: Exception) -> str:
    """Its type; of a mistake in the program also the place. Never its words: they may be a visitor's."""
    if isinstance(error, Error):
        return type(error).__name__
    return logs.fault(error)


def _noted(before: str, fault: str) -> str:
    """Say once that it waits, and once that it goes on: a line for each look would bury all the others."""
    if fault != before:
        _log.warning("the worker waits", extra={"error": fault}) if fault else _log.warning("the worker goes on")
    return fault
