"""The service for the tests: its own process on its own port, to be asked, killed and started again."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = str(Path(sys.executable).with_name("securemsg"))
# Kernels hand out ports from 32768 upwards; below that nobody takes a service's port while it restarts.
PORTS = range(12_000, 32_000, 2)


class Service:
    """`securemsg` as its own process, in a data folder of its own; it can be killed and started again."""

    program = PROGRAM

    def __init__(self, folder: Path, database_url: str = "", **settings: str):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.site_url = f"http://127.0.0.1:{self.port + 1}"  # the demo clinic's website, on another site
        self.log = folder / "service.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.before: list[str] = []  # words in front of each of its programs, as `nsenter …`
        self.settings = {
            "data": str(folder / "data"),
            "database_url": database_url,
            "public_url": self.url,
            "bind": f"127.0.0.1:{self.port}",
            "undo_seconds": "0",  # replies go out at once; who tests the waiting says how long
        } | settings

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its processes: ours without any settings, and the settings of its own."""
        own = {f"SECUREMSG_{name.upper()}": value for name, value in self.settings.items()}
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")}
        return ours | {"PYTHONUNBUFFERED": "1", "PORT": str(self.port)} | own

    def command(self, *arguments: str) -> str:
        """What `securemsg …` printed, run on this service's data."""
        options: dict[str, Any] = {"env": self.environ, "cwd": self.folder, "timeout": 120}
        done = subprocess.run([*self.before, self.program, *arguments], capture_output=True, text=True, **options)
        assert done.returncode == 0, f"securemsg {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *verb: str) -> Self:
        """Start it (`serve`, or another verb) and wait until it says that it is ready."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.before, *self.words(*verb)],
                env=self.environ,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # so that `kill` reaches the workers too
            )
        until(self._is_ready, 60, f"{self.url}/readyz")
        return self

    def words(self, *verb: str) -> list[str]:
        """The program that serves."""
        return [self.program, *(verb or ("serve",))]

    def output(self) -> str:
        """All that it has printed so far, over all its starts."""
        return self.log.read_text() if self.log.exists() else ""

    def kill(self) -> None:
        """SIGKILL to all its processes at once: what a power cut leaves behind."""
        self._end(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it as an operator does, and prove that none of its processes stayed."""
        self._end(how)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        if not self.process:
            return
        group, process, self.process = self.process.pid, self.process, None
        with suppress(ProcessLookupError):
            os.killpg(group, how) if how == signal.SIGKILL else process.send_signal(how)
        try:
            process.wait(20)
            until(lambda: not _group_lives(group), 10, "the end of all its processes")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _is_ready(self) -> bool:
        assert self.process and self.process.poll() is None, f"the service ended by itself:\n{self.output()}"
        with suppress(OSError), urlopen(f"{self.url}/readyz", timeout=5):  # what urllib raises is an OSError
            return True
        return False


def _group_lives(group: int) -> bool:
    for pid in psutil.pids():
        with suppress(ProcessLookupError):
            if os.getpgid(pid) == group and lives(pid):
                return True
    return False


def lives(pid: int) -> bool:
    """True while a process runs; one that has ended and that nobody has asked after counts as gone."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def until(condition: Callable[[], Any], seconds: float = 20, what: str = "") -> Any:
    """The first true value of `condition()`; fails when there is none within so many seconds."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} seconds for {what or condition}"
        pause.wait(0.02)
    return value


def busy() -> float:
    """How many programs want each processor, and at least 1: so many times slower is everything, whoever wrote it."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def at_most(seconds: float) -> float:
    """How long may take here what is promised within so many seconds: as long again for each program that wants a processor."""
    return seconds * (1 + busy())


def free_port() -> int:
    """A port that is free now, with the one above it free as well (the demo's website takes that)."""
    for port in random.sample(PORTS, 200):
        if all(_is_free(each) for each in (port, port + 1)):
            return port
    raise AssertionError("no free port among 200 tried")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            attempt.bind(("127.0.0.1", port))
            return True
    return False
