"""Many open streams, and one message after another to one of them: how soon it is there, and whether all are."""

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
        self._streams: list[Stream] = []
        self._news: asyncio.Queue[tuple[Listener, float]] = asyncio.Queue()

    async def open(self, port: int, visitors: list[dict], staff: list[dict]) -> dict:
        """Open a stream for each request; how many are open."""
        gate = asyncio.Semaphore(_AT_ONCE)
        self._staff = len(staff)
        wanted = [(("visitor", n), request) for n, request in enumerate(visitors)]
        wanted += [(("staff", n), request) for n, request in enumerate(staff)]
        self._streams = await asyncio.gather(*(self._listen(port, gate, *each) for each in wanted))
        return {"open": len(self._streams)}

    async def say(self, port: int, requests: list[dict], messages: int) -> dict:
        """Send so many messages one by one, each into a conversation by chance; `requests[n]` writes into the nth.

        Times run from the moment a message is sent to the moment a stream has it: the submit itself is inside.
        """
        times: dict[str, list[float]] = {"visitor": [], "staff": []}
        lost = strange = 0
        for number in random.Random(1).choices(range(len(requests)), k=messages):
            missing, odd = await self._one(port, requests[number], number, times)
            lost, strange = lost + missing, strange + odd
        return {"times": {who: sorted(values) for who, values in times.items()}, "lost": lost, "strange": strange}

    async def leave(self) -> dict:
        for stream in self._streams:
            stream.transport.close()
        self._streams = []
        return {}

    async def _listen(self, port: int, gate: asyncio.Semaphore, who: Listener, request: dict) -> Stream:
        def heard() -> None:
            self._news.put_nowait((who, perf_counter()))

        async with gate:
            loop = asyncio.get_running_loop()
            _, stream = await loop.create_connection(lambda: Stream(request, heard), "127.0.0.1", port)
            await stream.opened
        return stream

    async def _one(self, port: int, request: dict, number: int, times: dict[str, list[float]]) -> tuple[int, int]:
        """Send one message and wait for all who should hear of it; how many did not, and how many others did."""
        awaited: set[Listener] = {("visitor", number), *(("staff", n) for n in range(self._staff))}
        strange = 0
        loop = asyncio.get_running_loop()
        sent = perf_counter()
        _, client = await loop.create_connection(lambda: Client(request, lambda status, took: False), "127.0.0.1", port)
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
