"""Conversations and people to measure with, made by the desk: they are what the service makes."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import time

from securemsg import settings
from securemsg.crypto import credentials
from securemsg.desk import Desk, first_message, open_desk, owner, people
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import prepare
from securemsg.desk.door import enrolling, staff_sessions
from securemsg.desk.first_message import Opening
from securemsg.desk.owner import Card

TEXT = ("Could I have my prescription repeated, please? " * 7)[:300]  # bytes
WAITING = 40  # conversations in the inbox that is measured
_THREADS = 16
_PROFILE = {"name": "Bench", "emergency_text": "Call 112.", "phones": [], "doctors": []}
_PROFILE |= dict.fromkeys(("address", "hours_text", "promise"), "")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Tokens of visitors at the busy clinic and at the quiet one, and a staff session for each of the two."""

    busy: list[str] = field(repr=False)
    quiet: list[str] = field(repr=False)
    busy_staff: str = field(repr=False)
    quiet_staff: str = field(repr=False)


def fill(environ: dict[str, str], conversations: int) -> Prepared:
    """Make keys, tables, two clinics, their conversations and a signed-in member of staff at each."""
    chosen = settings.load(environ)
    prepare(chosen)
    desk = open_desk(chosen)
    try:
        busy, quiet = add_clinic(desk, "busy"), add_clinic(desk, "quiet")
        tokens = _conversations(desk, busy, conversations), _conversations(desk, quiet, WAITING)
        return Prepared(*tokens, _staff(desk, busy), _staff(desk, quiet))
    finally:
        desk.close()


def add_clinic(desk: Desk, slug: str) -> Clinic:
    category = ("question", "Question", True, "optional")
    card = Card(
        _PROFILE, "UTC", "en", "112", "#0b6e6e", ("https://clinic.example",), (category,), "You agree."
    )
    return owner.add_clinic(desk, slug, card, desk.clock())


def _conversations(desk: Desk, home: Clinic, number: int) -> list[str]:
    """A token for each new conversation. Several at once, so that they share their commits."""
    opening = Opening("question", "me", None, None, home.consent.sha256, "text", {"text": TEXT})

    def one(_: int) -> str:
        return first_message.open(desk, home, opening, secrets.token_urlsafe(16), None, desk.clock())["token"]

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(one, range(number)))


def _staff(desk: Desk, home: Clinic) -> str:
    """The session of somebody who took the way in that everybody takes: link, password, second factor."""
    now = desk.clock()
    service, door = Who("service", home.id), Who("staff", home.id, address="127.0.0.0/24")
    person = people.add(desk, service, home, "Bench", "bench@clinic.example", None, ("staff",), now)
    link = people.invite(desk, service, home, person, now)
    first = enrolling.start(desk, home, link, door, now)
    session = staff_sessions.session(desk, home, first, "127.0.0.0/24", None, now)
    code = credentials.totp_code(session.totp_secret or b"", int(time()) // 30)
    return enrolling.enrol(desk, home, session, secrets.token_urlsafe(16), code, now)[0].token
