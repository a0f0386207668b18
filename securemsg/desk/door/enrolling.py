"""How staff first come in, or anew after a lost phone: a one-time link, a password, an app."""

from securemsg.crypto import credentials, tokens
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import devices, proving, staff_sessions
from securemsg.desk.door.devices import NO_BROWSER, Browser
from securemsg.desk.door.sign_in import SignedIn
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.journal import entry
from securemsg.desk.people import Person, end_streams
from securemsg.desk.slow import slowly
from securemsg.errors import Refused, Unknown
from securemsg.store import Tx, people
from securemsg.times import SECOND
from securemsg.words import say

_OLD_LINK = say("This link was used already or is too old. Ask for a new one: securemsg staff link.")
_COMMON = ("passwordpassword", "123456789012", "qwertyuiop", "letmeinletmein", "administrator", "abcdefghijkl", "111111111111")


def start(desk: Desk, clinic: Clinic, secret: str, who: Who, now: int) -> str:
    """Use up a one-time link: the token of a session that may do nothing but enrol."""
    sha256 = tokens.hashed(secret.strip())
    invite = desk.database.read(lambda tx: people.one_invite(tx, clinic.id, sha256, now))
    real = invite and desk.vouched(invite.mac, "invites", clinic.id, sha256, invite.person_id)
    if invite and real and not desk.ended.at("person", invite.person_id):
        token, begin = staff_sessions.begun(desk, clinic, invite.person_id, "enrolling", who, now)

        def write(tx: Tx) -> bool:
            if not people.use_invite(tx, clinic.id, sha256, now):
                return False
            begin(tx)
            return True

        if desk.database.write(write):
            desk.known_people.pop(clinic.id, None)  # the command may have added this person a moment ago
            return token
    desk.database.write(entry(desk, who, "staff.link_refused", "person", None, now, outcome="refused", event=False).write)
    raise Refused(_OLD_LINK)


def enrol(desk: Desk, clinic: Clinic, session: Session, password: str, code: str, now: int,
          browser: Browser = NO_BROWSER) -> tuple[SignedIn, list[str]]:
    """Set the password and the app: a signed-in session, and the recovery codes, shown this once. Unknown when this enrolling
    session has ended meanwhile: somebody was quicker, a newer link was made, or the person has no access any more.
    """
    errors, secret = _password_faults(password, session.person, clinic), session.totp_secret or b""
    step = credentials.totp_step(secret, proving.digits(code), now // SECOND, 0)
    if step is None:
        errors["code"] = [say("This code does not fit. Check that the phone's clock is right, and enter the newest code.")]
    if errors or step is None:
        raise Refused(errors=errors)
    phc, codes = slowly(lambda: credentials.hash_password(password)), credentials.new_recovery_codes()
    rows = proving.fresh(desk, clinic.id, session.person.id, phc, secret, step, codes)
    return _enrolled(desk, clinic, session, rows, browser, now), codes


def _enrolled(desk: Desk, clinic: Clinic, session: Session, rows: list[dict], browser: Browser, now: int) -> SignedIn:
    """What was known of the person goes, the new comes, and the session begins: all of it or nothing."""
    person_id = session.person.id
    device = devices.remembered(desk, clinic, person_id, browser, now)
    token, begin = staff_sessions.begun(desk, clinic, person_id, "signed_in", session.who, now, device.id,
                                        confirmed_at=now)
    written = entry(desk, session.who, "person.enrolled", "person", person_id, now)

    def write(tx: Tx) -> tuple[str, ...]:
        if not people.end_session(tx, clinic.id, session.id, now) or not people.set_enrolled(tx, clinic.id, person_id, now):
            raise Unknown(say("This sign-in link counts no more. Ask for a new one: securemsg staff link."))
        people.drop_credentials(tx, clinic.id, person_id, now)
        before_a_lost_phone = people.end_sessions(tx, clinic.id, person_id, now, "enrolling", "signed_in")
        for row in rows:
            people.insert_credential(tx, clinic.id, person_id=person_id, now=now, **row)
        device.write(tx)
        begin(tx)
        written.write(tx)
        return session.id, *before_a_lost_phone

    end_streams(desk, desk.database.write(write))
    desk.known_people.pop(clinic.id, None)
    return SignedIn(token, device.secret)


def _password_faults(password: str, person: Person, clinic: Clinic) -> dict[str, list[str]]:
    """NIST SP 800-63B-4: length and a block list, no rules of composition."""
    lower = password.lower()
    easy = (person.email.partition("@")[0], clinic.slug, *_COMMON)
    if len(password) < credentials.MINIMUM_PASSWORD:
        return {"password": [f"Please choose at least {credentials.MINIMUM_PASSWORD} characters."
                             " A few words are easiest to remember."]}
    if len(password) > credentials.MAXIMUM_PASSWORD:
        return {"password": [f"Please choose at most {credentials.MAXIMUM_PASSWORD} characters."]}
    if len(set(lower)) < 5 or any(len(word) > 3 and word in lower for word in easy):
        return {"password": ["This is easy to guess. Please choose words that have nothing to do with you or the clinic."]}
    return {}
