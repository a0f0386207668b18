"""The work that a proof of work takes, as the frame does it."""

import hashlib
from itertools import count


def solution(challenge: str, bits: int) -> str:
    """`<challenge>.<n>` for the first n that fits."""
    begun, limit = hashlib.sha256(f"{challenge}.".encode()), 1 << (256 - bits)
    for n in count():
        tried = begun.copy()
        tried.update(b"%d" % n)
        if int.from_bytes(tried.digest(), "big") < limit:
            return f"{challenge}.{n}"
    raise AssertionError("count() has no end")
