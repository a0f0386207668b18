"""A signed receipt: the visitor can prove later, offline, what was received and when.

The text itself is not in it, only a salted hash, so that a receipt can be shown without showing the message.
Signed are these lines, joined by newline, in UTF-8 (Ed25519, RFC 8032):
`securemsg receipt 1`, key id, clinic, conversation, message, seq, received_at, salt, text_sha256.
"""

import hashlib
import secrets
from base64 import b64encode
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SALT_BYTES = 16  # 128 bits


def sign(seed: bytes, clinic: str, conversation: str, message: str, seq: int, received_at: str, text: bytes) -> dict:
    """A receipt as a JSON-ready object. `seed` is the 32-byte private key; `received_at` is RFC 3339 text."""
    key, key_id = _opened(seed)
    salt = secrets.token_hex(_SALT_BYTES)
    facts = {"key": key_id, "clinic": clinic, "conversation": conversation, "message": message, "seq": seq,
             "received_at": received_at, "salt": salt, "text_sha256": hashlib.sha256(salt.encode() + text).hexdigest()}
    return {**facts, "signature": b64encode(key.sign(signed_bytes(facts))).decode()}


def signed_bytes(receipt: dict) -> bytes:
    """What the signature covers."""
    names = ("key", "clinic", "conversation", "message", "seq", "received_at", "salt", "text_sha256")
    return "\n".join(("securemsg receipt 1", *(str(receipt[name]) for name in names))).encode()


def public_key(seed: bytes) -> dict:
    """The public half, for `/receipt-keys.json`."""
    key, key_id = _opened(seed)
    return {"key": key_id, "algorithm": "Ed25519", "public": b64encode(key.public_key().public_bytes_raw()).decode()}


@lru_cache(maxsize=8)
def _opened(seed: bytes) -> tuple[Ed25519PrivateKey, str]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key, hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]
