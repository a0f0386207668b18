"""How staff sign in: a password and a second factor. How they first come in: enrolling.py; what follows: staff_sessions.py."""

from collections.abc import Callable
from dataclasses import dataclass, field

from securemsg.crypto import credentials, tokens
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import attempts as guesses
from securemsg.desk.door import devices, passkeys, proving, staff_sessions
from securemsg.desk.door.attempts import Shared
from securemsg.desk.door.devices import NO_BROWSER, Browser, Device
from securemsg.desk.journal import entry
from securemsg.desk.people import end_streams, named, normal_email
from securemsg.desk.slow import slowly
from securemsg.errors import Refused, Unverified
from securemsg.metrics import Counter
from securemsg.store import Tx, attempts, people
from securemsg.words import say

FAILURES = Counter("securemsg_sign_in_failures_total", "Wrong sign-ins of staff.")
_WRONG = say("The email, password or code is not right.")
_NO_PASSKEY = say("This passkey was not accepted. Please sign in with your password and a code.")


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
    email = normal_email(email)
    whose = ("people.email", email)
    subject = desk.keys.lasting_index(clinic.id, *(("attempts.device", known.id) if known else whose))
    guesses.count(desk, clinic.id, subject, shared, now)
    row = named(desk, clinic.id, email)
    kept = proving.kept(desk, clinic.id, row.id) if row and not (row.disabled_at or desk.ended.at("person", row.id)) else []
    phc = next((credential.hash for credential in kept if credential.kind == "password"), None)
    right = slowly(lambda: credentials.password_fits(password, phc))
    use = proving.second_factor(desk, clinic.id, kept, code, now) if right else None
    if row and use and (signed_in := _let_in(desk, clinic, row.id, use, who, browser, subject, before, now, confirmed_at=now)):
        return signed_in
    raise failed(desk, who, row.id if row and kept else None, _WRONG, now)


def by_passkey(desk: Desk, clinic: Clinic, sent: str, who: Who, now: int, *, browser: Browser = NO_BROWSER,
               before: str = "") -> SignedIn:
    """A new session by what a passkey answered, without an email or a password: it shows who it is. Refused with one sentence.

    Nobody guesses one, so nothing is counted for anybody.
    """
    try:
        person_id, use = passkeys.shown(desk, clinic, "sign-in", "", sent, now)
    except Unverified:
        raise failed(desk, who, None, _NO_PASSKEY, now) from None
    ended = desk.ended.at("person", person_id)
    signed_in = None if ended else _let_in(desk, clinic, person_id, use, who, browser, None, before, now, confirmed_at=now)
    if signed_in is None:
        raise failed(desk, who, person_id, _NO_PASSKEY, now)
    return signed_in


def by_other(desk: Desk, clinic: Clinic, person_id: str, use: proving.Use, who: Who, now: int, browser: Browser, before: str, *,
             confirmed_at: int | None, subject: bytes | None = None) -> SignedIn | None:
    """A new session for whom another service has let in (elsewhere.py). `confirmed_at` is when they showed a second factor,
    `subject` whose guesses are forgotten then. None when their access has ended, or somebody was quicker."""
    ended = desk.ended.at("person", person_id)
    return None if ended else _let_in(desk, clinic, person_id, use, who, browser, subject, before, now, confirmed_at=confirmed_at)


def failed(desk: Desk, who: Who, person_id: str | None, sentence: str, now: int) -> Refused:
    """What is raised where nobody is let in, once it stands in the audit log."""
    written = entry(desk, who, "staff.sign_in_failed", "person", person_id, now, outcome="refused", event=False)
    desk.database.write(written.write)
    FAILURES.add()
    return Refused(sentence)


def _let_in(desk: Desk, clinic: Clinic, person_id: str, use: proving.Use, who: Who, browser: Browser,
            subject: bytes | None, before: str, now: int, *, confirmed_at: int | None) -> SignedIn | None:
    """Use up the code and begin the session, both or neither; None when somebody was quicker with the same code, or the
    person's access has ended while the password was looked at.
    """
    device = devices.remembered(desk, clinic, person_id, browser, now)
    news = _news(desk, clinic, person_id, device, now)
    token, begin = staff_sessions.begun(desk, clinic, person_id, "signed_in", who, now, device.id, confirmed_at=confirmed_at)

    def write(tx: Tx) -> tuple[str, ...] | None:
        if not people.may_work(tx, clinic.id, person_id) or not use(tx):
            return None
        if subject:
            attempts.clear(tx, clinic.id, subject)
        device.write(tx)
        begin(tx)
        news(tx)
        return _end_earlier(tx, clinic.id, tokens.hashed(before), now)

    ended = desk.database.write(write)
    if ended is None:
        return None
    end_streams(desk, ended)
    return SignedIn(token, device.secret)


def _news(desk: Desk, clinic: Clinic, person_id: str, device: Device, now: int) -> Callable[[Tx], None]:
    """Writes that a browser is new; of a person's first one there is nobody to tell."""
    if not device.secret or not devices.names(desk, clinic.id, person_id):
        return lambda tx: None
    return entry(desk, Who("staff", clinic.id, person_id), "staff.new_browser", "person", person_id, now).write


def _end_earlier(tx: Tx, clinic_id: str, sha256: bytes, now: int) -> tuple[str, ...]:
    """The session this browser held: its cookie is replaced, so nobody else would ever end it."""
    row = people.one_session(tx, clinic_id, sha256, now)
    if row is None:
        return ()
    people.end_session(tx, clinic_id, row.id, now)
    return (row.id,)
