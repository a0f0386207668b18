"""Wrap one key under another: AES-256-GCM with a random nonce, bound to what the key is for.

Format: `version (1) | suite (2) | nonce (12) | ciphertext and tag (48)`.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from securemsg.crypto.canonical import canonical
from securemsg.errors import Unverified

_HEADER = bytes((1, 2))
_NONCE_BYTES = 12  # 96 bits, NIST SP 800-38D; a wrapping key wraps far fewer than 2^32 keys
_WRAPPED_BYTES = len(_HEADER) + _NONCE_BYTES + 32 + 16


def wrap(wrapper: bytes, secret: bytes, *about: str) -> bytes:
    """`secret` (32 bytes) under `wrapper` (32 bytes); `about` says what it is and must be the same at unwrap."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _HEADER + nonce + AESGCM(wrapper).encrypt(nonce, secret, canonical(*about))


def unwrap(wrapper: bytes, wrapped: bytes, *about: str) -> bytes:
    """The key again, or Unverified."""
    if len(wrapped) != _WRAPPED_BYTES or not wrapped.startswith(_HEADER):
        raise Unverified
    try:
        nonce, sealed = wrapped[2:2 + _NONCE_BYTES], wrapped[2 + _NONCE_BYTES:]
        return AESGCM(wrapper).decrypt(nonce, sealed, canonical(*about))
    except InvalidTag as error:
        raise Unverified from error
