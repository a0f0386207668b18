"""A root key as one line of text, and what such a key does: it wraps and unwraps within this process.

The text is the same for every provider that hands one over: `smroot1_<base64url of 32 bytes><checksum>`. The checksum is the
first six characters of base64url(SHA-256(32 bytes)), so that a cut or mistyped line is told from a wrong key.
"""

import hashlib
import secrets
from dataclasses import dataclass, field

from securemsg.crypto import key_files, wraps
from securemsg.errors import Misconfigured

_PREFIX = "smroot1_"
_KEY_BYTES = 32  # 256 bits


@dataclass(frozen=True, slots=True)
class RootKey:
    """A root whose key this process holds. `id` is public: a prefix of the key's hash."""

    id: str
    secret: bytes = field(repr=False)

    def wrap(self, secret: bytes, *place: str) -> bytes:
        """`secret` (32 bytes) under this key, AES-256-GCM, bound to its place."""
        return wraps.wrap(self.secret, secret, *place)

    def unwrap(self, wrapped: bytes, *place: str) -> bytes:
        """The secret again; Unverified when it was altered, moved, or wrapped by another key."""
        return wraps.unwrap(self.secret, wrapped, *place)


def parse(text: str, source: str) -> RootKey:
    """The key in one line of text. `source` begins the sentence of Misconfigured that says what is wrong with it."""
    lines = text.strip().splitlines()
    if not lines:
        raise Misconfigured(f"{source} is empty.")
    if len(lines) > 1:
        raise Misconfigured(f"{source} holds more than one line; a root key is one line.")
    line = lines[0].strip()
    if not line.startswith(_PREFIX):
        raise Misconfigured(f"{source} does not hold a root key: one begins with {_PREFIX}.")
    return of(key_files.key_in(line, _PREFIX, source, "a root key"))


def of(secret: bytes) -> RootKey:
    """The root key that these 32 bytes are."""
    return RootKey(id=hashlib.sha256(b"securemsg root" + secret).hexdigest()[:16], secret=secret)


def text_of(root: RootKey) -> str:
    """The key as its line of text."""
    return key_files.line(_PREFIX, root.secret)


def new_text() -> str:
    """A fresh root key as text."""
    return key_files.line(_PREFIX, secrets.token_bytes(_KEY_BYTES))
