"""The head of a conversation: one HMAC over all its messages, so that none can vanish or change places unseen."""

import hashlib
import hmac

from securemsg.crypto.canonical import canonical

START = b""


def advance(key: bytes, head: bytes, message_id: str, seq: int, ciphertext_sha256: bytes) -> bytes:
    """head_n = HMAC-SHA-256(head key, head_{n-1} | message id | seq | SHA-256(ciphertext)); 32 bytes."""
    parts = head + b"|" + message_id.encode() + b"|" + str(seq).encode() + b"|" + ciphertext_sha256
    return hmac.digest(key, parts, hashlib.sha256)


def whole(key: bytes, last_seq: int, head: bytes, note_seq: int) -> bytes:
    """What the conversation's own row holds: a MAC over how much there is. Older ones are nowhere in the database,
    so the newest messages and notes cannot be cut off by setting the counters back."""
    return hmac.digest(key, canonical("conversation", last_seq, head, note_seq), hashlib.sha256)


def fits(head: bytes, expected: bytes) -> bool:
    """Compare two heads in constant time."""
    return hmac.compare_digest(head, expected)
