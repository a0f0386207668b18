"""Confirming at the clinic's provider that it is still the same person, for who signs in there: it asks them anew.

Counts as a code does here (step_up.py): the same person, two factors, shown there since they left; for five minutes from
then.
"""

from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import accounts, away, providers, proving, step_up
from securemsg.desk.door.away import Away, Leaving
from securemsg.desk.door.providers import Provider
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import BadRequest
from securemsg.outbound.openid import Shown
from securemsg.times import SECOND
from securemsg.words import say

_SOMEBODY_ELSE = say("That was somebody else's account, so it confirms nothing here.")
_OLD = say("The sign-in elsewhere did not ask you anew, so it confirms nothing here. Please try again, or use a code.")
_ONE_FACTOR = say("The sign-in elsewhere does not say that you showed a second factor, so it confirms nothing here. Please use a"
                  " code, or your passkey.")


def offered(desk: Desk, clinic: Clinic, session: Session) -> Provider | None:
    """The provider, for who has an account there that is theirs here."""
    there = providers.of_clinic(desk, clinic.id)
    return there if there and accounts.has_one(desk, clinic.id, session.person.id) else None


def has_code(desk: Desk, clinic: Clinic, session: Session) -> bool:
    """Whether this person has an app that shows codes here."""
    return any(row.kind == "totp" for row in proving.kept(desk, clinic.id, session.person.id))


def leave(desk: Desk, clinic: Clinic, session: Session, redirect_uri: str, act_id: str, now: int) -> Leaving:
    """Off to the provider; `act_id` is what waits meanwhile (waiting.py). Missing where there is none, Unavailable when it is
    away."""
    return away.leave(desk, clinic, redirect_uri, act_id, now, session.id)


def finish(desk: Desk, clinic: Clinic, session: Session, left: Away, redirect_uri: str, came_back: str, now: int) -> Session:
    """The session, confirmed. BadRequest when another one left, or it is not what went out; Refused, on record, when it confirms
    nothing."""
    if left.session_id != session.id:
        raise BadRequest(away.TOO_LATE)
    shown = away.back(desk, left, redirect_uri, came_back, now)
    if fault := _fault(desk, clinic, session, left, shown, now):
        raise step_up.failed(desk, session, {"": [fault]}, now)
    return step_up.confirmed(desk, clinic, session, lambda tx: True, {}, now,  # the provider took the code: it counts once
                             away.confirmed_at(shown, now))


def _fault(desk: Desk, clinic: Clinic, session: Session, left: Away, shown: Shown, now: int) -> str | None:
    """Why it confirms nothing."""
    account = accounts.account(desk, clinic.id, left.provider.issuer, shown.subject)
    if account.holders != {session.person.id}:
        return _SOMEBODY_ELSE
    if away.confirmed_at(shown, now) is None or not shown.is_since(left.left_at // SECOND):
        return _OLD  # it asked nobody: the address that one leaves by can be changed on the way, so that it need not
    return None if left.provider.showed_two(shown) else _ONE_FACTOR
