"""`/metrics`: how the service fares, for who holds the token, or at an address of its own. Otherwise there is no such page."""

import hmac
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, request
from werkzeug import Response

from securemsg.desk import Desk
from securemsg.errors import Error, Missing, Unknown
from securemsg.http.here import desk
from securemsg.metrics import Gauge, written
from securemsg.store import audit, deliveries
from securemsg.times import HOUR, SECOND

blueprint = Blueprint("measures", __name__)
_OWN_ADDRESS = "securemsg.metrics"  # set by nobody who comes in at the service's address: it is no header
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BEGAN = time.time()


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counters since the start, and how things stand now. Without the database, what can be told without it."""
    token = desk().settings.metrics_token
    if not token and _OWN_ADDRESS not in request.environ:
        raise Missing
    if token and not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        raise Unknown("This page needs the token of SECUREMSG_METRICS_TOKEN.")
    return Response(written(_gauges(desk())), content_type=_TYPE)


def at_its_own_address(app: Callable[[dict, Any], Iterable[bytes]]):
    """The WSGI application behind SECUREMSG_METRICS_BIND: this one page and nothing else."""
    def answer(environ: dict, start_response) -> object:
        if environ.get("PATH_INFO") != "/metrics" or environ.get("REQUEST_METHOD") != "GET":
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        return app({**environ, "HTTP_HOST": "localhost", _OWN_ADDRESS: True}, start_response)

    return answer


def _gauges(here: Desk) -> tuple[Gauge, ...]:
    rows, age_seconds, waits = _stored(here)
    return (
        Gauge("securemsg_streams", "Open live streams.", lambda: here.live.waiting),
        Gauge("securemsg_writes_waiting", "SQLite: writes that wait. PostgreSQL: connections in use.", here.database.waiting),
        Gauge("securemsg_opened_keys", "Keys held in memory.", lambda: here.keys.opened),
        Gauge("securemsg_database_up", "1 while the database answers.", lambda: int(rows is not None)),
        Gauge("securemsg_audit_unsealed_rows", "Audit rows of the last hour that are not sealed yet.", lambda: rows),
        Gauge("securemsg_audit_unsealed_seconds", "Age of the oldest of them.", lambda: age_seconds),
        Gauge("securemsg_outbox_waiting", "Deliveries that are due.", lambda: waits and waits[0]),
        Gauge("securemsg_outbox_set_aside", "Deliveries that wait for a person.", lambda: waits and waits[1]),
        Gauge("securemsg_outbox_oldest_seconds", "How long the oldest that is due has waited.", lambda: waits and waits[2]),
        Gauge("process_start_time_seconds", "Seconds since 1970.", lambda: _BEGAN),
        Gauge("process_cpu_seconds_total", "Of this process.", time.process_time, "counter"),
        Gauge("process_resident_memory_bytes", "Of this process.", _memory_bytes),
        Gauge("process_open_fds", "Open files and connections.", _open_files),
        Gauge("process_max_fds", "How many there may be.", lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


def _stored(here: Desk) -> tuple[int, float, tuple[int, int, float]] | tuple[None, None, None]:
    """Unsealed audit rows and the age of the oldest; deliveries that are due, that were set aside, and the age of the oldest."""
    now = here.clock()
    try:
        unsealed = here.database.read(lambda tx: audit.unsealed(tx, now - HOUR))
        waits = here.database.read(lambda tx: deliveries.counts(tx, now))
    except Error:
        return None, None, None
    oldest = max(0, now - (waits.oldest or now)) / SECOND
    return unsealed.rows, max(0, now - (unsealed.oldest or now)) / SECOND, (waits.due or 0, waits.aside or 0, oldest)


def _memory_bytes() -> float | None:
    if sys.platform != "linux":
        return None
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _open_files() -> float | None:
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else None
