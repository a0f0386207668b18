"""Who has signed in elsewhere by a password alone, as far as anybody knows: a code of their own is asked for here, too.

Until it fits nothing is written, and nobody is tied to an account: the browser keeps who it was, sealed, for some minutes.
"""

from dataclasses import dataclass

from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import accounts, away, proving, sign_in
from securemsg.desk.door import attempts as guesses
from securemsg.desk.door.away import Away
from securemsg.desk.door.devices import Browser
from securemsg.desk.door.sign_in import SignedIn
from securemsg.errors import Refused
from securemsg.outbound.openid import Shown
from securemsg.store import Row, Tx
from securemsg.words import say

_WRONG = say("This code does not fit. Check that the phone's clock is right, and enter the newest code.")
_NONE = say("The sign-in elsewhere does not say that you showed a second factor, and you have none here. Ask the owner of this"
            " clinic for a sign-in link: it sets up an app that shows codes.")
_KINDS = ("totp", "recovery")


@dataclass(frozen=True, slots=True)
class Halfway:
    """What the browser keeps until the code has come (sealed)."""

    kept: str


def begun(desk: Desk, clinic: Clinic, left: Away, shown: Shown, person_id: str, who: Who, now: int) -> Halfway:
    """Who it is, told to nobody but their browser. Refused for who has no code of their own."""
    if not any(row.kind in _KINDS for row in proving.kept(desk, clinic.id, person_id)):
        raise sign_in.failed(desk, who, person_id, _NONE, now)
    told = {"subject": shown.subject, "email": shown.email, "target": left.target}
    return Halfway(away.kept(desk, clinic, left.provider, "halfway", told, now))


def finish(desk: Desk, clinic: Clinic, kept: str, code: str, who: Who, now: int, *, browser: Browser,
           before: str) -> tuple[SignedIn, str]:
    """A session by the app's code or a recovery code, and where they were going. BadRequest when it is too late, Refused when
    the code does not fit, Limited after several that did not."""
    provider = away.provider(desk, clinic)
    told = away.read(desk, clinic, provider, "halfway", kept, now)
    account = accounts.account(desk, clinic.id, provider.issuer, told["subject"])
    person = accounts.owner(desk, clinic.id, account, told["email"])
    if person is None:
        raise sign_in.failed(desk, who, None, _WRONG, now)
    subject = desk.keys.lasting_index(clinic.id, "attempts.elsewhere", person.id)
    guesses.count(desk, clinic.id, subject, (), now)
    use = _use(desk, clinic, account, person, code, now)
    signed_in = use and sign_in.by_other(desk, clinic, person.id, use, who, now, browser, before, confirmed_at=now,
                                            subject=subject)
    if not signed_in:
        raise Refused(errors={"code": [sign_in.failed(desk, who, person.id, _WRONG, now).detail]})
    return signed_in, told["target"]


def _use(desk: Desk, clinic: Clinic, account: accounts.Account, person: Row, code: str, now: int) -> proving.Use | None:
    """What uses the code up, then ties person and account: never that without the code. None when it does not fit."""
    used = proving.second_factor(desk, clinic.id, proving.kept(desk, clinic.id, person.id), code, now)
    tied = accounts.tie(desk, clinic.id, account, person, now)

    def write(tx: Tx) -> bool:
        return bool(used and used(tx)) and tied(tx)

    return write if used else None
