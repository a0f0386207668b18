"""Seal and open one value, bound to its place; version and suite in the header.

Stored format: `version (1) | suite (1) | key version (4, big-endian) | payload`.
Suite 1 is Cobblestone-256 (C2SP chunked-encryption): commits to key and context, adds 78 bytes with our header,
and 16 more for each full 16 KiB.
"""

import struct
from dataclasses import dataclass

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from securemsg.crypto.canonical import canonical
from securemsg.errors import Unverified

VERSION = 1
COBBLESTONE_256 = 1
_HEADER = struct.Struct(">BBI")
_SUITE = struct.Struct(">BI")
_LENGTH = struct.Struct(">I")
_BUCKETS = (64, 256, 1024, 4096, 16384, 65536)  # bytes; a stored length tells only the bucket


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lives. A sealed value opens only in the place it was sealed for.

    `sender` is the kind of author (visitor, staff, system), the id of the person whose alone it is, or empty. The order of
    messages is bound by the conversation's head, not here, so that a value can be sealed before its number is known.
    """

    table: str
    column: str
    clinic: str
    row: str
    conversation: str = ""
    sender: str = ""

    def context(self, key_version: int) -> bytes:
        """Length-prefixed, never joined by a delimiter: no two places share a context."""
        parts = (self.table, self.column, self.clinic, self.conversation, self.row, self.sender)
        return _SUITE.pack(COBBLESTONE_256, key_version) + canonical(*parts)

    def shared(self, key_version: int) -> bytes:
        """What the contexts of all rows of the conversation begin with."""
        parts = (self.table, self.column, self.clinic, self.conversation)
        return _SUITE.pack(COBBLESTONE_256, key_version) + canonical(*parts)


@dataclass(frozen=True, slots=True)
class Key:
    """32 secret bytes and the version of the stored key they come from."""

    secret: bytes
    version: int

    def __repr__(self) -> str:
        return f"Key(version={self.version})"


def seal(key: Key, place: Place, data: bytes) -> bytes:
    """Pad `data` to its bucket and seal it for `place`."""
    sealer = Cobblestone256Encryptor(key.secret, place.context(key.version))
    return _HEADER.pack(VERSION, COBBLESTONE_256, key.version) + sealer.update(_pad(data)) + sealer.finalize()


def unseal(key: Key, place: Place, sealed: bytes) -> bytes:
    """The bytes that were sealed here, or Unverified; never a part of them."""
    if key_version(sealed) != key.version:
        raise Unverified
    return _opened(key.secret, place.context(key.version), sealed)


class Unsealer:
    """Opens the values of one column of a conversation, sealed under one key, as `unseal` opens each: what their contexts share
    is written down once. `place` names the column; its row and sender do not count."""

    __slots__ = ("_header", "_secret", "_shared")

    def __init__(self, key: Key, place: Place):
        self._secret, self._shared = key.secret, place.shared(key.version)
        self._header = _HEADER.pack(VERSION, COBBLESTONE_256, key.version)

    def unseal(self, row: str, sender: str, sealed: bytes) -> bytes:
        """The bytes that were sealed in this row by this kind of author, or Unverified."""
        if not isinstance(sealed, bytes) or not sealed.startswith(self._header):
            raise Unverified
        return _opened(self._secret, self._shared + canonical(row, sender), sealed)


def key_version(sealed: bytes) -> int:
    """The version of the key that sealed this value; Unverified for a format this program does not know."""
    if not isinstance(sealed, bytes) or len(sealed) < _HEADER.size:
        raise Unverified
    version, suite, number = _HEADER.unpack_from(sealed)
    if (version, suite) != (VERSION, COBBLESTONE_256):
        raise Unverified
    return number


def _opened(secret: bytes, context: bytes, sealed: bytes) -> bytes:
    try:
        opener = Cobblestone256Decryptor(secret, context)
        return _unpad(opener.update(sealed[_HEADER.size:]) + opener.finalize())
    except (InvalidTag, ValueError) as error:
        raise Unverified from error


def _pad(data: bytes) -> bytes:
    whole = len(data) + _LENGTH.size
    bucket = next((size for size in _BUCKETS if size >= whole), -(-whole // _BUCKETS[-1]) * _BUCKETS[-1])
    return (_LENGTH.pack(len(data)) + data).ljust(bucket, b"\0")


def _unpad(padded: bytes) -> bytes:
    (length,) = _LENGTH.unpack_from(padded)
    end = _LENGTH.size + length
    if end > len(padded) or padded[end:] != bytes(len(padded) - end):
        raise ValueError("padding")
    return padded[_LENGTH.size:end]
