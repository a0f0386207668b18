"""Each request, counted when it is answered, and on level debug told in the log: by its route, never by its path."""

import logging
from time import perf_counter

from flask import Flask, Response, g
from flask.globals import request_ctx

from securemsg.metrics import Counter, Histogram

_BEGUN = "securemsg.begun"
_CLASSES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # others are one: names are anybody's to invent
REQUESTS = Counter("securemsg_requests_total", "Answered requests.", "method", "route", "status")
DURATION = Histogram("securemsg_request_duration_seconds", "From the request's head to the answer's; of streams too.", "route")
_log = logging.getLogger("securemsg")


def init(app: Flask) -> None:
    """Be the first to see a request and the last to see its answer."""
    app.before_request(_begun)
    app.after_request(_answered)


def _begun() -> None:
    request_ctx.request.environ[_BEGUN] = perf_counter()


def _answered(response: Response) -> Response:
    request, now = request_ctx.request, perf_counter()
    method = request.method if request.method in _METHODS else "other"
    route = request.url_rule.rule if request.url_rule else "none"
    seconds = now - request.environ.get(_BEGUN, now)
    REQUESTS.add(method, route, _CLASSES[response.status_code // 100])
    DURATION.took(seconds, route)
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug("answered", extra={"method": method, "route": route, "status": response.status_code,
                                      "duration_ms": round(seconds * 1000, 1), "request_id": g.get("request_id")})
    return response
