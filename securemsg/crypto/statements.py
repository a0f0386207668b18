"""A statement of the service, signed: what a backup held, what a drill found. Anybody can verify it offline.

Signed (Ed25519, RFC 8032) are the line `securemsg <kind> 1`, a newline, and the facts as JSON with sorted keys and no
spaces, without `signature`. The key is the one of receipts: its public half is at `/receipt-keys.json`.
"""

from base64 import b64decode, b64encode

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from securemsg.crypto.receipts import public_key


def sign(seed: bytes, kind: str, facts: dict) -> dict:
    """The facts with `key` and `signature`. `kind` is one word; `facts` are JSON-ready."""
    stated = facts | {"key": public_key(seed)["key"]}
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(signed_bytes(kind, stated))
    return stated | {"signature": b64encode(signature).decode()}


def is_signed(seed: bytes, kind: str, statement: dict) -> bool:
    """Whether the holder of `seed` said exactly this."""
    try:
        signature = b64decode(statement["signature"], validate=True)
        Ed25519PrivateKey.from_private_bytes(seed).public_key().verify(signature, signed_bytes(kind, statement))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def signed_bytes(kind: str, statement: dict) -> bytes:
    """What the signature covers."""
    facts = {name: value for name, value in statement.items() if name != "signature"}
    return f"securemsg {kind} 1\n".encode() + orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
