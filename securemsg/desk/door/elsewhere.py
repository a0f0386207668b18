"""Signing in elsewhere: at the clinic's own OpenID provider. It says who it is; whether that person works here is decided here.

The first time the email decides, if the provider has verified it, and from then on what the provider calls the person (`sub`):
an address that is given to somebody else there opens nothing here, and one account opens one person. Nobody is added by it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

import orjson

from securemsg.crypto.envelope import Place, key_version, seal, unseal
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import accounts, providers, sign_in, step_up
from securemsg.desk.door.accounts import Account
from securemsg.desk.door.devices import Browser
from securemsg.desk.door.providers import Provider
from securemsg.desk.door.sign_in import SignedIn
from securemsg.errors import BadRequest, Missing, Unverified
from securemsg.outbound import openid
from securemsg.outbound.openid import Client, Pending, Shown
from securemsg.store import Row
from securemsg.times import MINUTE, SECOND
from securemsg.words import say

MINUTES = 10  # from leaving to coming back
_NO_PROVIDER = say("There is no sign-in elsewhere here.")
_TOO_LATE = say("This sign-in came back another way than it went out, or too late. Nothing was done; please begin again.")
_UNVERIFIED = say("The sign-in elsewhere does not say that it has verified your email address, so nobody here knows who you are."
                  " Ask whoever runs it to verify the address (email_verified), or sign in with your password and a code.")
_NOBODY = say("Nobody with this account works here. Ask the owner of this clinic to add you, or sign in with your password.")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser goes, and what it keeps until it comes back (sealed)."""

    url: str
    kept: str


def begin(desk: Desk, clinic: Clinic, redirect_uri: str, target: str, now: int) -> Leaving:
    """Off to the provider; `target` is where it goes on afterwards. Missing where there is none, Unavailable when it is away."""
    provider = _provider(desk, clinic)
    url, pending = openid.begin(desk.settings, _client(provider, redirect_uri))
    told = orjson.dumps({**asdict(pending), "target": target[:500], "until": now + MINUTES * MINUTE})
    sealed = seal(desk.keys.data(clinic.id), _place(clinic, provider), told)
    return Leaving(url, urlsafe_b64encode(sealed).decode())


def finish(desk: Desk, clinic: Clinic, redirect_uri: str, came_back: str, kept: str, who: Who, now: int, *, browser: Browser,
           before: str) -> tuple[SignedIn, str]:
    """A session for who came back, and where they were going. BadRequest when it is not what went out, Refused when nobody here
    is meant."""
    provider = _provider(desk, clinic)
    pending, target = _pending(desk, clinic, provider, kept, now)
    shown = openid.finish(desk.settings, _client(provider, redirect_uri), pending, came_back, now // SECOND)
    account = accounts.account(desk, clinic.id, provider.issuer, shown.subject)
    if not account.holders and not shown.verified:
        raise sign_in.failed(desk, who, None, _UNVERIFIED, now)
    person = accounts.owner(desk, clinic.id, account, shown.email)
    signed_in = _let_in(desk, clinic, account, person, shown, who, now, browser, before) if person else None
    if signed_in is None:
        raise sign_in.failed(desk, who, person.id if person else None, _NOBODY, now)
    return signed_in, target


def _let_in(desk: Desk, clinic: Clinic, account: Account, person: Row, shown: Shown, who: Who, now: int, browser: Browser,
            before: str) -> SignedIn | None:
    """Their session. A second factor that was shown there just now counts as one here; a password does not."""
    recent = shown.second_factor and shown.at is not None and 0 <= now // SECOND - shown.at < step_up.SECONDS
    use = accounts.tie(desk, clinic.id, account, person, now)
    return sign_in.by_other(desk, clinic, person.id, use, who, now, browser, before, confirmed=recent)


def _provider(desk: Desk, clinic: Clinic) -> Provider:
    provider = providers.of_clinic(desk, clinic.id)
    if provider is None:
        raise Missing(_NO_PROVIDER)
    return provider


def _client(provider: Provider, redirect_uri: str) -> Client:
    return Client(provider.issuer, provider.client_id, provider.secret, redirect_uri)


def _place(clinic: Clinic, provider: Provider) -> Place:
    return Place("providers", "pending", clinic.id, provider.id)


def _pending(desk: Desk, clinic: Clinic, provider: Provider, kept: str, now: int) -> tuple[Pending, str]:
    try:
        sealed = urlsafe_b64decode(kept)
        told = orjson.loads(unseal(desk.keys.data(clinic.id, key_version(sealed)), _place(clinic, provider), sealed))
    except (Unverified, ValueError):
        raise BadRequest(_TOO_LATE) from None
    if not now < told["until"] <= now + MINUTES * MINUTE:
        raise BadRequest(_TOO_LATE)
    return Pending(told["state"], told["nonce"], told["verifier"]), told["target"]
