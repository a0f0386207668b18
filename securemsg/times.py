"""Time as the service keeps it: whole microseconds since 1970 UTC; as RFC 3339 text at the edge."""

import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_LAST = 253_370_000_000 * SECOND  # a year before datetime ends, in every time zone
_LOOK_SECONDS = 0.1


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def moment(at: int, zone: tzinfo = UTC) -> datetime:
    """The same as a datetime. A time that no calendar has, since somebody altered it, is the nearest that it has."""
    return datetime.fromtimestamp(min(max(at, 0), _LAST) // SECOND, zone)


def rfc3339(at: int) -> str:
    """`2026-11-21T08:05:00.123456Z`."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % SECOND:06d}Z"


def looks(patience_seconds: float = math.inf) -> Iterator[None]:
    """For who waits for what nobody announces: a turn at once, then one every tenth of a second until the patience is over."""
    end = time.monotonic() + patience_seconds
    yield
    while time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
        yield


class Steady:
    """A clock for forgetting: a jump ahead of `clock` counts only when it has lasted for a day.

    Whoever sets a clock wrong for a while must not make the service forget what it keeps for a day, as keys of messages
    that may be sent again.
    """

    def __init__(self, clock: Callable[[], int]):
        self._clock = clock
        self._ahead, self._seen = clock() - _running(), _running()

    def __call__(self) -> int:
        running = _running()
        ahead = self._clock() - running
        if ahead < self._ahead + HOUR or running > self._seen + DAY:
            self._ahead, self._seen = ahead, running
        return running + self._ahead


def _running() -> int:
    """Microseconds that this computer has been running: nobody sets that clock."""
    return time.monotonic_ns() // 1000
