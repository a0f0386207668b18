"""Somebody signs in elsewhere: OpenID Connect's authorization code flow with PKCE, state and nonce, by Authlib.

What the provider is asked goes the way of every address that somebody typed in (post.py). What comes back counts as the
standards have it, and not otherwise: OpenID Connect Core 1.0, 3.1, RFC 7636 (PKCE), RFC 9207 (who answers); no unsigned token,
and no shared secret as key.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import orjson

from securemsg.errors import BadRequest, Refused, Unavailable
from securemsg.outbound import Failed, post
from securemsg.settings import Settings
from securemsg.words import say

_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512")  # public keys only
_SECOND = frozenset({"mfa", "mca", "otp", "hwk", "swk", "sc", "sms", "tel"})  # RFC 8176: more was shown than what one knows
# A provider's own word for how sure it is (`acr`), where that means two factors: REFEDS MFA Profile; OpenID PAPE 1.0; the levels
# of NIST SP 800-63 as the federation of the United States writes them; Microsoft's.
_SURE = ("https://refeds.org/profile/mfa", "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
         "http://idmanagement.gov/ns/assurance/aal/2", "http://idmanagement.gov/ns/assurance/aal/3",
         "http://schemas.microsoft.com/claims/multipleauthn")
_LEEWAY_SECONDS = 120  # clocks differ
_SESSION_SECONDS = 12 * 3600  # whoever signed in there longer ago is asked again, as here
_AWAY = say("The sign-in elsewhere does not answer just now. Please sign in with your password and a code, or try again later.")
_WRONG = say("This sign-in came back another way than it went out, or too late. Nothing was done; please begin again.")
_NOT_DONE = say("The sign-in elsewhere was not finished. Please try again, or sign in with your password and a code.")


@dataclass(frozen=True, slots=True)
class Client:
    """As the provider knows this clinic: `issuer` and `redirect_uri` are exact addresses."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What must come back with the person: kept by their browser, sealed."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """Who the provider says it is. `email` is "" when it does not say; `verified`: it says that the address is theirs. `at` is
    when they showed it there (seconds), None when it does not say; `second_factor`: by more than a password."""

    subject: str
    email: str = field(repr=False)
    verified: bool
    at: int | None
    second_factor: bool = False

    def is_recent(self, now_seconds: int, seconds: int) -> bool:
        """Whether that was within the last `seconds`, as far as two clocks agree."""
        return self.at is not None and -_LEEWAY_SECONDS <= now_seconds - self.at < seconds

    def is_since(self, moment_seconds: int) -> bool:
        """Whether that was not before this moment, as far as two clocks agree."""
        return self.at is not None and self.at >= moment_seconds - _LEEWAY_SECONDS


def begin(settings: Settings, client: Client, *, again: bool = False) -> tuple[str, Pending]:
    """Where the browser goes, and what is kept until it comes back; `again` has the provider ask anew, whoever is signed in
    there. Unavailable when it does not answer."""
    from authlib.common.security import generate_token  # with what it needs, a tenth of a second: only where it is used
    from authlib.oauth2.client import OAuth2Client

    about = discovered(settings, client.issuer)
    pending = Pending(generate_token(32), generate_token(32), generate_token(64))
    asks = OAuth2Client(None, client.id, scope="openid email", redirect_uri=client.redirect_uri, code_challenge_method="S256")
    anew = {"prompt": "login", "max_age": 0} if again else {"max_age": _SESSION_SECONDS}
    url, _ = asks.create_authorization_url(about["authorization_endpoint"], state=pending.state, code_verifier=pending.verifier,
                                           nonce=pending.nonce, **anew)
    return url, pending


def finish(settings: Settings, client: Client, pending: Pending, came_back: str, now_seconds: int) -> Shown:
    """Who came back by the address `came_back`. BadRequest when it is not what went out, Refused when the provider let nobody
    in, Unavailable when it does not answer."""
    told = {name: values[-1] for name, values in parse_qs(urlsplit(came_back).query).items()}
    if not hmac.compare_digest(told.get("state", "").encode(), pending.state.encode()):
        raise BadRequest(_WRONG)
    if told.get("iss", client.issuer) != client.issuer:
        raise BadRequest(_WRONG)
    if "error" in told:
        raise Refused(_NOT_DONE)
    about = discovered(settings, client.issuer)
    token = _token(settings, client, about, pending, came_back)
    return _shown(settings, client, about, token, pending, now_seconds)


