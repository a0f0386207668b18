"""One end of a connection whose other end may be slow: each step of a request has a deadline, and each piece of an answer.

Who sends a byte every few seconds, or reads none, holds a connection only that long (compare Apache's mod_reqtimeout).
Imported before gevent patches: nothing of the service may be imported here.
"""

import errno
import socket
import struct
from dataclasses import dataclass
from time import monotonic
from typing import Any

from gunicorn.util import close_graceful

_PIECE_BYTES = 64 * 1024
_MOST_BYTES = 1024 * 1024  # what is still taken from somebody whose answer is out
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time: what was not taken is dropped, and not kept by the kernel for hours


@dataclass
class Deadlines:
    """Seconds, each a whole: a byte in between prolongs nothing."""

    idle: float = 30  # from one answer to the first byte of the next request: browsers keep connections open
    head: float = 20  # from a request's first byte to the end of its head, of about 1 kB
    body: float = 30  # from there to the end of its body, of 128 kB at most
    rest: float = 2  # of a body that nobody needs any more, since the answer stands already: 4xx mostly
    piece: float = 30  # for 64 kB of an answer; a stream's event is one piece


DEADLINES = Deadlines()


class HeadTooSlow(Exception):
    """A request's head was not there in time."""


class Connection:
    """A connected socket as gunicorn uses it. `recv` and `sendall` know what the other side may still take."""

    def __init__(self, client: socket.socket):
        self._socket, self._lingers = client, False
        self._request: Any = None
        self._awaits("idle")

    def awaits_body(self, request: Any) -> None:
        """The head is read; what follows is the body of that request (gunicorn's)."""
        self._request = request
        self._awaits("body")

    def awaits_rest(self) -> None:
        """The answer stands, and goes out once the body is here, or in a moment."""
        self._awaits("rest", self._until)

    def gives_up(self) -> None:
        """Where this body ends, and the next request would begin, is not known: the answer is the last one, and says so."""
        self._request.force_close()
        self._lingers = True

    @property
    def is_working(self) -> bool:
        """Whether a request is being read or worked on, which nobody may end yet."""
        return self._step == "body"

    def awaits_request(self) -> None:
        self._awaits("idle")

    def recv(self, size: int) -> bytes:
        """What has come; b"" when nobody asks any more. HeadTooSlow or, within a body, TimeoutError when it took too long."""
        left = self._until - monotonic()
        if left <= 0:
            return self._is_late()
        self._socket.settimeout(left)
        try:
            data = self._socket.recv(size)
        except TimeoutError:
            return self._is_late()
        if self._step == "idle":
            self._awaits("head")
        return data

    def sendall(self, data: bytes) -> None:
        """Hand over all of it; ConnectionResetError when a piece of it was not taken in time."""
        for start in range(0, len(data), _PIECE_BYTES):
            self._socket.settimeout(DEADLINES.piece)
            try:
                self._socket.sendall(memoryview(data)[start:start + _PIECE_BYTES])
            except TimeoutError:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                raise ConnectionResetError(errno.ECONNRESET, "nobody reads the answer") from None

    def close(self) -> None:
        """Let go. Whose words were not awaited may still be speaking: a word that finds nobody would take the answer away."""
        close_graceful(self._socket, DEADLINES.rest, _MOST_BYTES) if self._lingers else self._socket.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def _awaits(self, step: str, latest: float = float("inf")) -> None:
        self._step, self._until = step, min(latest, monotonic() + getattr(DEADLINES, step))

    def _is_late(self) -> bytes:
        if self._step == "idle":
            return b""
        if self._step == "head":
            self._lingers = True
            raise HeadTooSlow
        self.gives_up()
        raise TimeoutError("the body was not there in time")
