"""Ids of rows: UUIDv7 (RFC 9562), made by the application so that a value can be bound to its row before INSERT."""

import re
import secrets
import threading
import time

_lock = threading.Lock()
_last = 0
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def new_id() -> str:
    """36 characters; each one made in this process sorts after the one before."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """So many, in their order: of rows that belong together, since they have their random bits in common."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 bits of counter, which runs on when a millisecond is used up
        first = max(_last + 1, (time.time_ns() // 1_000_000) << 12)
        _last = first + count - 1
    rest = 0b10 << 62 | secrets.randbits(62)
    return [_text((stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | rest) for stamp in range(first, first + count)]


def is_id(text: object) -> bool:
    """Whether this is an id as it is written here. In an SQLite file anything may stand in its place."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def of_mac(mac: bytes) -> str:
    """An id that says itself what its row is to hold: 122 bits of a MAC over that, as UUIDv8 (RFC 9562, 5.8)."""
    value = int.from_bytes(mac[:16], "big")
    return _text(value & ~(0xF << 76 | 0b11 << 62) | 0x8 << 76 | 0b10 << 62)


def first_id(at: int) -> str:
    """The id that sorts before all that are made from this moment (microseconds) on."""
    return _text(max(at, 0) // 1000 << 80 | 0x7 << 76 | 0b10 << 62)


def made_at(id: str) -> int:
    """When an id was made, to the millisecond; in microseconds."""
    return int(id[:8] + id[9:13], 16) * 1000


def _text(value: int) -> str:
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
