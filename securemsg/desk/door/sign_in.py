"""How staff sign in: a password and a second factor. How they first come in: enrolling.py; what follows: staff_sessions.py."""

from dataclasses import dataclass, field

from securemsg.crypto import credentials, tokens
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import attempts as guesses
from securemsg.desk.door import devices, proving, staff_sessions
from securemsg.desk.door.attempts import Shared
from securemsg.desk.door.devices import NO_BROWSER, Browser, Device
from securemsg.desk.journal import entry
from securemsg.desk.people import end_streams, normal_email
from securemsg.desk.slow import slowly
from securemsg.errors import Refused
from securemsg.metrics import Counter
from securemsg.store import Tx, attempts, people
from securemsg.words import say

FAILURES = Counter("securemsg_sign_in_failures_total", "Wrong sign-ins of staff.")
_WRONG = say("The email, password or code is not right.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The token of a new session, and the secret by which a new browser will be known ("" for one that is known)."""

    token: str = field(repr=False)
    device: str = field(default="", repr=False)


def sign_in(desk: Desk, clinic: Clinic, email: str, password: str, code: str, who: Who, now: int, *,
            browser: Browser = NO_BROWSER, known: Device | None = None, shared: tuple[Shared, ...] = (),
            before: str = "") -> SignedIn:
    """A new session. Refused with one sentence for every mistake: none tells which part was wrong.

    `known` is the browser, if this person has signed in with it (devices.known); `shared` are the budgets that all others
    have in common. `before` is the token that the browser held until now: that session ends.
    """
    index = desk.keys.blind_index(clinic.id, "people.email", normal_email(email))
    subject = desk.keys.blind_index(clinic.id, "attempts.device", known.id) if known else index
    guesses.count(desk, clinic.id, subject, shared, now)
    row = desk.database.read(lambda tx: people.one_by_email(tx, clinic.id, index))
    kept = proving.kept(desk, clinic.id, row.id) if row and not (row.disabled_at or desk.ended.at("person", row.id)) else []
    phc = next((credential.hash for credential in kept if credential.kind == "password"), None)
    right = slowly(lambda: credentials.password_fits(password, phc))
    use = proving.second_factor(desk, clinic.id, kept, code, now) if right else None
    if use and (signed_in := _let_in(desk, clinic, row.id, use, who, browser, subject, before, now)):
        return signed_in
    person_id = row.id if kept else None
    failed = entry(desk, who, "staff.sign_in_failed", "person", person_id, now, outcome="refused", event=False)
    desk.database.write(failed.write)
    FAILURES.add()
    raise Refused(_WRONG)


def _let_in(desk: Desk, clinic: Clinic, person_id: str, use: proving.Use, who: Who, browser: Browser, subject: bytes,
            before: str, now: int) -> SignedIn | None:
    """Use up the code and begin the session, both or neither; None when somebody was quicker with the same code, or the
    person's access has ended while the password was looked at.
    """
    device = devices.remembered(desk, clinic, person_id, browser, now)
    token, begin = staff_sessions.begun(desk, clinic, person_id, "signed_in", who, now, device.id)

    def write(tx: Tx) -> tuple[str, ...] | None:
        if not people.may_work(tx, clinic.id, person_id) or not use(tx):
            return None
        attempts.clear(tx, clinic.id, subject)
        device.write(tx)
        begin(tx)
        return _end_earlier(tx, clinic.id, tokens.hashed(before), now)

    ended = desk.database.write(write)
    if ended is None:
        return None
    end_streams(desk, ended)
    return SignedIn(token, device.secret)


def _end_earlier(tx: Tx, clinic_id: str, sha256: bytes, now: int) -> tuple[str, ...]:
    """The session this browser held: its cookie is replaced, so nobody else would ever end it."""
    row = people.one_session(tx, clinic_id, sha256, now)
    if row is None:
        return ()
    people.end_session(tx, clinic_id, row.id, now)
    return (row.id,)
