"""What comes off the wire: a request that two readers could take for different ones goes no further.

Imported before gevent patches: of the service only what imports nothing itself may be imported here.
"""

import errno
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from gunicorn.http.errors import InvalidHeader, InvalidRequestLine, NoMoreData, ParseException
from gunicorn.util import split_request_uri

from securemsg.deadlines import Connection
from securemsg.errors import Error

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
_MOST_BYTES = 1024 * 1024  # the largest request that the examples' proxies let through
_PIECE_BYTES = 64 * 1024


def admit(req: Any, connection: Connection) -> None:
    """Make a parsed request (gunicorn's) ready for the application; ParseException when it is not to be trusted."""
    _name_host(req)
    req.body.reader = _Whole(req.body.reader, connection)


def _name_host(req: Any) -> None:
    """One host, and the right one: RFC 9112, 3.2 (a Host header is a must) and 3.2.2 (an absolute target replaces it)."""
    if not req.uri.startswith("/") and "://" in req.uri:
        target = split_request_uri(req.uri)
        if target.scheme not in ("http", "https"):
            raise InvalidRequestLine("absolute-form")
        req.headers = [header for header in req.headers if header[0] != "HOST"] + [("HOST", target.netloc)]
    if req.version > (1, 0) and not any(name == "HOST" for name, _ in req.headers):
        raise InvalidHeader("HOST")


def after_its_body(application: Application) -> Application:
    """The application, whose answer goes out only once the request is here to its end, however early it was refused; unless that
    takes its time, when the answer goes all the same and the connection closes.

    A proxy may still be taking the body from its visitor. One that speaks HTTP by Go's library (Caddy) lets go of the visitor's
    body when an answer comes, takes that for a fault of the request, and breaks off the answer that it is passing on.
    """
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = application(environ, start_response)
        connection: Connection = environ["gunicorn.socket"]
        connection.awaits_rest()
        with suppress(OSError):  # it broke off, or did not come
            left = _MOST_BYTES
            while data := environ["wsgi.input"].read(min(left, _PIECE_BYTES)):
                left -= len(data)
            if not left:
                connection.gives_up()
        return answer

    return answer


class _Whole:
    """A body that comes to its end; where it does not, nobody knows where a next request would begin, and the connection closes.

    Without it the application takes a broken chunk for a fault of its own, and a form that was cut off for all of it.
    """

    def __init__(self, reader: Any, connection: Connection):
        self._reader, self._connection = reader, connection

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end; ConnectionResetError when the end was not reached."""
        owed = min(size, getattr(self._reader, "length", 0))  # a body in chunks says itself where it ends
        try:
            data = self._reader.read(size)
        except (ParseException, NoMoreData):
            data = None
        if data is None or len(data) < owed:
            self._connection.gives_up()
            raise ConnectionResetError(errno.ECONNRESET, "the body broke off") from None
        return data


def bare(error: type[Error], public_url: str) -> bytes:
    """The whole answer to what the application never saw: the problem, with the headers that every answer has."""
    from securemsg.http.headers import worn  # not above: they import half of the service
    from securemsg.http.problems import type_url

    body = json.dumps({"type": type_url(error, public_url), "title": error.title, "status": error.status,
                       "detail": error.detail, "instance": f"urn:uuid:{uuid4()}"}).encode()
    headers = (("Content-Type", "application/problem+json"), ("Content-Length", len(body)), ("Connection", "close"),
               *worn("api", (), public_url.startswith("https:")))
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body
