"""Many open streams, and one message after another to one of them: how soon it is there, and if all are."""

import asyncio
import random
import re
from collections.abc import Callable
from time import perf_counter

from tests.bench.clients import Client

_PATIENCE_SECONDS = 3
_AT_ONCE = 50  # connections that are opened at a time
_EVENT = re.compile(rb"event: (message|changed)\ndata: (\{[^\n]*\})\n\n")
Listener = tuple[str, int]  # ("visitor", which) or ("staff", which)


Times = dict[str, list[float]]


def _once(status: int, seconds: float) -> bool:
    return False


class Stream(asyncio.Protocol):
    """One reader of an event stream; `heard()` is called for each event that tells of a message."""

    def __init__(self, request: dict, heard: Callable[[], None]):
        self._request, self._heard = f"{request['head']}\r\n".encode(), heard
        self._got = b""
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self.opened.done() and b"retry:" in self._got:
            self.opened.set_result(True)
        end = 0
        for found in _EVENT.finditer(self._got):
            self._heard()
            end = found.end()
        self._got = self._got[end:]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError(self._got[:200].decode()))


class Room:
    """Everybody who listens. What is heard goes into one queue, with the time."""

    def __init__(self) -> None:
        self._streams: dict[str, list[Stream]] = {"visitor": [], "staff": []}
        self._news: asyncio.Queue[tuple[Listener, float]] = asyncio.Queue()

    async def open(self, port: int, who: str, requests: list[dict]) -> dict:
        """Open a stream for each request; they are numbered on from those that are open."""
        gate, known = asyncio.Semaphore(_AT_ONCE), len(self._streams[who])
        opening = (self._listen(port, gate, (who, known + n), each) for n, each in enumerate(requests))
        self._streams[who] += await asyncio.gather(*opening)
        return {}

    async def say(self, port: int, requests: list[dict], messages: int) -> dict:
        """Send so many messages one by one, each by chance to one conversation; `requests[n]` to the nth.

        Times run from sending a message until a stream has it: the submit itself is inside.
        """
        times: Times = {"visitor": [], "staff": []}
        lost = strange = 0
        for number in random.Random(1).choices(range(len(requests)), k=messages):
            missing, odd = await self._one(port, requests[number], number, times)
            lost, strange = lost + missing, strange + odd
        in_order = {who: sorted(values) for who, values in times.items()}
        return {"times": in_order, "lost": lost, "strange": strange}

    async def leave(self) -> dict:
        for stream in self._streams["visitor"] + self._streams["staff"]:
            stream.transport.close()
        self._streams = {"visitor": [], "staff": []}
        return {}

    async def _listen(self, port: int, gate: asyncio.Semaphore, who: Listener, request: dict) -> Stream:
        def heard() -> None:
            self._news.put_nowait((who, perf_counter()))

        async with gate:
            loop = asyncio.get_running_loop()
            _, stream = await loop.create_connection(lambda: Stream(request, heard), "127.0.0.1", port)
            await stream.opened
        return stream

    async def _one(self, port: int, request: dict, number: int, times: Times) -> tuple[int, int]:
        """Send one message, wait for all who should hear of it; how many did not, and how many others did."""
        awaited: set[Listener] = {
            ("visitor", number),
            *(("staff", n) for n in range(len(self._streams["staff"]))),
        }
        strange = 0
        loop = asyncio.get_running_loop()
        sent = perf_counter()
        _, client = await loop.create_connection(lambda: Client(request, _once), "127.0.0.1", port)
        while awaited or not self._news.empty():
            try:
                who, at = await asyncio.wait_for(self._news.get(), _PATIENCE_SECONDS)
            except TimeoutError:
                break
            if who in awaited:
                awaited.remove(who)
                times[who[0]].append(at - sent)
            else:
                strange += 1
        await client.ended
        return len(awaited), strange
