"""One way to write down a list of facts as bytes: each length-prefixed, None apart from empty."""

import struct

_LENGTH = struct.Struct(">i").pack
_NONE = _LENGTH(-1)


def canonical(*facts: object) -> bytes:
    """No two lists have the same bytes. Numbers stand as decimal text, text as UTF-8."""
    parts = []
    for fact in facts:
        if fact is None:
            parts.append(_NONE)
        else:
            data = fact if isinstance(fact, bytes) else str(fact).encode()
            parts.append(_LENGTH(len(data)) + data)
    return b"".join(parts)
