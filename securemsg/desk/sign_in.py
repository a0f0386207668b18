"""How staff prove who they are: the one-time link, the password with a second factor, the session that follows."""

from dataclasses import dataclass, field
from functools import partial

from securemsg.crypto import credentials, tokens
from securemsg.crypto.envelope import Place, seal
from securemsg.desk import people as desk_people
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.people import Person, normal_email, open_value
from securemsg.desk.slow import slowly
from securemsg.errors import Limited, Refused, Unknown, Unverified
from securemsg.live import Signal
from securemsg.store import Tx, outbox, people
from securemsg.store.ids import new_id
from securemsg.times import HOUR, MINUTE, SECOND

IDLE_MINUTES = 15
ABSOLUTE_HOURS = 12
_ENROL_MINUTES = 60
_FREE_FAILURES = 5
_LONGEST_PAUSE_SECONDS = 300
_WRONG = "The email, password or code is not right."
_OLD_LINK = "This link was used already or is too old. Ask for a new one: securemsg staff link."
_LONGEST_PASSWORD = 256
_COMMON = ("passwordpassword", "123456789012", "qwertyuiop", "letmeinletmein", "administrator", "abcdefghijkl", "111111111111")


@dataclass(frozen=True, slots=True)
class Session:
    """A living sign-in. `stage` is enrolling or signed_in."""

    id: str
    stage: str
    who: Who
    person: Person
    totp_secret: bytes | None = field(default=None, repr=False)


def sign_in(desk: Desk, clinic: Clinic, email: str, password: str, code: str, who: Who, now: int) -> str:
    """The token of a new session. Refused with one sentence for every mistake: none tells which part was wrong."""
    index = desk.keys.blind_index(clinic.id, "people.email", normal_email(email))
    _count_attempt(desk, clinic.id, index, now)
    row = desk.database.read(lambda tx: people.one_by_email(tx, clinic.id, index))
    kept = _credentials(desk, clinic.id, row.id) if row and not row.disabled_at else []
    phc = next((credential.hash for credential in kept if credential.kind == "password"), None)
    right = slowly(lambda: credentials.password_fits(password[:_LONGEST_PASSWORD], phc))
    person_id = row.id if row and kept else None
    if not right or person_id is None or not _second_factor_fits(desk, clinic.id, kept, code, now):
        failed = entry(desk, who, "staff.sign_in_failed", "person", person_id, now, outcome="refused", event=False)
        desk.database.write(failed.write)
        raise Refused(_WRONG)
    return _new_session(desk, clinic, person_id, "signed_in", who, now, clears=index)


def start(desk: Desk, clinic: Clinic, secret: str, who: Who, now: int) -> str:
    """Use up a one-time link: the token of a session that may do nothing but enrol."""
    hashed = tokens.hashed(secret.strip())
    invite = desk.database.write(lambda tx: people.use_invite(tx, clinic.id, hashed, now))
    if invite is None or not desk.vouched(invite.mac, "invites", clinic.id, hashed, invite.person_id):
        desk.database.write(entry(desk, who, "staff.link_refused", "person", None, now, outcome="refused", event=False).write)
        raise Refused(_OLD_LINK)
    desk.known_people.pop(clinic.id, None)  # the command may have added this person a moment ago
    return _new_session(desk, clinic, invite.person_id, "enrolling", who, now)


