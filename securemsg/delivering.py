"""A process that delivers: tells plugins what happened and sends what they have to send, until it is stopped.

Run as a program it is the one beside `serve` (see courier.py): it ends with its input, and says on its output, a line of JSON
each, what open streams shall hear and what was delivered.
"""

import fcntl
import logging
import os
import signal
import sys
import threading
from typing import IO

import orjson

from securemsg import logs
from securemsg.desk import Desk, open_desk
from securemsg.desk.deliveries.engine import Engine
from securemsg.desk.deliveries.lanes import DELIVERIES
from securemsg.errors import Error
from securemsg.live import Live, Signal
from securemsg.secrecy import keep_memory_private
from securemsg.settings import load
from securemsg.store import deliveries
from securemsg.store.sqlite import Sqlite

_LOOK_SECONDS = 0.25


def until_stopped(beside: bool) -> None:
    """Deliver until SIGTERM, or (`beside`) the end of the input. Ends the process: a plugin's thread that hangs stays behind."""
    settings, ended = load(), threading.Event()
    logs.begin(settings.log, settings.log_level)
    keep_memory_private()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    if beside:
        threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    desk = open_desk(settings)
    desk.live = Relay() if beside else desk.live
    if _alone(desk, ended):
        Engine(desk).run(lambda: not ended.is_set(), _Pause(ended) if beside else ended.wait)
    os._exit(0)


class Relay(Live):
    """Streams are open in the process that serves: what they shall hear goes there."""

    def publish(self, topic: tuple, signal: Signal) -> None:
        _say("signal", topic, (signal.kind, signal.conversation_id, signal.seq, signal.person_id))


class _Pause:
    """Between two looks it says what was delivered since the one before; the other side hears that all is well, too."""

    def __init__(self, ended: threading.Event):
        self._ended, self._told = ended, dict[tuple[str, ...], int]()

    def __call__(self, seconds: float) -> None:
        now = dict(DELIVERIES.values)
        _say("counts", [(*which, count - self._told.get(which, 0)) for which, count in now.items()
                        if count != self._told.get(which)])
        self._told = now
        self._ended.wait(seconds)


def _say(*facts: object) -> None:
    os.write(sys.stdout.fileno(), orjson.dumps(facts) + b"\n")  # below 4 kB: lines of several threads stay apart


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


def _alone(desk: Desk, ended: threading.Event) -> bool:
    """On SQLite one process delivers: what an earlier one had begun is nobody's any more. False when it was told to end first."""
    if not isinstance(desk.database, Sqlite):
        return True
    descriptor = os.open(desk.database.path.with_name("deliver.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lock = os.fdopen(descriptor, "w")
    while not _locked(lock):
        if ended.wait(_LOOK_SECONDS):
            return False
    _held.append(lock)
    desk.database.write(deliveries.let_go)
    return True


_held: list[IO[str]] = []  # until the process ends


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    try:
        until_stopped(beside=True)
    except Error as error:
        logging.getLogger("securemsg").error("the process that delivers cannot start", extra={"sentence": error.detail})
        os._exit(1)
