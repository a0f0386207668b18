"""A PostgreSQL server that does not answer: it hangs, or the network swallows every word. Nobody waits for that for long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import psycopg

from securemsg.errors import Unavailable

# As options of libpq. A machine that is gone without a word is missed after 20 seconds even on an idle connection,
# not after the two hours of the default; on a Unix socket they mean nothing.
CONNECTING = {"connect_timeout": 3, "keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3,
              "tcp_user_timeout": 10_000}  # milliseconds; all others are seconds
_PAUSE_SECONDS = 1.0


class Silent(psycopg.OperationalError):
    """No answer came in time. Whether the statement took effect is not known."""

    outcome_unknown = True


class Patient(psycopg.Connection):
    """A connection that waits only so long for each answer, and is closed when none comes.

    A limit that the server keeps, like `statement_timeout`, helps only while the server runs. So `patience_seconds`
    covers any one statement of a request; None for work that takes its time.
    """

    patience_seconds: float | None = 5.0

    def wait(self, gen, interval=0.1, timeout=None):
        """Consume the generator of one operation, as its parent does; Silent when it takes too long."""
        end = monotonic() + (self.patience_seconds or float("inf"))
        try:
            return super().wait(gen, interval, timeout or self.patience_seconds)
        except psycopg.OperationalError as error:
            if timeout or monotonic() < end:
                raise
            self.close()
            raise Silent("the server does not answer") from error


class Doubt:
    """Whether the server is there. Once it was silent, one caller at a time asks again; the others are told at once.

    Otherwise everybody who comes would wait in vain, each for as long as patience lasts, and hold a connection.
    """

    def __init__(self) -> None:
        self._silent, self._again_at = False, 0.0
        self._asking = threading.Lock()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """The way to the server; Unavailable while it is in doubt and another asks."""
        if not self._silent:
            yield
            return
        if monotonic() < self._again_at or not self._asking.acquire(blocking=False):
            raise Unavailable(retry_after_seconds=5)
        try:
            yield
            self._silent = False
        finally:
            self._asking.release()

    def begins(self) -> None:
        """It was silent just now."""
        self._silent, self._again_at = True, monotonic() + _PAUSE_SECONDS
