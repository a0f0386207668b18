"""The sessions of staff: who holds a token, where somebody is signed in, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from securemsg.crypto import credentials, tokens
from securemsg.crypto.envelope import Place, seal
from securemsg.desk import people as desk_people
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import devices
from securemsg.desk.journal import entry
from securemsg.desk.people import Person, open_value
from securemsg.errors import Missing, Unavailable, Unknown, Unverified
from securemsg.store import Row, Tx, people
from securemsg.store.ids import new_id
from securemsg.times import HOUR, MINUTE
from securemsg.words import say

IDLE_MINUTES = 15
ABSOLUTE_HOURS = 12
_ENROL_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Session:
    """A living sign-in. `stage` is enrolling or signed_in. It ends at `idle_until` unless it is used before, and at
    `absolute_until` however busy it is. `step_up_at` is when this person last showed a second factor in it (step_up.py)."""

    id: str
    stage: str
    who: Who
    person: Person
    idle_until: int
    absolute_until: int
    totp_secret: bytes | None = field(default=None, repr=False)
    step_up_at: int | None = None
    mac: bytes = field(default=b"", repr=False)
    device_id: str | None = None
    has_news: bool = False  # some browser of this person's was not noticed yet (strangers.py)


@dataclass(frozen=True, slots=True)
class Listed:
    """One place where somebody is signed in. `address` is coarse; `device` what the browser calls itself, "" when unknown."""

    id: str
    device: str
    address: str
    created_at: int
    last_used_at: int


def session(desk: Desk, clinic: Clinic, token: str, address: str, request_id: str | None, now: int, *,
            use: bool = True) -> Session:
    """Who holds this token; Unknown when it ended. `use` prolongs the idle limit: streams look without using."""
    sha256 = tokens.hashed(token)
    row = desk.database.read(lambda tx: people.one_session(tx, clinic.id, sha256, now))
    real = row and desk.vouched(row.mac, *facts(clinic.id, row.id, sha256, row.person_id, row.stage, row.step_up_at))
    person = real and desk_people.everyone(desk, clinic.id).get(row.person_id)
    if not person or desk.ended.at("person", row.person_id) or desk.ended.at("session", row.id):
        raise Unknown(say("Please sign in."))
    idle = row.idle_until
    if use and now - row.last_used_at > MINUTE and row.stage == "signed_in":
        idle = _prolonged(desk, clinic.id, row, now)
    roles = person.roles if row.stage == "signed_in" else frozenset()
    who = Who("staff", clinic.id, person.id, row.id, sha256, address, request_id, roles, person.name, person.title)
    enrolling = row.draft and row.stage == "enrolling"  # else it is an act that waits (waiting.py)
    secret = open_value(desk, clinic.id, "staff_sessions", "draft", row.id, row.draft) if enrolling else None
    return Session(row.id, row.stage, who, person, idle, row.absolute_until, secret, row.step_up_at, row.mac,
                   row.device_id, bool(row.has_news))


def _prolonged(desk: Desk, clinic_id: str, row: Row, now: int) -> int:
    """Until when it may be idle, now that it is used."""
    idle = now + IDLE_MINUTES * MINUTE
    try:
        desk.database.write(lambda tx: people.touch_session(tx, clinic_id, row.id, now, idle))
    except Unavailable:  # no room to note it: what needs a record says so itself
        return row.idle_until
    return idle


def begun(desk: Desk, clinic: Clinic, person_id: str, stage: str, who: Who, now: int,
          device_id: str | None = None, *, confirmed_at: int | None = None) -> tuple[str, Callable[[Tx], None]]:
    """A new session: its token, and what writes it. Each stage has a fresh one: who knew an earlier token knows nothing.
    `confirmed_at` is when a second factor was shown."""
    token, id, enrolling = tokens.new_secret(), new_id(), stage == "enrolling"
    sha256, idle = tokens.hashed(token), now + (_ENROL_MINUTES if enrolling else IDLE_MINUTES) * MINUTE
    draft = credentials.new_totp_secret() if enrolling else None
    sealed = {column: seal(desk.keys.data(clinic.id), Place("staff_sessions", column, clinic.id, id), value) if value else None
              for column, value in (("draft", draft), ("address", (who.address or "").encode()))}
    who = Who("staff", clinic.id, person_id, id, sha256, who.address, who.request_id)
    mac = desk.vouch(*facts(clinic.id, id, sha256, person_id, stage, confirmed_at))
    written = entry(desk, who, "staff.link_used" if enrolling else "staff.signed_in", "session", id, now, event=False)

    def write(tx: Tx) -> None:
        people.insert_session(tx, clinic.id, id, person_id, sha256, mac, stage, now, idle, now + ABSOLUTE_HOURS * HOUR,
                              sealed["address"], sealed["draft"], device_id, confirmed_at)
        written.write(tx)

    return token, write


def stepped_up(desk: Desk, clinic: Clinic, session: Session, at: int) -> tuple[Session, Callable[[Tx], bool]]:
    """The session with a second factor shown `at` a moment, and what writes it: False when it has changed since."""
    who = session.who
    mac = desk.vouch(*facts(clinic.id, session.id, who.session_sha256, session.person.id, session.stage, at))

    def write(tx: Tx) -> bool:
        return people.step_up(tx, clinic.id, session.id, session.mac, at, mac)

    return replace(session, step_up_at=at, mac=mac), write


def everywhere(desk: Desk, who: Who, now: int) -> list[Listed]:
    """Where this person is signed in, what was used last first."""
    rows = desk.database.read(lambda tx: people.living_sessions(tx, who.clinic_id, who.id, now))
    names = devices.names(desk, who.clinic_id, who.id)
    return [Listed(row.id, names.get(row.device_id, ""), _address(desk, who.clinic_id, row), row.created_at, row.last_used_at)
            for row in rows if desk.vouched(row.mac, *facts(who.clinic_id, row.id, row.token_sha256, who.id, row.stage,
                                                             row.step_up_at))]


def end_one(desk: Desk, who: Who, id: str, now: int) -> None:
    """End another session of one's own; Missing when there is no such one."""
    if id not in {listed.id for listed in everywhere(desk, who, now)}:
        raise Missing
    _end(desk, who, (id,), "staff.session_ended", now)