def discovered(settings: Settings, issuer: str) -> dict[str, Any]:
    """What a provider says of itself (OpenID Connect Discovery 1.0, 4); Unavailable when it does not, or speaks for another."""
    about = _json(settings, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    places = [about.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    reached = all(isinstance(place, str) and post.unreachable(place, settings.outbound_private) is None for place in places)
    if about.get("issuer") != issuer or not reached:
        raise Unavailable(_AWAY, retry_after_seconds=60)
    return about


def _token(settings: Settings, client: Client, about: dict[str, Any], pending: Pending, came_back: str) -> dict[str, Any]:
    """What the code is worth (RFC 6749, 4.1.3)."""
    from authlib.oauth2.rfc6749.errors import MismatchingStateException, OAuth2Error
    from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response

    try:
        code = parse_authorization_code_response(came_back, pending.state)["code"]
    except MismatchingStateException:
        raise BadRequest(_WRONG) from None
    except OAuth2Error:  # without a code
        raise BadRequest(_WRONG) from None
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri,
             "code_verifier": pending.verifier, "client_id": client.id}
    pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"  # RFC 6749, 2.3.1
    told = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return _json(settings, "POST", about["token_endpoint"], urlencode(asked).encode(), told)


def _shown(settings: Settings, client: Client, about: dict[str, Any], token: dict[str, Any], pending: Pending,
           now_seconds: int) -> Shown:
    """What the ID token says, once it is checked (OpenID Connect Core 1.0, 3.1.3.7)."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    keys, algorithms = _json(settings, "GET", about["jwks_uri"]), _algorithms(about)
    try:
        found = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=algorithms)  # type: ignore[arg-type]
        claims = CodeIDToken(
            found.claims, found.header,
            {"iss": {"essential": True, "value": client.issuer}, "aud": {"essential": True, "value": client.id}},
            {"nonce": pending.nonce, "client_id": client.id, "access_token": token.get("access_token")})
        claims.validate(now=now_seconds, leeway=_LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise Refused(_NOT_DONE) from None
    return _told(claims)


def _algorithms(about: dict[str, Any]) -> list[str]:
    """Those of ours that the provider signs by. Refused where there is none: to joserfc an empty list means its own, with shared
    secrets among them."""
    told = about.get("id_token_signing_alg_values_supported")
    if found := [each for each in _ALGORITHMS if each in (told if isinstance(told, list) else ("RS256",))]:
        return found
    raise Refused(_NOT_DONE)


def _told(claims: Mapping[str, Any]) -> Shown:
    """Its claims where they are of the kind that the standards have: a text that says "false", or "true", is neither. Refused
    without a name for the account: all who come so would be one person."""
    subject, email, amr, acr = (claims.get(name) for name in ("sub", "email", "amr", "acr"))
    if not _is_word(subject):
        raise Refused(_NOT_DONE)
    shown = {each for each in amr if isinstance(each, str)} if isinstance(amr, list) else set()
    return Shown(str(subject), email if isinstance(email, str) and _is_word(email) else "", claims.get("email_verified") is True,
                 _seconds(claims.get("auth_time")), bool(shown & _SECOND) or acr in _SURE)


def _is_word(told: object) -> bool:
    """Whether it is a text with something in it, and no half characters, which nothing could be made of."""
    return isinstance(told, str) and bool(told.strip()) and told.isprintable()


def _seconds(told: object) -> int | None:
    """A moment in seconds; None for what is none: a text, true, infinity, no number."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    try:
        return int(told)
    except (OverflowError, ValueError):
        return None


def _json(settings: Settings, method: str, url: str, body: bytes | None = None,
          headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        status, read = post.exchange(settings, method, url, body, {"Accept": "application/json", **(headers or {})})
        found = orjson.loads(read)
    except (Failed, ValueError):
        raise Unavailable(_AWAY, retry_after_seconds=60) from None
    if 400 <= status < 500 and method == "POST":  # a code that was used, or is too old
        raise Refused(_NOT_DONE)
    if status != 200 or not isinstance(found, dict):
        raise Unavailable(_AWAY, retry_after_seconds=60)
    return found
