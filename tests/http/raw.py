"""Bytes sent as they stand over a socket, and every answer that comes back, taken apart by the letter of RFC 9112."""

import socket
from dataclasses import dataclass, field

from werkzeug.datastructures import Headers

from tests.http.browser import Answer, Outside


@dataclass
class Exchange:
    """What came back on one connection until the service closed it (or, for a stream, began to speak)."""

    answers: list[Answer]
    raw: bytes = field(repr=False)

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]


def exchange(browser: Outside, sent: bytes, *methods: str) -> Exchange:
    """Send and hang up our side: the service answers what it can read, meets the end and closes, so nobody waits.

    `methods` are those of the requests that may be answered; they say which answers have no body.
    """
    with browser.connected() as connection:
        try:
            connection.sock.sendall(sent)
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:  # it has closed already, and what it said before is still to be read
            pass
        raw = until_closed(connection.sock)
    return Exchange(list(_answers(raw, list(methods))), raw)


def until_closed(connection: socket.socket, quietly: bool = True) -> bytes:
    """All that comes, or what came before the end of it was torn off; unless `quietly`, that raises ConnectionResetError."""
    raw = b""
    while b"Content-Type: text/event-stream" not in raw:
        try:
            got = connection.recv(65_536)
        except ConnectionResetError:
            if not quietly:
                raise
            break
        if not got:
            break
        raw += got
    return raw


def _answers(raw: bytes, methods: list[str]):
    while raw:
        head, found, raw = raw.partition(b"\r\n\r\n")
        assert found, f"a head that does not end: {head!r}"
        line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version in ("HTTP/1.0", "HTTP/1.1"), line
        headers = Headers([tuple(each.split(": ", 1)) for each in lines])
        body, raw = _body(int(status), headers, raw, methods.pop(0) if methods else "")
        yield Answer(int(status), headers, body)


def _body(status: int, headers: Headers, raw: bytes, method: str) -> tuple[bytes, bytes]:
    """The body, and what follows it."""
    if method == "HEAD" or status in (100, 204, 304) or headers.get("Content-Type", "").startswith("text/event-stream"):
        return b"", b"" if "stream" in headers.get("Content-Type", "") else raw
    if headers.get("Transfer-Encoding") == "chunked":
        return _chunks(raw)
    length = int(headers["Content-Length"])
    assert len(raw) >= length, "an answer that breaks off"
    return raw[:length], raw[length:]


def _chunks(raw: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        body, raw = body + raw[:length], raw[length + 2:]
        if not length:
            return body, raw
