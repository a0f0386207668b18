"""Signing in elsewhere: at the clinic's own OpenID provider. It says who it is; whether that person works here is decided here.

The first time the email decides, if the provider has verified it, and from then on what the provider calls the person (`sub`):
an address that is given to somebody else there opens nothing here, and one account opens one person. Nobody is added by it.
Two factors are shown in any case: both there, where the provider says so or the owner has said that it always asks for them;
else the second one here (halfway.py).
"""

from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import accounts, away, halfway, sign_in
from securemsg.desk.door.away import Away
from securemsg.desk.door.devices import Browser
from securemsg.desk.door.halfway import Halfway
from securemsg.desk.door.sign_in import SignedIn
from securemsg.words import say

NOBODY = say("Nobody with this account works here. Ask the owner of this clinic to add you, or sign in with your password.")
_UNVERIFIED = say("The sign-in elsewhere does not say that it has verified your email address, so nobody here knows who you are."
                  " Ask whoever runs it to verify the address (email_verified), or sign in with your password and a code.")


def finish(desk: Desk, clinic: Clinic, left: Away, redirect_uri: str, came_back: str, who: Who, now: int, *, browser: Browser,
           before: str) -> SignedIn | Halfway:
    """A session for who came back, or the step between where a code is still owed. BadRequest when it is not what went out,
    Refused when nobody here is meant. A second factor that was shown there just now counts as one here, from
    then on."""
    shown = away.back(desk, left, redirect_uri, came_back, now)
    account = accounts.account(desk, clinic.id, left.provider.issuer, shown.subject)
    if not account.holders and not shown.verified:
        raise sign_in.failed(desk, who, None, _UNVERIFIED, now)
    person = accounts.owner(desk, clinic.id, account, shown.email)
    if person is None:
        raise sign_in.failed(desk, who, None, NOBODY, now)
    if not left.provider.showed_two(shown):
        return halfway.begun(desk, clinic, left, shown, person.id, who, now)
    signed_in = sign_in.by_other(desk, clinic, person.id, accounts.tie(desk, clinic.id, account, person, now), who, now, browser,
                                 before, confirmed_at=away.confirmed_at(shown, now))
    if signed_in is None:
        raise sign_in.failed(desk, who, person.id, NOBODY, now)
    return signed_in
