"""The process that delivers, beside the one that serves: plugins run there and not here.

One that computes for a minute, in a regular expression or in C code, holds Python's lock for so long: here nobody would be
answered meanwhile. There it delays deliveries. That process is delivering.py; it says by a pipe what streams shall hear, and
ends when this one does, however this one ends.
"""

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO, Any

import orjson

from securemsg.desk import Desk
from securemsg.desk.deliveries.lanes import DELIVERIES
from securemsg.live import Signal

_PAUSES_SECONDS = (0.2, 1.0, 5.0, 30.0)  # before it is started again, after so many ends in a row
_WELL_SECONDS = 60.0  # then the next end is a first one
_END_SECONDS = 0.25
_SILENT_SECONDS = 120.0  # it says something every second: one that does not is stuck as a whole
PROGRAM = (sys.executable, "-P", "-m", "securemsg.delivering")  # -P: nothing is imported from the folder it is started in
_log = logging.getLogger("securemsg")


class Courier:
    """Keeps that process running."""

    def __init__(self, desk: Desk):
        self._desk, self._ended = desk, False
        self._falls, self._again_at, self._begun_at, self._heard_at = 0, 0.0, 0.0, 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start it where there are plugins, start it again, or end it when it is stuck."""
        now = time.monotonic()
        if not self._desk.settings.plugins:
            return
        if self._process and self._process.poll() is None:
            if now - self._heard_at > _SILENT_SECONDS:
                _log.error("the process that delivers is stuck, and is started anew")
                self._process.kill()
            return
        if self._process:
            self._fell(now)
        if now >= self._again_at and not self._ended:
            self._start(now)

    def let_go(self) -> None:
        """It ends by itself when nobody holds its input any more."""
        self._ended = True
        if self._process and self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()

    def end(self) -> None:
        """Wait for that; not for long."""
        self.let_go()
        if self._process:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self, now: float) -> None:
        self._process = subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         env=dict(self._desk.settings.environ))
        self._begun_at = self._heard_at = now
        assert self._process.stdout
        threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True).start()

    def _fell(self, now: float) -> None:
        assert self._process
        self._falls = 1 if now - self._begun_at > _WELL_SECONDS else self._falls + 1
        self._again_at = now + _PAUSES_SECONDS[min(self._falls, len(_PAUSES_SECONDS)) - 1]
        _log.warning("the process that delivers has ended, and is started again", extra={"status": self._process.returncode})
        self._process = None

    def _hear(self, said: IO[bytes]) -> None:
        with suppress(OSError, ValueError), said:
            for line in said:
                self._heard_at = time.monotonic()
                match _facts(line):
                    case ["signal", topic, facts]:
                        self._desk.live.publish(tuple(topic), Signal(*facts))
                    case ["counts", counts]:
                        for plugin, outcome, count in counts:
                            DELIVERIES.add(plugin, outcome, times=count)


def _facts(line: bytes) -> Any:
    """What a line says; None for one that is not of this protocol: it must not end the listening."""
    with suppress(ValueError):
        return orjson.loads(line)
    return None
