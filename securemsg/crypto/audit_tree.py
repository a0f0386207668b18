"""What makes an audit row convict: its leaf (a hash of the whole row), its MAC, and the Merkle tree over all leaves.

The leaf and the MAC are written with the row. Numbering puts the leaf into a tree (RFC 6962, section 2.1), of which
only the edge is kept: the roots of its perfect subtrees, at most 64 of them however long the log is.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache

from securemsg.crypto.canonical import canonical
from securemsg.errors import Unverified

_HASH_BYTES = 32  # SHA-256


def leaf(fields: tuple[object, ...]) -> bytes:
    """SHA-256(0x00 | canonical row), RFC 6962 section 2.1; every field length-prefixed, None apart from empty."""
    return hashlib.sha256(b"\0" + canonical(*fields)).digest()


def mac(key: bytes, uid: str, row_leaf: bytes) -> bytes:
    """HMAC-SHA-256(audit key, uid | leaf): who only writes to the database cannot make one."""
    keyed = _keyed(key).copy()
    keyed.update(uid.encode() + row_leaf)
    return keyed.digest()


@dataclass(slots=True)
class Frontier:
    """The edge of a tree of `size` leaves (its compact range): `peaks` are the roots of its perfect subtrees, largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, size: int, kept: bytes | None) -> "Frontier":
        """What `bytes()` wrote: 32 bytes for each bit that is set in `size`; Unverified when it is not as long as that."""
        kept = kept or b""
        if size < 0 or len(kept) != _HASH_BYTES * size.bit_count():
            raise Unverified
        return cls(size, [kept[at:at + _HASH_BYTES] for at in range(0, len(kept), _HASH_BYTES)])

    def __bytes__(self) -> bytes:
        return b"".join(self.peaks)

    def add(self, row_leaf: bytes) -> None:
        """One more leaf: it joins the subtrees that are now full, as a carry runs through a binary number."""
        peaks, rest, joined = self.peaks, self.size, row_leaf
        while rest & 1:
            joined, rest = _node(peaks.pop(), joined), rest >> 1
        peaks.append(joined)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far; of none, the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = _node(peak, root)
        return root


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> hmac.HMAC:
    """The MAC before any message: a copy of it costs half of what it takes to begin anew."""
    return hmac.new(key, digestmod="sha256")


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
