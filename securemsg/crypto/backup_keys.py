"""The two halves of a backup key: the public one seals archives, the private one, kept away from the server, opens them.

One line of text each: `smbackup1_pub_<base64url of 32 bytes><checksum>` and `smbackup1_key_…`, X25519 (RFC 7748). The
checksum is the first six characters of base64url(SHA-256(prefix | 32 bytes)). No post-quantum key: its line would have
1,600 characters, and what an archive hides beneath this key is content that is sealed by symmetric keys all the same.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from securemsg.crypto import key_files
from securemsg.errors import Misconfigured

PUBLIC, PRIVATE = "smbackup1_pub_", "smbackup1_key_"


def new_texts() -> tuple[str, str]:
    """A fresh pair as text: the public half, the private half."""
    key = X25519PrivateKey.generate()
    return _text(PUBLIC, key.public_key().public_bytes_raw()), _text(PRIVATE, key.private_bytes_raw())


def public(text: str, source: str) -> X25519PublicKey:
    """The key that seals. `source` begins the sentence of Misconfigured that says what is wrong with it."""
    if text.strip().startswith(PRIVATE):
        raise Misconfigured(f"{source} holds the private half of a backup key, which must not be on the server: whoever "
                            f"takes it opens every archive. Put the public half there; it begins with {PUBLIC}.")
    return X25519PublicKey.from_public_bytes(_bytes(text, PUBLIC, source, "the public half of a backup key"))


def private(text: str, source: str) -> X25519PrivateKey:
    """The key that opens; as `public`."""
    if text.strip().startswith(PUBLIC):
        raise Misconfigured(f"{source} holds the public half of a backup key, which opens nothing. "
                            f"The private half begins with {PRIVATE}.")
    return X25519PrivateKey.from_private_bytes(_bytes(text, PRIVATE, source, "the private half of a backup key"))


def key_id(key: X25519PublicKey) -> str:
    """What an archive names its key by: public, a prefix of the key's hash."""
    return hashlib.sha256(b"securemsg backup" + key.public_bytes_raw()).hexdigest()[:16]


def _text(prefix: str, key: bytes) -> str:
    return key_files.line(prefix, key, prefix.encode())


def _bytes(text: str, prefix: str, source: str, what: str) -> bytes:
    lines = text.strip().splitlines()
    if len(lines) != 1 or not lines[0].startswith(prefix):
        raise Misconfigured(f"{source} does not hold {what}: that is one line that begins with {prefix}.")
    return key_files.key_in(lines[0].strip(), prefix, source, what, prefix.encode())
