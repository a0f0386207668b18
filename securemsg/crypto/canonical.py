"""One way to write down a list of facts as bytes: each length-prefixed, None apart from empty."""

import struct


def canonical(*facts: object) -> bytes:
    """No two lists have the same bytes. Numbers stand as decimal text, text as UTF-8."""
    return b"".join(map(_one, facts))


def _one(value: object) -> bytes:
    if value is None:
        return struct.pack(">i", -1)
    data = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack(">i", len(data)) + data
