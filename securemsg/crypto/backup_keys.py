"""The two halves of a backup key: the public one seals archives, the private one, kept away from the server, opens them.

One line of text each: `smbackup1_pub_<base64url of 32 bytes><checksum>` and `smbackup1_key_…`, X25519 (RFC 7748). The
checksum is the first six characters of base64url(SHA-256(prefix | 32 bytes)). No post-quantum key: its line would have
1,600 characters, and what an archive hides beneath this key is content that is sealed by symmetric keys all the same.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from securemsg.errors import Misconfigured

PUBLIC, PRIVATE = "smbackup1_pub_", "smbackup1_key_"
_KEY_BYTES = 32  # 256 bits
_KEY_CHARACTERS = 43  # base64url of 32 bytes without padding
_CHECKSUM_CHARACTERS = 6


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


def create_file(path: Path, text: str) -> None:
    """Write the private half, readable by its owner alone. Never overwrites."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(descriptor)


def _text(prefix: str, key: bytes) -> str:
    return prefix + urlsafe_b64encode(key).decode().rstrip("=") + _checksum(prefix, key)


def _bytes(text: str, prefix: str, source: str, what: str) -> bytes:
    lines = text.strip().splitlines()
    if len(lines) != 1 or not lines[0].startswith(prefix):
        raise Misconfigured(f"{source} does not hold {what}: that is one line that begins with {prefix}.")
    body = lines[0].strip()[len(prefix):]
    if len(body) != _KEY_CHARACTERS + _CHECKSUM_CHARACTERS:
        raise Misconfigured(f"{source} holds {what} of the wrong length; it was probably cut or joined.")
    try:
        key = urlsafe_b64decode(body[:_KEY_CHARACTERS] + "=")
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES or _checksum(prefix, key) != body[_KEY_CHARACTERS:]:
        raise Misconfigured(f"{source} holds {what} whose checksum is wrong; it was probably mistyped.")
    return key


def _checksum(prefix: str, key: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(prefix.encode() + key).digest()).decode()[:_CHECKSUM_CHARACTERS]
