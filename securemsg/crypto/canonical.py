"""One way to write down a list of facts as bytes: each length-prefixed, None apart from empty."""

import struct

_LENGTH = struct.Struct(">i").pack
_NONE = _LENGTH(-1)
_SHORT = tuple(_LENGTH(length) for length in range(1024))  # a whole audit log is written down like this to be checked


def canonical(*facts: object) -> bytes:
    """No two lists have the same bytes. Numbers stand as decimal text, text as UTF-8."""
    parts: list[bytes] = []
    add = parts.append
    for fact in facts:
        if fact is None:
            add(_NONE)
            continue
        data = fact.encode() if fact.__class__ is str else fact if isinstance(fact, bytes) else str(fact).encode()
        length = len(data)
        add((_SHORT[length] if length < 1024 else _LENGTH(length)) + data)
    return b"".join(parts)
