"""Proof of work: a puzzle that costs its solver a moment of computing, and is checked in one step.

Its solution is a decimal n such that SHA-256 of the UTF-8 text `<challenge>.<n>` begins with `bits` zero bits (the idea is
Hashcash's, A. Back 2002). The challenge carries its own difficulty and end, and a MAC over them and over whom it is for, so
that nothing is kept of those that nobody solves.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from securemsg.crypto.canonical import canonical

ALGORITHM = "SHA-256"
LIFE_SECONDS = 300
_NONCE_BYTES = 12  # 96 bits: no two visitors get the same challenge
_MAC_BYTES = 18  # 144 bits == 24 characters of base64url
_PROOF = re.compile(r"((\d{1,3})\.(\d{9,12})\.[A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{24})\.(?:0|[1-9]\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is asked: `text` of [A-Za-z0-9_.-], the number of zero bits, the end in seconds since 1970."""

    text: str
    bits: int
    expires_at: int


def challenge(key: bytes, bits: int, now: float, *about: str) -> Challenge:
    """A fresh one; `about` says whom and what it is for, and must be the same when it comes back. `now` is in seconds."""
    expires_at = int(now) + LIFE_SECONDS
    head = f"{bits}.{expires_at}.{secrets.token_urlsafe(_NONCE_BYTES)}"
    return Challenge(f"{head}.{_mac(key, head, about)}", bits, expires_at)


def solved(key: bytes, proof: str, now: float, *about: str) -> str | None:
    """The challenge that `<challenge>.<n>` solves; None when it is wrong, too old, or somebody else's."""
    match = _PROOF.fullmatch(proof)
    if match is None or not hmac.compare_digest(_mac(key, match[1], about), match[4]):
        return None
    hashed = int.from_bytes(hashlib.sha256(proof.encode()).digest(), "big")
    if int(match[3]) <= now or hashed >> (256 - int(match[2])):
        return None
    return proof.rpartition(".")[0]


def _mac(key: bytes, head: str, about: tuple[str, ...]) -> str:
    mac = hmac.digest(key, canonical("proof of work", head, *about), hashlib.sha256)
    return urlsafe_b64encode(mac[:_MAC_BYTES]).decode()
