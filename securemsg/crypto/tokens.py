"""Secrets handed to people and programs: made, parsed, hashed. The database holds only the hashes.

A token has 256 random bits, so a plain SHA-256 of it is enough; a password would need Argon2id.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID

from securemsg.crypto.envelope import Key
from securemsg.crypto.keyring import expand
from securemsg.errors import Unknown

_TOKEN_BYTES = 32  # 256 bits == 43 characters of base64url
SLUG = r"[a-z0-9][a-z0-9-]{1,40}"
_VISITOR = re.compile(rf"smv_({SLUG})_([A-Za-z0-9_-]{{43}})")
_SYSTEM = re.compile(rf"sm_live_({SLUG})_([0-9a-f]{{32}})_[A-Za-z0-9_-]{{43}}")


def new_secret() -> str:
    """43 characters of base64url."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def new_visitor_token(slug: str) -> str:
    """A visitor's session. It carries its clinic, so that no index over all clinics is needed."""
    return f"smv_{slug}_{new_secret()}"


def clinic_of(token: str) -> str:
    """The slug a visitor token carries; Unknown when it is no visitor token."""
    match = _VISITOR.fullmatch(token)
    if match is None:
        raise Unknown
    return match[1]


def new_system_token(slug: str, id: str) -> str:
    """A system's key to the API: `sm_live_<clinic>_<id as 32 hex digits>_<secret>`. The id is found in listings and the audit
    log, and lets secret scanners tell whose token lies about."""
    return f"sm_live_{slug}_{UUID(id).hex}_{new_secret()}"


def system_of(token: str) -> tuple[str, str]:
    """The slug and the id that a system's token carries; Unknown when it is none."""
    match = _SYSTEM.fullmatch(token)
    if match is None:
        raise Unknown
    return match[1], str(UUID(match[2]))


def hashed(secret: str) -> bytes:
    """SHA-256, 32 bytes: what the database keeps of a token."""
    return hashlib.sha256(secret.encode()).digest()


def answer_keys(idempotency_key: str) -> tuple[Key, bytes]:
    """Keys for a stored answer, derived from the caller's own Idempotency-Key, which the service does not keep:
    one to seal the answer, one to recognise the body."""
    secret = hashlib.sha256(b"securemsg idempotency" + idempotency_key.encode()).digest()
    return Key(expand(secret, "answer"), 1), expand(secret, "body")


def body_mac(key: bytes, body: bytes) -> bytes:
    """HMAC-SHA-256 of a request body: tells a repeated request from another one under the same key."""
    return hmac.digest(key, body, hashlib.sha256)
