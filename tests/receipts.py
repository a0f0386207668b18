"""A receipt checked by somebody who has nothing but it and the public key."""

from base64 import b64decode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from securemsg.crypto import receipts


def holds(receipt: dict, public: str) -> bool:
    """Whether the key (base64) signed it: no service is asked."""
    signature, key = b64decode(receipt["signature"]), Ed25519PublicKey.from_public_bytes(b64decode(public))
    try:
        key.verify(signature, receipts.signed_bytes(receipt))
    except InvalidSignature:
        return False
    return True
