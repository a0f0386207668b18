"""Somebody is at the clinic's OpenID provider: what their browser keeps meanwhile (sealed), and who they are when they come back.

They went there to sign in (elsewhere.py), or to confirm that it is still they (confirming.py).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from securemsg.crypto.envelope import Place, key_version, seal, unseal
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import providers, step_up
from securemsg.desk.door.providers import Provider
from securemsg.errors import BadRequest, Missing, Unverified
from securemsg.outbound import openid
from securemsg.outbound.openid import Client, Pending, Shown
from securemsg.times import MINUTE, SECOND
from securemsg.words import say

MINUTES = 10  # from leaving to coming back
KEPT_MINUTES = 2 * MINUTES  # some to read the page before; and who comes back too late is told so beside what they typed
TOO_LATE = say("This sign-in came back another way than it went out, or too late. Nothing was done; please begin again.")
_NO_PROVIDER = say("There is no sign-in elsewhere here.")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser goes, and what it keeps (sealed) until it comes back with `state`."""

    url: str
    state: str = field(repr=False)
    kept: str


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is there since `left_at`. `target` is where they go on afterwards; `session_id` whose sign-in they confirm, ""
    of somebody who signs in."""

    provider: Provider
    pending: Pending = field(repr=False)
    target: str
    left_at: int
    session_id: str = ""


def provider(desk: Desk, clinic: Clinic) -> Provider:
    """The clinic's; Missing where there is none."""
    found = providers.of_clinic(desk, clinic.id)
    if found is None:
        raise Missing(_NO_PROVIDER)
    return found


def leave(desk: Desk, clinic: Clinic, redirect_uri: str, target: str, now: int, session_id: str = "") -> Leaving:
    """Off to the provider. Missing where there is none, Unavailable when it is away."""
    there = provider(desk, clinic)
    url, pending = openid.begin(desk.settings, _client(there, redirect_uri), again=bool(session_id))
    told = {**asdict(pending), "target": target[:500], "session_id": session_id}
    return Leaving(url, pending.state, kept(desk, clinic, there, "pending", told, now))


def opened(desk: Desk, clinic: Clinic, kept: str, now: int) -> Away:
    """Who left with what this browser kept, also where they come back too late; BadRequest when it is nothing of ours."""
    there = provider(desk, clinic)
    told = read(desk, clinic, there, "pending", kept, now, KEPT_MINUTES)
    pending = Pending(told["state"], told["nonce"], told["verifier"])
    return Away(there, pending, told["target"], told["at"], told["session_id"])


def back(desk: Desk, away: Away, redirect_uri: str, came_back: str, now: int) -> Shown:
    """Who came back by the address `came_back`. BadRequest when it is not what went out, or too late, Refused when the
    provider let nobody in, Unavailable when it does not answer."""
    if now - away.left_at >= MINUTES * MINUTE:
        raise BadRequest(TOO_LATE)
    return openid.finish(desk.settings, _client(away.provider, redirect_uri), away.pending, came_back, now // SECOND)


def confirmed_at(shown: Shown, now: int) -> int | None:
    """When they showed there who they are, if that was just now: it counts from then on, and not from when they came back."""
    if shown.at is None or not shown.is_recent(now // SECOND, step_up.SECONDS):
        return None
    return min(now, shown.at * SECOND)


def kept(desk: Desk, clinic: Clinic, provider: Provider, step: str, told: dict[str, Any], now: int) -> str:
    """For the browser to keep, for so many minutes: it reads none of it, and it counts for this step alone."""
    text = orjson.dumps({**told, "at": now})
    return urlsafe_b64encode(seal(desk.keys.data(clinic.id), _place(clinic, provider, step), text)).decode()


def read(desk: Desk, clinic: Clinic, provider: Provider, step: str, kept: str, now: int,
         minutes: int = MINUTES) -> dict[str, Any]:
    """What was told; BadRequest when it is not ours, not of this step, or too old."""
    try:
        sealed = urlsafe_b64decode(kept)
        told = orjson.loads(unseal(desk.keys.data(clinic.id, key_version(sealed)), _place(clinic, provider, step), sealed))
        is_now = 0 <= now - told["at"] < minutes * MINUTE
    except (Unverified, ValueError, LookupError):
        raise BadRequest(TOO_LATE) from None
    if not is_now:
        raise BadRequest(TOO_LATE)
    return told


def _client(provider: Provider, redirect_uri: str) -> Client:
    return Client(provider.issuer, provider.client_id, provider.secret, redirect_uri)


def _place(clinic: Clinic, provider: Provider, step: str) -> Place:
    return Place("providers", step, clinic.id, provider.id)
