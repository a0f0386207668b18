"""One keep-alive connection that asks again as soon as it has its answer."""

import asyncio
import re
import secrets
from collections.abc import Callable
from time import perf_counter

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Client(asyncio.Protocol):
    """`done(status, seconds)` is called for each answer and says whether to ask again; a cut is status 0.

    A request is `{"head", "body", "keyed"}`; a keyed one carries a fresh Idempotency-Key each time.
    """

    def __init__(self, request: dict, done: Callable[[int, float], bool]):
        self._head, self._body = request["head"].encode(), request["body"].encode()
        self._keyed = request["keyed"]
        self._done = done
        self._got = b""
        self._waiting = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        length = _LENGTH.search(self._got, 0, end + 2) if end > 0 else None
        if not length or len(self._got) < end + 4 + int(length[1]):
            return
        status, self._got, self._waiting = int(self._got[9:12]), b"", False
        if self._done(status, perf_counter() - self._asked):
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting:
            self._done(0, perf_counter() - self._asked)
        self.ended.set_result(None)

    def _ask(self) -> None:
        key = f"Idempotency-Key: {secrets.token_hex(16)}\r\n" if self._keyed else ""
        self._asked, self._waiting = perf_counter(), True
        self._transport.write(self._head + key.encode() + b"\r\n" + self._body)
