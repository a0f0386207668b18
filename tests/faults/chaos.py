"""A proxy between clients and the service that does to each request what networks do, by chance and by a seed.

    with Chaos(8000, 8001, seed="17") as chaos:
        with chaos.storm():      # before and after, every request just passes
            ...
    chaos.done["answer lost"]    # how often that really happened

What befalls a request hangs on the seed, who sends it, what it is and how often it came: the same seed does the same again.
"""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Self

from tests.faults.mischief import IN_STREAMS, TO_REQUESTS, Gone, Line
from tests.faults.wired import Request

_WORST_LUCK = 3  # times that a message is in trouble; with four, openings would meet the limit of five a minute
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}")


class Chaos:
    """Listens where the service says that it is. Every client's own address goes on as X-Forwarded-For says it."""

    def __init__(self, port: int, to_port: int, seed: str):
        self.port, self.to_port, self.seed = port, to_port, seed
        self.done: Counter[str] = Counter()
        self._raging, self._seen = False, Counter[bytes]()
        self._lines: set[asyncio.Task] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def storm(self) -> Iterator[None]:
        """From here on hardly anything goes as it should."""
        self._raging = True
        try:
            yield
        finally:
            self._raging = False

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=500)

    async def _end(self) -> None:
        self._server.close()
        for task in self._lines:
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, request by request, until one side or the chaos ends it."""
        task = asyncio.current_task()
        assert task
        self._lines.add(task)
        try:
            while request := await Request.read(reader):
                await self._befalls(request, reader, writer)
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._lines.discard(task)

    async def _befalls(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")[0]
        chance, nth = self._chance(request, address)
        line = Line(request.forwarded_for(address), reader, writer, self.to_port, chance, self._later)
        table = IN_STREAMS if request.is_stream else TO_REQUESTS
        spared = not self._raging or (nth > _WORST_LUCK and not request.is_stream)
        kind = "passed" if spared else chance.choices(tuple(table), [weight for weight, _ in table.values()])[0]
        await table[kind][1](line)
        self.done[kind] += 1
        if line.withheld:
            self.done["acknowledgement withheld"] += 1
        if line.over:
            raise Gone

    def _chance(self, request: Request, address: str) -> tuple[Random, int]:
        """The dice for this request, and that it is the nth of its kind from there."""
        label = b" ".join((address.encode(), request.method, request.key or _UUID.sub(b"", request.path)))
        self._seen[label] += 1
        return Random(b"%s %s %d" % (self.seed.encode(), label, self._seen[label])), self._seen[label]

    def _later(self, work) -> None:
        """Something that goes on after the request."""
        task = asyncio.ensure_future(work)
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)
