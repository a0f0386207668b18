"""Two clinics with their people, furnished once and copied for each test; and the application in this process."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from jinja2.bccache import Bucket, BytecodeCache

from securemsg.app import create_app
from securemsg.crypto import credentials
from securemsg.desk import Desk, open_desk, people
from securemsg.desk.access import Who
from securemsg.desk.desk import prepare
from securemsg.desk.door import enrolling, staff_sessions, step_up
from securemsg.desk.owner import Card, add_clinic
from securemsg.registry import Registry
from securemsg.settings import load
from securemsg.times import HOUR, MINUTE, SECOND, now
from tests.http.browser import Inside
from tests.http.people import Staff, Visitor

HARBOUR, HILL = "harbour-lane", "hill-road"
NAMES = {HARBOUR: "Harbour Lane Family Practice", HILL: "Hill Road Clinic"}
ORIGINS = {HARBOUR: ("https://www.harbour-lane.example", "https://harbour-lane.example"), HILL: ("https://hill-road.example",)}
PASSWORD = "four ducks on a pond"
STAFF = (  # clinic, email, name, title, roles
    (HARBOUR, "maren@harbour-lane.example", "Maren Whitlock", "Doctor", ("owner", "staff")),
    (HARBOUR, "ana@harbour-lane.example", "Ana Ruiz", "Nurse", ("staff",)),
    (HARBOUR, "tomas@harbour-lane.example", "Tomas Berg", "Front desk", ("staff",)),
    (HILL, "eve@hill-road.example", "Eve Hill", "Doctor", ("owner", "staff")))


@dataclass
class Known:
    """What a member of staff knows and carries: the authenticator's secret, recovery codes, a session begun earlier."""

    clinic: str
    id: str
    email: str
    name: str
    totp: bytes = field(repr=False)
    codes: list[str] = field(repr=False)
    token: str = field(repr=False)


class Clock:
    """The service's clock; a test moves it on."""

    def __init__(self) -> None:
        self.ahead, self.stands_at = 0, 0

    def __call__(self) -> int:
        return (self.stands_at or now()) + self.ahead

    def stops(self) -> None:
        """From here on only what `passes`: the first pause after wrong guesses is a second, and a slow machine takes as long."""
        self.stands_at = now()

    def passes(self, minutes: float) -> None:
        self.ahead += int(minutes * MINUTE)


def furnish(folder: Path, database_url: str = "") -> list[Known]:
    """Keys, two clinics and their staff, all enrolled; in `folder`, or its keys there and the rest in a database."""
    settings = load({"SECUREMSG_DATA": str(folder / "data"), "SECUREMSG_DATABASE_URL": database_url})
    prepare(settings)
    desk = open_desk(settings)
    try:
        before = now() - step_up.SECONDS * SECOND  # nobody confirmed a moment ago, however early a test comes
        for slug in NAMES:
            add_clinic(desk, slug, card(slug), before)
        known = [_enrolled(desk, *person, at=before) for person in STAFF]
        stay_signed_in(desk, 12 * 60)
        return known
    finally:
        desk.close()


def stay_signed_in(desk: Desk, minutes: int) -> None:
    """As if everybody had just signed in, and may be idle for so long: tests come to the house at any time."""
    desk.database.write(lambda tx: tx.everywhere.run(
        "UPDATE staff_sessions SET last_used_at = :now, idle_until = :idle, absolute_until = :absolute",
        now=now(), idle=now() + minutes * MINUTE, absolute=now() + staff_sessions.ABSOLUTE_HOURS * HOUR))


def card(slug: str) -> Card:
    profile = {"name": NAMES[slug], "address": "14 Harbour Lane", "phones": ["+1 902 555 0142"], "doctors": ["Dr Maren Whitlock"],
               "hours_text": "Mon to Fri 8:00–17:30", "promise": "We usually answer within one working day.",
               "emergency_text": "Call 911 now."}
    categories = (("appointment", "Appointment", True, "required"), ("billing", "Billing", False, "none"),
                  ("other", "Something else", True, "optional"))
    return Card(profile, "America/Halifax", "en", "911", "#0b6e6e", ORIGINS[slug], categories, "Staff read what you write.")


def _enrolled(desk: Desk, slug: str, email: str, name: str, title: str, roles: tuple[str, ...],
              at: int | None = None) -> Known:
    from securemsg.desk.clinics import clinic

    at = now() if at is None else at
    home = clinic(desk, slug)
    runner, door = Who("service", home.id), Who("staff", home.id)
    person = people.add(desk, runner, home, name, email, title, roles, at)
    token = enrolling.start(desk, home, people.invite(desk, runner, home, person, at), door, at)
    session = staff_sessions.session(desk, home, token, "", None, at)
    secret = session.totp_secret or b""
    signed_in, codes = enrolling.enrol(desk, home, session, PASSWORD, credentials.totp_code(secret, at // SECOND // 30), at)
    return Known(slug, person.id, email, name, secret, codes, signed_in.token)


def copied(template: Path, folder: Path) -> None:
    """A furnished folder's data and keys, for one test alone."""
    for part in ("data", "data.keys"):
        shutil.copytree(template / part, folder / part)


class Compiled(BytecodeCache):
    """Templates, compiled once for all the houses of a run: that is half the time of opening one."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_compiled = Compiled()


class House:
    """The service in this process, and the people who come to it."""

    def __init__(self, folder: Path, known: list[Known], **settings: str):
        given = {"undo_seconds": "0"} | settings  # replies go out at once; who tests the waiting says how long
        environ = {"SECUREMSG_DATA": str(folder / "data")} | {f"SECUREMSG_{k.upper()}": v for k, v in given.items()}
        self.clock, self.known = Clock(), known
        self.desk = open_desk(load(environ), self.clock)
        self.has()
        self.url = self.desk.settings.public_url
        stay_signed_in(self.desk, staff_sessions.IDLE_MINUTES)

    def has(self, **plugins: ModuleType) -> None:
        """These plugins are named, and no others; before anybody comes."""
        self.desk.registry = Registry.of(plugins) if plugins else self.desk.registry
        self.app = create_app(self.desk.settings, self.desk)
        self.app.jinja_env.bytecode_cache = _compiled

    def browser(self, address: str = "") -> Inside:
        """Somebody's own browser."""
        return Inside(self.app, self.url, address)

    def visitor(self, clinic: str = HARBOUR, address: str = "") -> Visitor:
        return Visitor(self.browser(address), clinic)

    def staff(self, first_name: str) -> Staff:
        """Maren the owner, Ana or Tomas of Harbour Lane, Eve the owner of Hill Road; signed in."""
        return Staff.signed_in(self.browser(), next(one for one in self.known if one.name.startswith(first_name)))


@contextmanager
def opened_house(template: tuple[Path, list[Known]], folder: Path, **settings: str) -> Iterator[House]:
    copied(template[0], folder)
    house = House(folder, template[1], **settings)
    try:
        yield house
    finally:
        house.desk.close()
