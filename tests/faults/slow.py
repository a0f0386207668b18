"""Clients that hold on to a connection: they say nothing, dribble a request, or never read what they asked for."""

import asyncio
import random
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.http.house import HARBOUR

_LIKE_A_BODY = f"Host: {{host}}\r\nSec-Fetch-Site: same-origin\r\nIdempotency-Key: {'k' * 24}\r\nContent-Length: 20000\r\n"
_OPENING = f"POST /v1/clinics/{HARBOUR}/conversations HTTP/1.1\r\n{_LIKE_A_BODY}Content-Type: application/json\r\n\r\n"
_FORM = f"POST /contact/{HARBOUR} HTTP/1.1\r\n{_LIKE_A_BODY}Content-Type: application/x-www-form-urlencoded\r\n\r\n"
_FRAMES = f"GET /frame/{HARBOUR} HTTP/1.1\r\nHost: {{host}}\r\n\r\n" * 1000  # about 10 kB of answer each
_HEAD = f"GET /clinics/{HARBOUR}.json HTTP/1.1\r\nHost: {{host}}\r\nX-Long: {'x' * 3000}"
KINDS = {
    # what is said at once, and what is dribbled after it
    "silent": ("", ""),
    "slow head": ("", _HEAD),
    "slow JSON": (_OPENING, '{"kind": "' + "x" * 19_000),
    "slow form": (_FORM, "text=" + "x" * 19_000),
    "no reader": (_FRAMES, ""),
}


@dataclass(frozen=True)
class End:
    """How one of them ended: after how many seconds, with what answer; `cut` without the proper end of a connection."""

    kind: str
    seconds: float
    answer: bytes
    cut: bool

    @property
    def status(self) -> int:
        """0 where the end was the only answer."""
        return int(self.answer[9:12] or 0)


class Slow:
    """Some of each kind, until the service ends the last of them."""

    def __init__(self, port: int, each: int, byte_seconds: float, longest_seconds: float):
        self._port, self._each, self._byte_seconds, self._longest = port, each, byte_seconds, longest_seconds
        self.connected = 0

    def hold_on(self) -> list[End]:
        """To be run in a thread of its own."""
        return asyncio.run(self._all())

    async def _all(self) -> list[End]:
        crowd = [(kind, number) for kind in KINDS for number in range(self._each)]
        return await asyncio.gather(*(self._one(kind, number) for kind, number in crowd))

    async def _one(self, kind: str, number: int) -> End:
        begun = time.monotonic()
        with socket.socket() as mine:
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            mine.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)  # as over a network: loopback's buffers are far larger
            mine.setblocking(False)
            mine.bind((f"127.11.{list(KINDS).index(kind)}.{1 + number}", 0))
            await asyncio.get_running_loop().sock_connect(mine, ("127.0.0.1", self._port))
            self.connected += 1
            words = (part.replace("{host}", f"localhost:{self._port}") for part in KINDS[kind])
            saying = asyncio.ensure_future(self._says(mine, *words))
            try:
                waiting = _reset(mine) if kind == "no reader" else _heard(mine)
                answer, cut = await asyncio.wait_for(waiting, self._longest)
            except TimeoutError:
                return End(kind, float("inf"), b"", False)
            finally:
                saying.cancel()
        return End(kind, time.monotonic() - begun, answer, cut)

    async def _says(self, mine: socket.socket, at_once: str, rest: str) -> None:
        with suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(mine, at_once.encode())
            for letter in rest:
                mine.send(letter.encode())
                await asyncio.sleep(self._byte_seconds * random.uniform(0.5, 1.5))


async def _heard(mine: socket.socket) -> tuple[bytes, bool]:
    """What came until the end, and whether the end was a cut."""
    got = b""
    try:
        while data := await asyncio.get_running_loop().sock_recv(mine, 4096):
            got += data
    except ConnectionError:
        return got, True
    return got, False


async def _reset(mine: socket.socket) -> tuple[bytes, bool]:
    """The cut, for who never reads."""
    while not mine.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        await asyncio.sleep(0.05)
    return b"", True
