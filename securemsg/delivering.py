"""A process that delivers: tells plugins what happened and sends what they have to send, until it is stopped.

Run as a program it is the one beside `serve` (see courier.py): it ends with its input, and says on its output, a line of JSON
each, what open streams shall hear and what was delivered. That output is its own: what plugins print goes
nowhere, since it may be anybody's words, and the log holds none.
"""

import ctypes
import fcntl
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
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
_PR_SET_PDEATHSIG = 1
Say = Callable[..., object]  # a fact of a kind: for the process that serves


def until_stopped(beside: bool) -> None:
    """Deliver until SIGTERM, or (`beside`) the end of the input. Ends the process: a plugin's thread that hangs stays behind."""
    settings, ended = load(), threading.Event()
    logs.begin(settings.log, settings.log_level)
    keep_memory_private()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    say = _beside(ended) if beside else None
    desk = open_desk(settings)
    desk.live = Relay(say) if say else desk.live
    pause = _Pause(ended, say) if say else ended.wait
    if _alone(desk, ended, pause):
        Engine(desk).run(lambda: not ended.is_set(), pause)
    os._exit(0)


def _beside(ended: threading.Event) -> Say:
    """What speaks to the process that serves. This one ends with it, also while a plugin holds the interpreter (Linux:
    PR_SET_PDEATHSIG): nobody else could deliver meanwhile."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    pipe, nowhere = os.dup(sys.stdout.fileno()), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return lambda *facts: os.write(pipe, orjson.dumps(facts) + b"\n")  # below 4 kB: lines of several threads stay apart


class Relay(Live):
    """Streams are open in the process that serves: what they shall hear goes there."""

    def __init__(self, say: Say):
        super().__init__()
        self._say = say

    def publish(self, topic: tuple, signal: Signal) -> None:
        self._say("signal", topic, (signal.kind, signal.conversation_id, signal.seq, signal.person_id))


class _Pause:
    """Between two looks it says what was delivered since the one before; the other side hears that all is well, too."""

    def __init__(self, ended: threading.Event, say: Say):
        self._ended, self._say, self._told = ended, say, dict[tuple[str, ...], int]()

    def __call__(self, seconds: float) -> None:
        now = dict(DELIVERIES.values)
        self._say("counts", [(*which, count - self._told.get(which, 0)) for which, count in now.items()
                        if count != self._told.get(which)])
        self._told = now
        self._ended.wait(seconds)


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


def _alone(desk: Desk, ended: threading.Event, pause: Callable[[float], object]) -> bool:
    """On SQLite one process delivers: what an earlier one had begun is nobody's any more. False when it was told to end first.
    Who waits says so by `pause`: silence looks like being stuck."""
    if not isinstance(desk.database, Sqlite):
        return True
    descriptor = os.open(desk.database.path.with_name("deliver.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lock = os.fdopen(descriptor, "w")
    while not _locked(lock):
        pause(_LOOK_SECONDS)
        if ended.is_set():
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
