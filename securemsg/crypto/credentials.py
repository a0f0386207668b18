"""What staff prove themselves with: a password (Argon2id), a code from an app (TOTP), recovery codes.

Argon2id costs tens of milliseconds of CPU on purpose: callers run it off the event loop, a few at a time.
"""

import hmac
import secrets
from base64 import b32encode
from functools import cache
from urllib.parse import quote

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_MEMORY_KIB = 19_456  # 19 MiB with 2 passes and 1 lane: OWASP's floor for Argon2id
_PASSES = 2
_SALT_BYTES = 16  # 128 bits
_HASH_BYTES = 32  # 256 bits
_TOTP_BYTES = 20  # 160 bits, the length of SHA-1's block that every authenticator app takes (RFC 4226)
_STEP_SECONDS = 30
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0, o, 1, l, i
MINIMUM_PASSWORD = 12  # characters; with a second factor NIST SP 800-63B-4 asks for 8
MAXIMUM_PASSWORD = 256  # characters; of a longer one no more is looked at


def hash_password(password: str) -> str:
    """A PHC string."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=1,
                    memory_cost=_MEMORY_KIB).derive_phc_encoded(password.encode())


def password_fits(password: str, phc: str | None) -> bool:
    """Whether the password is the hashed one. None runs a dummy hash: an unknown name costs the same time."""
    try:
        Argon2id.verify_phc_encoded(password[:MAXIMUM_PASSWORD].encode(), phc or dummy_hash())
    except (InvalidKey, ValueError):  # wrong, or no hash at all: somebody altered the row
        return False
    return phc is not None


@cache
def dummy_hash() -> str:
    """The hash of a password nobody has."""
    return hash_password(secrets.token_urlsafe())


def new_totp_secret() -> bytes:
    """20 random bytes."""
    return secrets.token_bytes(_TOTP_BYTES)


def totp_key(secret: bytes) -> str:
    """The secret as people type it into an app: base32 in groups of four."""
    text = b32encode(secret).decode()
    return " ".join(text[i:i + 4] for i in range(0, len(text), 4))


def totp_uri(secret: bytes, account: str, issuer: str) -> str:
    """The otpauth:// address that the QR code holds; names as long as an app shows them, since a code holds 2,953 bytes."""
    issuer, account = quote(issuer[:60], safe=""), quote(account[:100], safe="@")  # a character takes twelve bytes at most
    return f"otpauth://totp/{issuer}:{account}?secret={b32encode(secret).decode()}&issuer={issuer}"


def totp_step(secret: bytes, code: str, now_seconds: int, last_step: int) -> int | None:
    """The time step a code belongs to (RFC 6238), one step of drift allowed each way, or None.

    A step at or before `last_step` was used: the same code never counts twice.
    """
    here = now_seconds // _STEP_SECONDS
    for step in (here, here - 1, here + 1):
        if step > last_step and hmac.compare_digest(totp_code(secret, step).encode(), code.encode()):
            return step
    return None


def totp_code(secret: bytes, step: int) -> str:
    """The six digits of one time step."""
    return TOTP(secret, 6, SHA1(), _STEP_SECONDS).generate(step * _STEP_SECONDS).decode()


def new_recovery_codes(count: int = 10) -> list[str]:
    """Single-use codes of 50 bits each, as `xxxxx-xxxxx`."""
    halves = ("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2 * count))
    return [f"{first}-{second}" for first, second in zip(halves, halves, strict=True)]
