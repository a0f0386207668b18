"""What can befall a request or a stream between two machines: a table of kinds, how often each, and who does it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from tests.faults import wired
from tests.faults.wired import Request

_STALL_SECONDS = 30  # longer than any client of the tests waits
_RESET = struct.pack("ii", 1, 0)


class Gone(Exception):
    """This connection is over."""


@dataclass
class Line:
    """A request on its way, the client it came from, and the dice."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    to_port: int
    chance: Random
    later: Callable[[Coroutine], None] = field(repr=False)
    over: bool = False  # the client's connection ends with this request
    withheld: bool = False  # the service acknowledged a message, and the client has not heard of it

    @asynccontextmanager
    async def service(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection of its own to the service."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def ask(self) -> bytes:
        """The service's whole answer."""
        async with self.service() as (reader, writer):
            writer.write(self.request.whole)
            return await wired.answer(reader)

    async def tell(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def keeps(self, answer: bytes, upto: int = 0) -> None:
        """The client gets no more than a part of the answer, and then the end."""
        await self.tell(answer[:upto])
        self.withheld = self.request.method == b"POST" and answer[9:12] in (b"201", b"303")
        self.over = True

    async def waits_until_the_client_leaves(self) -> None:
        self.over = True
        with suppress(TimeoutError, OSError):
            await asyncio.wait_for(self.reader.read(1), _STALL_SECONDS)


async def passed(line: Line) -> None:
    await line.tell(await line.ask())


async def delayed(line: Line) -> None:
    await asyncio.sleep(line.chance.uniform(0, 0.3))
    answer = await line.ask()
    await asyncio.sleep(line.chance.uniform(0, 0.3))
    await line.tell(answer)


async def request_lost(line: Line) -> None:
    line.over = True


async def request_cut(line: Line) -> None:
    """A part of it arrives, then the end; or the end as a reset."""
    async with line.service() as (_, writer):
        writer.write(line.request.whole[:line.chance.randrange(1, len(line.request.whole))])
        await writer.drain()
        if line.chance.random() < 0.5:
            _reset(writer)
    line.over = True


async def answer_lost(line: Line) -> None:
    await line.keeps(await line.ask())


async def answer_cut_in_its_head(line: Line) -> None:
    answer = await line.ask()
    await line.keeps(answer, line.chance.randrange(1, answer.index(b"\r\n\r\n")))


async def answer_cut_in_its_body(line: Line) -> None:
    answer = await line.ask()
    await line.keeps(answer, line.chance.randrange(answer.index(b"\r\n\r\n") + 4, len(answer) + 1) - 1)


async def answer_reset(line: Line) -> None:
    answer = await line.ask()
    await line.keeps(answer, line.chance.choice((0, len(answer) // 2)))
    _reset(line.writer)


async def request_stalled(line: Line) -> None:
    """It lies somewhere on the way until the client has had enough."""
    await line.waits_until_the_client_leaves()


async def answer_stalled(line: Line) -> None:
    await line.keeps(await line.ask())
    await line.waits_until_the_client_leaves()


async def request_half_closed(line: Line) -> None:
    """The client says all, and that it says nothing more; the answer still finds it (RFC 9112, 9.6)."""
    async with line.service() as (reader, writer):
        writer.write(line.request.whole)
        writer.write_eof()
        await line.tell(await wired.answer(reader))


async def answer_half_closed(line: Line) -> None:
    """Half of an answer, and nothing will follow; the other direction stays open."""
    answer = await line.ask()
    await line.keeps(answer, len(answer) // 2)
    line.writer.write_eof()
    await line.waits_until_the_client_leaves()


async def sent_twice(line: Line) -> None:
    """Two copies at once; which answer comes back is chance."""
    answers = await asyncio.gather(line.ask(), line.ask())
    await line.tell(line.chance.choice(answers))


async def sent_again_later(line: Line) -> None:
    """A copy arrives when the next message may be there already."""
    async def copy() -> None:
        await asyncio.sleep(line.chance.uniform(0.05, 1))
        with suppress(OSError, asyncio.IncompleteReadError):
            await line.ask()

    await line.tell(await line.ask())
    line.later(copy())


async def dribbled(line: Line) -> None:
    """Byte by byte, both ways."""
    async with line.service() as (reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await _byte_by_byte(writer, line.request.whole)
        await _byte_by_byte(line.writer, await wired.answer(reader))


async def stream_passed(line: Line) -> None:
    await _stream(line, None)


async def stream_cut(line: Line) -> None:
    """The end after so many bytes, in the middle of an event as well."""
    await _stream(line, _after(line))


async def stream_reset(line: Line) -> None:
    await _stream(line, _after(line))
    _reset(line.writer)


async def stream_stalled(line: Line) -> None:
    """Nothing comes any more for a while, and then the end."""
    await _stream(line, _after(line))
    await asyncio.sleep(0.5)


async def stream_half_closed(line: Line) -> None:
    await _stream(line, _after(line))
    with suppress(OSError):
        line.writer.write_eof()
    await line.waits_until_the_client_leaves()


async def stream_dribbled(line: Line) -> None:
    await _stream(line, _after(line), _byte_by_byte)


async def stream_refused(line: Line) -> None:
    line.over = True


def _after(line: Line) -> int:
    """Bytes until something happens to a stream: its head has about 700, an event 60."""
    return line.chance.randrange(50, 1500)


async def _stream(line: Line, upto: int | None, tell: Callable[..., Awaitable[None]] | None = None) -> None:
    """Carry on what the service says, no more than so many bytes, until either side ends it."""
    line.over = True
    async with line.service() as (reader, writer):
        writer.write(line.request.whole)
        left = asyncio.ensure_future(line.reader.read(1))
        while (upto is None or upto > 0) and not left.done():
            more = asyncio.ensure_future(reader.read(upto or 65_536))
            await asyncio.wait((more, left), return_when=asyncio.FIRST_COMPLETED)
            if not more.done() or not (data := more.result()):
                more.cancel()
                break
            upto = upto and upto - len(data)
            await (tell(line.writer, data) if tell else line.tell(data))
            if upto == 0:
                break
        left.cancel()


async def _byte_by_byte(writer: asyncio.StreamWriter, data: bytes) -> None:
    for at in range(len(data)):
        writer.write(data[at:at + 1])
        await writer.drain()
        if at % 16 == 0:
            await asyncio.sleep(0)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection by RST: what was on its way is lost."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


Table = dict[str, tuple[int, Callable[[Line], Awaitable[None]]]]
TO_REQUESTS: Table = {
    # kind: (weight, what is done)
    "passed": (40, passed), "delayed": (6, delayed), "dribbled": (5, dribbled),
    "request lost": (6, request_lost), "request cut": (6, request_cut), "request stalled": (3, request_stalled),
    "request half-closed": (5, request_half_closed),
    "answer lost": (8, answer_lost), "answer stalled": (3, answer_stalled), "answer reset": (5, answer_reset),
    "answer cut in its head": (5, answer_cut_in_its_head), "answer cut in its body": (6, answer_cut_in_its_body),
    "answer half-closed": (4, answer_half_closed),
    "sent twice": (6, sent_twice), "sent again later": (6, sent_again_later)}
IN_STREAMS: Table = {
    "passed": (1, stream_passed), "stream cut": (5, stream_cut), "stream reset": (3, stream_reset),
    "stream stalled": (3, stream_stalled), "stream half-closed": (3, stream_half_closed),
    "stream dribbled": (3, stream_dribbled), "stream refused": (2, stream_refused)}
