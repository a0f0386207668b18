"""A sealed file of records: written by who has the public half of a backup key, opened by who has the private half.

Format: the line `securemsg backup 1`; the label (4 bytes of length, JSON); 80 bytes, a fresh data key by HPKE
(RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; info is all that stands before it); to the end
Cobblestone-256 (C2SP chunked-encryption) under that key, whose context is all that stands before. Within: records, each
with 4 bytes of length. Lengths are big-endian. Cut, continued, reordered or altered, it does not open.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

import orjson
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from securemsg.crypto import backup_keys
from securemsg.errors import Refused

_MAGIC = b"securemsg backup 1\n"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LENGTH = struct.Struct(">I")
_ENCAPSULATED_BYTES = 80  # 32 of the ephemeral key, the data key of 32, a tag of 16
_LARGEST_LABEL = 4096  # bytes
_LARGEST_RECORD = 1 << 28  # bytes; more is no record of ours, and shall not fill the memory
_READ_BYTES = 1 << 17


class Sealer:
    """Writes one archive. Nothing of it opens before `finish` wrote its end."""

    def __init__(self, file: BinaryIO, key: X25519PublicKey, label: dict):
        """`label` stands in the open: what must be known to choose the key."""
        self._file = file
        data_key = Cobblestone256Encryptor.generate_key()
        told = orjson.dumps(label | {"backup_key": backup_keys.key_id(key)})
        before = _MAGIC + _LENGTH.pack(len(told)) + told
        before += _SUITE.encrypt(data_key, key, info=before)
        self._stream = Cobblestone256Encryptor(data_key, before)
        file.write(before)

    def put(self, record: bytes) -> None:
        """One more record."""
        self._file.write(self._stream.update(_LENGTH.pack(len(record)) + record))

    def finish(self) -> None:
        self._file.write(self._stream.finalize())


class Opener:
    """Reads one archive. `label` is what stands in the open; nothing of it is proven before `records` are read."""

    def __init__(self, file: BinaryIO):
        """Refused when this is no archive."""
        self._file = file
        magic, size = file.read(len(_MAGIC)), file.read(_LENGTH.size)
        if magic != _MAGIC or len(size) != _LENGTH.size or _LENGTH.unpack(size)[0] > _LARGEST_LABEL:
            raise Refused("This is no archive of securemsg, or one of a version that this program does not know.")
        told = file.read(_LENGTH.unpack(size)[0])
        self._before = magic + size + told
        try:
            self.label: dict = orjson.loads(told)
            self.key_id = str(self.label["backup_key"])
        except (ValueError, KeyError, TypeError):
            raise _altered() from None

    def records(self, key: X25519PrivateKey) -> Iterator[bytes]:
        """Each record as soon as it is proven. The last one came with the proof that nothing is missing only when the
        iterator ends; until then nothing of it may count. Refused for another key, and for an archive that was altered."""
        known = backup_keys.key_id(key.public_key())
        if known != self.key_id:
            raise Refused(f"This archive is sealed for the backup key {self.key_id}, and the key given is {known}.")
        encapsulated = self._file.read(_ENCAPSULATED_BYTES)
        try:
            data_key = _SUITE.decrypt(encapsulated, key, info=self._before)
            yield from _records(self._opened(Cobblestone256Decryptor(data_key, self._before + encapsulated)))
        except InvalidTag:
            raise _altered() from None

    def _opened(self, stream: Cobblestone256Decryptor) -> Iterator[bytes]:
        while chunk := self._file.read(_READ_BYTES):
            yield stream.update(chunk)
        yield stream.finalize()


def _records(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut a stream of bytes into records; Refused when it ends within one."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        start = 0
        while len(waiting) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(waiting, start)
            if length > _LARGEST_RECORD:
                raise _altered()
            if len(waiting) - start - _LENGTH.size < length:
                break
            start += _LENGTH.size
            yield bytes(waiting[start:start + length])
            start += length
        del waiting[:start]
    if waiting:
        raise _altered()


def _altered() -> Refused:
    return Refused("The archive was altered, cut or damaged on its way: it does not open. Nothing was written.")
