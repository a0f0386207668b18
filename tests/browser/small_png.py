"""Make a screenshot small: the same picture with 256 colours, in a third of the bytes (PNG, W3C, sections 9 and 11)."""

import struct
import zlib
from collections import Counter
from functools import cache
from itertools import pairwise

Color = tuple[int, int, int]
COMMON = 1500  # pixels: a colour as frequent as this stays exactly as it is
ALIKE = 36  # square of the distance below which nobody sees a difference in a letter's soft edge


def smaller(png: bytes) -> bytes:
    """`png` must be as browsers write it: eight bits each of red, green and blue, not interlaced."""
    parts = list(_parts(png))
    width, height, *kind = struct.unpack(">IIBBBBB", parts[0][1])
    assert kind == [8, 2, 0, 0, 0], "not a screenshot"
    rows = _rows(zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT")), width * 3)
    pixels = [list(zip(row[::3], row[1::3], row[2::3], strict=True)) for row in rows]
    palette = _palette(Counter(color for row in pixels for color in row))

    @cache
    def nearest(color: Color) -> int:
        return min(range(len(palette)), key=lambda at: _distance(palette[at], color))

    lines = b"".join(b"\0" + bytes(map(nearest, row)) for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + b"".join((
        _part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)), _part(b"PLTE", bytes(sum(palette, ()))),
        _part(b"IDAT", zlib.compress(lines, 9)), _part(b"IEND", b"")))


def _palette(counted: Counter[Color]) -> list[Color]:
    """The frequent colours, then of the rest those that are unlike all chosen before."""
    chosen: list[Color] = []
    for color, count in counted.most_common():
        if len(chosen) < 256 and (count >= COMMON or all(_distance(color, other) > ALIKE for other in chosen)):
            chosen.append(color)
    return chosen


def _distance(one: Color, other: Color) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _parts(png: bytes):
    at = 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at:at + 8])
        yield name, png[at + 8:at + 8 + length]
        at += length + 12


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rows(raw: bytes, length: int):
    """Each line of the picture, its filter undone."""
    above = bytes(length)
    for start, end in pairwise(range(0, len(raw) + 1, length + 1)):
        row = bytearray(raw[start + 1:end])
        for at in range(length):
            left, corner = (row[at - 3], above[at - 3]) if at > 2 else (0, 0)
            row[at] = (row[at] + _FILTERS[raw[start]](left, above[at], corner)) & 255
        yield row
        above = row


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


_FILTERS = (lambda left, up, corner: 0, lambda left, up, corner: left, lambda left, up, corner: up,
            lambda left, up, corner: (left + up) // 2, _paeth)
