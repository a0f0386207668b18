"""Time as the service keeps it: whole microseconds since 1970 UTC; as RFC 3339 text at the edge."""

import time
from datetime import UTC, datetime

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def rfc3339(at: int) -> str:
    """`2026-11-21T08:05:00.123456Z`."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % SECOND:06d}Z"
