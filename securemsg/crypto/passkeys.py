"""Passkeys (W3C Web Authentication, level 3): what a browser is asked, and whether its answer is one.

User verification is required each time, so that a passkey is two factors: the thing that holds it, and the finger, face or PIN
that opens that. Which makes of authenticators there are is nobody's business here: no attestation is asked for.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import orjson

from securemsg.errors import Unverified

_TIMEOUT_MS = 300_000  # the standard's own recommendation, where a person has to do something
_ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256 (RFC 9053): what authenticators have


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a passkey is for. `id` is the host's name, and `origin` the address of our pages, from SECUREMSG_PUBLIC_URL."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey: its id and public key (COSE, RFC 9052), how often it was used, and the ways to reach it."""

    id: bytes
    public_key: bytes
    count: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A passkey as it is kept here."""

    id: bytes
    public_key: bytes
    count: int


def to_make(party: Party, challenge: bytes, user: bytes, email: str, name: str, known: list[bytes]) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptions as JSON; `user` says nothing of the person, `known` are the passkeys they have."""
    return {
        "rp": {"id": party.id, "name": party.name}, "user": {"id": text(user), "name": email, "displayName": name},
        "challenge": text(challenge), "timeout": _TIMEOUT_MS, "attestation": "none",
        "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in _ALGORITHMS],
        "excludeCredentials": [{"type": "public-key", "id": text(each)} for each in known],
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}}


def to_use(party: Party, challenge: bytes, known: list[bytes]) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptions as JSON; without `known` the browser offers what it holds for this host."""
    return {"rpId": party.id, "challenge": text(challenge), "timeout": _TIMEOUT_MS, "userVerification": "required",
            "allowCredentials": [{"type": "public-key", "id": text(each)} for each in known]}


def made(party: Party, challenge: bytes, answer: dict[str, Any]) -> Made:
    """What `navigator.credentials.create` gave; Unverified unless it is an answer to this challenge, on our own page."""
    import webauthn  # 0.4 seconds, so only where somebody has a passkey
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=party.id, expected_origin=party.origin,
            require_user_verification=True, supported_pub_key_algs=[COSEAlgorithmIdentifier(each) for each in _ALGORITHMS])
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError):  # the last ones: a shape it does not expect
        raise Unverified from None
    told = answer.get("response", {}).get("transports") or []
    transports = tuple(each for each in told if isinstance(each, str))[:8] if isinstance(told, list) else ()
    return Made(found.credential_id, found.credential_public_key, found.sign_count, transports)


def used(party: Party, challenge: bytes, answer: dict[str, Any], held: Held) -> int:
    """How often the passkey was used by now, which `navigator.credentials.get` says; Unverified unless it is an answer to this
    challenge, on our own page, by this very passkey. A count that did not grow is a copy's."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = webauthn.verify_authentication_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=party.id, expected_origin=party.origin,
            credential_public_key=held.public_key, credential_current_sign_count=held.count, require_user_verification=True)
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError):
        raise Unverified from None
    if found.credential_id != held.id:
        raise Unverified
    return found.new_sign_count


def read(sent: str) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    """What a form brought: the answer, the id of its passkey, the challenge that it says it answers, whose it says it is (b"" for
    nobody's). Unverified when that cannot be read; nothing of it is checked yet."""
    try:
        answer = orjson.loads(sent)
        told = answer["response"]
        challenge = orjson.loads(bytes_of(told["clientDataJSON"]))["challenge"]
        return answer, bytes_of(answer["id"]), bytes_of(challenge), bytes_of(told.get("userHandle") or "")
    except (ValueError, TypeError, LookupError, AttributeError):
        raise Unverified from None


def text(value: bytes) -> str:
    """base64url without padding, as the standard's JSON has bytes."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """ValueError when it is no base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
