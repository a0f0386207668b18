"""HTTP/1.1 messages as bytes on a wire: where one ends, and the little that a proxy needs to know of it."""

import asyncio
import re
from dataclasses import dataclass
from typing import Self

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"\r\nidempotency-key: *([^\r]+)", re.IGNORECASE)
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """One request, whole: its head with the empty line, and its body."""

    head: bytes
    body: bytes

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> Self | None:
        """The next one; None where nothing comes any more."""
        try:
            head = await reader.readuntil(_HEAD_END)
        except asyncio.IncompleteReadError:
            return None
        return cls(head, await reader.readexactly(_length(head) or 0))

    @property
    def method(self) -> bytes:
        return self.head.split(b" ", 1)[0]

    @property
    def path(self) -> bytes:
        return self.head.split(b" ", 2)[1]

    @property
    def key(self) -> bytes:
        """What is the same in every try: the key in the head, or the form that holds one."""
        found = _KEY.search(self.head)
        return found[1] if found else self.body

    @property
    def is_stream(self) -> bool:
        return self.path.partition(b"?")[0].endswith(b"/events")

    @property
    def whole(self) -> bytes:
        return self.head + self.body

    def forwarded_for(self, address: str) -> Self:
        """As a proxy sends it on."""
        first, _, rest = self.head.partition(b"\r\n")
        before = re.search(rb"\r\nx-forwarded-for: *([^\r]+)", self.head, re.IGNORECASE)
        hops = (before[1] + b", " if before else b"") + address.encode()
        rest = re.sub(rb"(?im)^x-forwarded-for:[^\r]*\r\n", b"", rest)
        return type(self)(b"%s\r\nX-Forwarded-For: %s\r\n%s" % (first, hops, rest), self.body)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """One whole answer that is no stream."""
    head = await reader.readuntil(_HEAD_END)
    status = int(head[9:12])
    if status in (204, 304):
        return head
    length = _length(head)
    if length is not None:
        return head + await reader.readexactly(length)
    return head + (await reader.readuntil(_LAST_CHUNK) if b"chunked" in head else await reader.read())


def _length(head: bytes) -> int | None:
    found = _LENGTH.search(head)
    return int(found[1]) if found else None
