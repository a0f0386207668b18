"""What every root does, wherever its key is: it wraps epoch keys. Nobody asks it while a message is on its way."""

import hashlib
from typing import Protocol

from securemsg.errors import Unavailable, Unverified


class Away(Unavailable):
    """The provider that holds the root key does not answer. What is open stays open; nothing was changed."""

    def __init__(self, detail: str):
        super().__init__(detail, retry_after_seconds=5)


class Root(Protocol):
    """The top of the chain of keys. `id` is public, and stands in the keystore beside what this root wrapped."""

    @property
    def id(self) -> str: ...

    def wrap(self, secret: bytes, *place: str) -> bytes:
        """`secret` (32 bytes) wrapped, bound to its place. Away when the provider does not answer."""

    def unwrap(self, wrapped: bytes, *place: str) -> bytes:
        """The secret again. Unverified when it was altered, moved or wrapped by another root; Away as above."""


# What a provider returned is stored behind two bytes, version and suite; suite 2 is a key in this process (wraps.py).
VERSION = 1
AWSKMS, VAULT, PKCS11 = 16, 17, 18


def boxed(suite: int, wrapped: bytes) -> bytes:
    """What a provider returned, as it is stored."""
    return bytes((VERSION, suite)) + wrapped


def unboxed(suite: int, stored: bytes) -> bytes:
    """What the provider returned; Unverified for what another kind of root wrapped, and for a format nobody knows."""
    if not stored.startswith(bytes((VERSION, suite))):
        raise Unverified
    return stored[2:]


def remote_id(provider: str, target: str) -> str:
    """The id of a root whose key is never here: a prefix of the hash of how it is named."""
    return hashlib.sha256(f"securemsg root {provider}:{target}".encode()).hexdigest()[:16]
