"""Keys as people handle them: one line of text with a checksum, and files that are on the disk when it is said that they are."""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from securemsg.errors import Misconfigured

_KEY_BYTES = 32  # 256 bits
_KEY_CHARACTERS = 43  # base64url of 32 bytes without padding
_CHECKSUM_CHARACTERS = 6


def line(prefix: str, key: bytes, about: bytes = b"") -> str:
    """`<prefix><base64url of 32 bytes><checksum>`; the checksum begins base64url(SHA-256(about | key))."""
    return prefix + urlsafe_b64encode(key).decode().rstrip("=") + _checksum(key, about)


def key_in(text: str, prefix: str, source: str, what: str, about: bytes = b"") -> bytes:
    """The 32 bytes of a line that begins with `prefix`. Misconfigured with a sentence: `source` holds `what` …"""
    body = text[len(prefix):]
    if len(body) != _KEY_CHARACTERS + _CHECKSUM_CHARACTERS:
        raise Misconfigured(f"{source} holds {what} of the wrong length; it was probably cut or joined.")
    try:
        key = urlsafe_b64decode(body[:_KEY_CHARACTERS] + "=")
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES or _checksum(key, about) != body[_KEY_CHARACTERS:]:
        raise Misconfigured(f"{source} holds {what} whose checksum is wrong; it was probably mistyped.")
    return key


def create(path: Path, text: str) -> None:
    """Write one line, readable by its owner alone. Never overwrites."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: a new or renamed file is not there for good before."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _checksum(key: bytes, about: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(about + key).digest()).decode()[:_CHECKSUM_CHARACTERS]