def enrol(desk: Desk, clinic: Clinic, session: Session, password: str, code: str, now: int) -> tuple[str, list[str]]:
    """Set the password and the app: the token of a signed-in session, and the recovery codes, shown this once."""
    errors = _password_faults(password, session.person, clinic)
    step = credentials.totp_step(session.totp_secret or b"", _digits(code), now // SECOND, 0)
    if step is None:
        errors["code"] = ["This code does not fit. Check that the phone's clock is right, and enter the newest code."]
    if errors or step is None:
        raise Refused(errors=errors)
    phc, codes = slowly(lambda: credentials.hash_password(password)), credentials.new_recovery_codes()
    _store_credentials(desk, clinic, session, phc, step, codes, now)
    desk.known_people.pop(clinic.id, None)
    return _new_session(desk, clinic, session.person.id, "signed_in", session.who, now), codes


def session(desk: Desk, clinic: Clinic, token: str, address: str, request_id: str | None, now: int, *,
            use: bool = True) -> Session:
    """Who holds this token; Unknown when it ended. `use` prolongs the idle limit: streams look without using."""
    sha256 = tokens.hashed(token)
    row = desk.database.read(lambda tx: people.one_session(tx, clinic.id, sha256, now))
    real = row and desk.vouched(row.mac, "staff_sessions", clinic.id, row.id, sha256, row.person_id, row.stage)
    person = real and desk_people.everyone(desk, clinic.id).get(row.person_id)
    if not person:
        raise Unknown("Please sign in.")
    if use and now - row.last_used_at > MINUTE and row.stage == "signed_in":
        desk.database.write(lambda tx: people.touch_session(tx, clinic.id, row.id, now, now + IDLE_MINUTES * MINUTE))
    roles = person.roles if row.stage == "signed_in" else frozenset()
    who = Who("staff", clinic.id, person.id, row.id, sha256, address, request_id, roles, person.name, person.title)
    secret = open_value(desk, clinic.id, "staff_sessions", "draft", row.id, row.draft) if row.draft else None
    return Session(row.id, row.stage, who, person, secret)


def sign_out(desk: Desk, session: Session, now: int) -> None:
    """End this session; its streams close."""
    written = entry(desk, session.who, "staff.signed_out", "session", session.id, now, event=False)

    def write(tx: Tx) -> None:
        people.end_session(tx, session.who.clinic_id, session.id, now)
        outbox.insert_revocation(tx, session.who.clinic_id, "session", session.id, now)
        written.write(tx)

    desk.database.write(write)
    desk.live.publish(("session", session.id), Signal("end"))


def _credentials(desk: Desk, clinic_id: str, person_id: str) -> list:
    """What the person proves themselves with; a row that another hand wrote or moved here does not count."""
    rows = desk.database.read(lambda tx: people.credentials(tx, clinic_id, person_id))
    return [row for row in rows if desk.vouched(row.mac, *_facts(clinic_id, row.id, person_id, row.kind, row.hash, row.sealed))]


def _facts(clinic_id: str, id: str, person_id: str, kind: str, hash: str | None, sealed: bytes | None) -> tuple:
    return "credentials", clinic_id, id, person_id, kind, hash, sealed


def _count_attempt(desk: Desk, clinic_id: str, subject: bytes, now: int) -> None:
    """Count before looking: parallel guesses cannot slip through. A success clears the count."""
    def write(tx: Tx) -> int:
        counted = people.count_attempt(tx, clinic_id, subject, now)
        row = people.one_attempt(tx, clinic_id, subject)
        if not counted:
            return row.blocked_until - now
        beyond = row.failures - _FREE_FAILURES
        if beyond >= 0:
            pause_seconds = min(2 ** min(beyond, 10), _LONGEST_PAUSE_SECONDS)
            people.block_attempts(tx, clinic_id, subject, now + pause_seconds * SECOND)
        return 0

    if wait := desk.database.write(write):
        raise Limited("There were several wrong attempts. Please wait a little before the next one.",
                      retry_after_seconds=wait // SECOND + 1)


def _second_factor_fits(desk: Desk, clinic_id: str, kept: list, code: str, now: int) -> bool:
    if len(digits := _digits(code)) == 6:
        return _totp_fits(desk, clinic_id, kept, digits, now)
    hashed = _recovery_hash(desk, clinic_id, code)
    found = next((row for row in kept if row.kind == "recovery" and row.hash == hashed), None)
    if found is None:
        return False
    return desk.database.write(lambda tx: people.use_recovery_code(tx, clinic_id, found.id, now))


def _totp_fits(desk: Desk, clinic_id: str, kept: list, digits: str, now: int) -> bool:
    for row in (row for row in kept if row.kind == "totp"):
        try:
            secret = open_value(desk, clinic_id, "credentials", "sealed", row.id, row.sealed)
        except Unverified:
            continue
        step = credentials.totp_step(secret, digits, now // SECOND, row.last_step)
        if step is not None:
            return desk.database.write(partial(people.use_totp, clinic_id=clinic_id, id=row.id, step=step, now=now))
    return False


def _store_credentials(desk: Desk, clinic: Clinic, session: Session, phc: str, step: int, codes: list[str], now: int) -> None:
    person_id, totp_id = session.person.id, new_id()
    totp = seal(desk.keys.data(clinic.id), Place("credentials", "sealed", clinic.id, totp_id), session.totp_secret or b"")
    recovery = [(new_id(), "recovery", _recovery_hash(desk, clinic.id, code), None) for code in codes]
    rows = [(new_id(), "password", phc, None), (totp_id, "totp", None, totp), *recovery]
    written = entry(desk, session.who, "person.enrolled", "person", person_id, now)

    def write(tx: Tx) -> None:
        people.drop_credentials(tx, clinic.id, person_id, now)
        for ended in people.end_sessions(tx, clinic.id, person_id, now):  # the enrolling one, and any of before a lost phone
            outbox.insert_revocation(tx, clinic.id, "session", ended.id, now)
        for id, kind, hashed, sealed in rows:
            mac = desk.vouch(*_facts(clinic.id, id, person_id, kind, hashed, sealed))
            people.insert_credential(tx, clinic.id, id, person_id, kind, mac, now, hash=hashed, sealed=sealed,
                                     last_step=step if kind == "totp" else 0)
        people.set_enrolled(tx, clinic.id, person_id, now)
        written.write(tx)

    desk.database.write(write)


def _new_session(desk: Desk, clinic: Clinic, person_id: str, stage: str, who: Who, now: int, clears: bytes | None = None) -> str:
    """A fresh token each time something changes: one that was known before the sign-in is worth nothing after it."""
    token, id, enrolling = tokens.new_secret(), new_id(), stage == "enrolling"
    idle = now + (_ENROL_MINUTES if enrolling else IDLE_MINUTES) * MINUTE
    draft = credentials.new_totp_secret() if enrolling else None
    sealed = {column: seal(desk.keys.data(clinic.id), Place("staff_sessions", column, clinic.id, id), value) if value else None
              for column, value in (("draft", draft), ("address", (who.address or "").encode()))}
    who = Who("staff", clinic.id, person_id, id, tokens.hashed(token), who.address, who.request_id)
    mac = desk.vouch("staff_sessions", clinic.id, id, tokens.hashed(token), person_id, stage)
    written = entry(desk, who, "staff.link_used" if enrolling else "staff.signed_in", "session", id, now, event=False)

    def write(tx: Tx) -> None:
        people.insert_session(tx, clinic.id, id, person_id, tokens.hashed(token), mac, stage, now, idle,
                              now + ABSOLUTE_HOURS * HOUR, sealed["address"], sealed["draft"])
        if clears:
            people.clear_attempts(tx, clinic.id, clears)
        written.write(tx)

    desk.database.write(write)
    return token


def _password_faults(password: str, person: Person, clinic: Clinic) -> dict[str, list[str]]:
    """NIST SP 800-63B-4: length and a block list, no rules of composition."""
    lower = password.lower()
    easy = (person.email.partition("@")[0], clinic.slug, *_COMMON)
    if len(password) < credentials.MINIMUM_PASSWORD:
        return {"password": [f"Please choose at least {credentials.MINIMUM_PASSWORD} characters."
                             " A few words are easiest to remember."]}
    if len(password) > _LONGEST_PASSWORD:
        return {"password": [f"Please choose at most {_LONGEST_PASSWORD} characters."]}
    if len(set(lower)) < 5 or any(len(word) > 3 and word in lower for word in easy):
        return {"password": ["This is easy to guess. Please choose words that have nothing to do with you or the clinic."]}
    return {}


def _digits(code: str) -> str:
    text = code.replace(" ", "").strip()
    return text if text.isascii() and text.isdigit() else ""


def _recovery_hash(desk: Desk, clinic_id: str, code: str) -> str:
    plain = code.replace(" ", "").replace("-", "").lower()
    return desk.keys.blind_index(clinic_id, "recovery", plain).hex()
