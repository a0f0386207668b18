"""Checkpoints of the audit log: how long it was and what its root was, signed, readable by anybody's tools.

The format is C2SP's: a checkpoint (https://c2sp.org/tlog-checkpoint) as a signed note (https://c2sp.org/signed-note)
with one Ed25519 signature. Its first line names the service, the clinic and the clinic's id:

    messages.clinic.example/audit/harbour-lane/0199c1f2-…
    1532
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — messages.clinic.example/audit/harbour-lane/0199c1f2-… Az3grlgtzPICa5OS8npVmf1Myq/5IZni…
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from securemsg.crypto.canonical import canonical

_ED25519 = b"\1"  # the signature type of a signed note
_KEY_ID_BYTES = 4
# Lines may have become one, as in a system log, and the dash something else; what is signed is put together anew.
# An origin begins where a word does and has an end, so that a text of one long word is looked through once.
_NOTE = re.compile(r"(?P<origin>(?<![\w.:\[\]-])[\w.:\[\]-]{1,255}/audit/[\w-]{1,255}/[0-9a-f-]{36})\s+"
                   r"(?P<size>0|[1-9]\d{0,18})\s+(?P<root>[A-Za-z0-9+/]{43}=)\s+"
                   r"\S{1,20}\s+(?P<name>[^\s+]+)\s+(?P<signature>[A-Za-z0-9+/]{91}=)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says: `root` (32 bytes) is that of the tree of the first `size` rows."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The signed text: three lines."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @property
    def clinic_id(self) -> str:
        return self.origin.rpartition("/")[2]

    @property
    def tree(self) -> int:
        """Which of the clinic's trees, 1 being the first: what `origin` wrote behind the short name."""
        _, mark, number = self.origin.rpartition("/")[0].rpartition("/")[2].rpartition("_")
        return int(number) if mark and number.isdecimal() else 1


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint, who says to have signed it, and the signature: 4 bytes of key id, then 64 of Ed25519."""

    checkpoint: Checkpoint
    name: str
    signature: bytes

    def __str__(self) -> str:
        return f"{self.checkpoint.text}\n— {self.name} {b64encode(self.signature).decode()}\n"

    def signed_by(self, publics: Iterable[bytes]) -> bool:
        """Whether one of these Ed25519 keys (32 bytes each) signed it. The key's name must be the origin."""
        if self.name != self.checkpoint.origin:
            return False
        known = [public for public in publics if key_id(self.name, public) == self.signature[:_KEY_ID_BYTES]]
        return any(_fits(public, self.signature[_KEY_ID_BYTES:], self.checkpoint.text.encode()) for public in known)


def origin(host: str, slug: str, clinic_id: str, tree: int = 1) -> str:
    """Who speaks: `host` is the service's public one, with its port if it has one of its own. A tree that began behind a break
    is another log to whoever follows it (C2SP): its number stands behind the short name, which has no underscore itself."""
    return f"{host}/audit/{slug}{f'_{tree}' if tree > 1 else ''}/{clinic_id}"


def sign(seed: bytes, checkpoint: Checkpoint) -> Note:
    """`seed` is the 32-byte private key (RFC 8032)."""
    key, public = _opened(seed)
    name = checkpoint.origin
    return Note(checkpoint, name, key_id(name, public) + key.sign(checkpoint.text.encode()))


def public_key(seed: bytes) -> bytes:
    """The 32 bytes that verify."""
    return _opened(seed)[1]


def key_id(name: str, public: bytes) -> bytes:
    """SHA-256(key name | newline | signature type | public key), the first 4 bytes."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_BYTES]


def found_in(text: str) -> Iterator[Note]:
    """Every note in a text, in order: one after the other, or among the lines of a system log, each as one line."""
    for found in _NOTE.finditer(text.replace("#012", "\n").replace("\\n", "\n")):
        checkpoint = Checkpoint(found["origin"], int(found["size"]), b64decode(found["root"]))
        yield Note(checkpoint, found["name"], b64decode(found["signature"]))


def read(note: object) -> Note | None:
    """A stored note; None unless it is one, to the letter. In an SQLite file there may be anything instead of it."""
    found = next(found_in(note), None) if isinstance(note, str) else None
    return found if found and str(found) == note else None


def attested_id(key: bytes, *facts: object) -> str:
    """The id of a row that only who has the audit key can write: a UUIDv8 (RFC 9562, section 5.8) out of an HMAC-SHA-256.

    A checkpoint's facts hold the id of the one before it, so that none can be taken out unseen.
    """
    value = int.from_bytes(hmac.digest(key, canonical(*facts), "sha256")[:16])
    return str(UUID(int=value & ~(0xF << 76 | 0b11 << 62) | 0x8 << 76 | 0b10 << 62))


@lru_cache(maxsize=8)
def _opened(seed: bytes) -> tuple[Ed25519PrivateKey, bytes]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key, key.public_key().public_bytes_raw()


def _fits(public: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
