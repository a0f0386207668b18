"""What makes an audit row convict: its leaf (a hash of the whole row) and its MAC.

The leaf is written with the row; numbering, the Merkle tree (RFC 6962) and signed checkpoints build on it.
"""

import hashlib
import hmac

from securemsg.crypto.canonical import canonical


def leaf(fields: tuple[object, ...]) -> bytes:
    """SHA-256(0x00 | canonical row), RFC 6962 section 2.1; every field length-prefixed, None apart from empty."""
    return hashlib.sha256(b"\0" + canonical(*fields)).digest()


def mac(key: bytes, uid: str, row_leaf: bytes) -> bytes:
    """HMAC-SHA-256(audit key, uid | leaf): who only writes to the database cannot make one."""
    return hmac.digest(key, uid.encode() + row_leaf, hashlib.sha256)