def end_others(desk: Desk, who: Who, now: int) -> None:
    """End all sessions of one's own but this one."""
    ids = (listed.id for listed in everywhere(desk, who, now))
    _end(desk, who, tuple(id for id in ids if id != who.session_id), "staff.session_ended", now)


def sign_out(desk: Desk, session: Session, now: int) -> None:
    """End this session; its streams close."""
    _end(desk, session.who, (session.id,), "staff.signed_out", now)


def _end(desk: Desk, who: Who, ids: tuple[str, ...], action: str, now: int) -> None:
    written = [entry(desk, who, action, "session", id, now, event=False) for id in ids]

    def write(tx: Tx) -> None:
        for id, line in zip(ids, written, strict=True):
            people.end_session(tx, who.clinic_id, id, now)
            line.write(tx)

    desk.database.write(write)
    desk_people.end_streams(desk, ids)


def facts(clinic_id: str, id: str, sha256: bytes, person_id: str, stage: str, step_up_at: int | None) -> tuple:
    """What a session's MAC covers. One in which nobody ever stepped up has the MAC that it had before there was such a thing."""
    stepped = () if step_up_at is None else (step_up_at,)
    return "staff_sessions", clinic_id, id, sha256, person_id, stage, *stepped


def _address(desk: Desk, clinic_id: str, row) -> str:
    try:
        return open_value(desk, clinic_id, "staff_sessions", "address", row.id, row.address).decode() if row.address else ""
    except Unverified:
        return ""
