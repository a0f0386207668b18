"""The service under a clock that can be set wrong, and right again, while it runs."""

import time
from email.utils import parsedate_to_datetime
from pathlib import Path

from flask import Flask

from tests.bench import served
from tests.faults.generous import Generous
from tests.http.browser import Outside
from tests.service import until


class Clocked(Generous):
    """Only the time of day moves: the clock that counts the seconds since the computer was started goes on."""

    def words(self, *verb: str) -> list[str]:
        return [word.replace("tests.bench.served", "tests.faults.clocked") for word in super().words(*verb)]

    def start(self, *verb: str) -> "Clocked":
        self._moves(0)
        return super().start(*verb)

    def clock(self, seconds: float) -> None:
        """Set its clock so far ahead of ours (or, below 0, behind), and wait until it shows that."""
        self._moves(seconds)
        until(lambda: abs(self._ahead() - seconds) < 5, 5, "the service's clock to be moved")

    def _moves(self, seconds: float) -> None:
        new = self.folder / "clock.new"
        new.write_text(str(int(seconds)))
        new.rename(self.folder / "clock")

    def _ahead(self) -> float:
        date = Outside(self.url).get("/healthz").headers["Date"]
        return parsedate_to_datetime(date).timestamp() - time.time()


def serve() -> Flask:
    """What gunicorn loads: all that asks Python for the time of day is told what the file says."""
    real_time, real_time_ns, clock = time.time, time.time_ns, Path("clock")  # in the service's folder, where it runs
    time.time = lambda: real_time() + int(clock.read_text())
    time.time_ns = lambda: real_time_ns() + int(clock.read_text()) * 1_000_000_000
    return served.serve()
