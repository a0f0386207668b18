"""A clinic at work, on SQLite and on PostgreSQL: the fixtures `clinic`, `visitor` and `staff`.

Time stands at a Monday noon and goes on by a second with each act; `clinic.later(days=15)` lets it pass.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from securemsg.crypto import keystore, roots
from securemsg.desk import Desk, open_desk, owner, people
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.clinics import clinic as one_clinic
from securemsg.desk.owner import Card
from securemsg.settings import Settings, load
from securemsg.times import DAY, HOUR, MINUTE, SECOND
from tests.people import Staff, Visitor

NOON = 1_772_452_800 * SECOND  # Monday, 2 March 2026, 12:00 UTC
PROFILE = {"name": "Elm Street Surgery", "address": "3 Elm Street", "phones": ["+1 555 0100"], "doctors": ["Dr Ana Ruiz"],
           "hours_text": "Mon–Fri 8:00–18:00", "promise": "We usually answer within one working day.",
           "emergency_text": "Call 112 now."}
CARD = Card(PROFILE, "Europe/Berlin", "en", "112", "#0b6e6e", ("https://www.elm.example",),
            (("appointment", "Appointment", True, "required"), ("other", "Something else", True, "optional")),
            "We read what you write and answer here.")


@dataclass
class Clock:
    """Handed to the desk as its clock."""

    at: int = NOON

    def __call__(self) -> int:
        return self.at

    def tick(self) -> int:
        """The time of the next act."""
        self.at += SECOND
        return self.at


@dataclass
class Practice:
    """A clinic at work, and the way to meet its visitors and staff."""

    desk: Desk
    slug: str
    clock: Clock

    @property
    def home(self) -> Clinic:
        return one_clinic(self.desk, self.slug)

    def later(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass for everybody."""
        self.clock.at += int(days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND)

    def visitor(self) -> Visitor:
        """Somebody new, who has written nothing yet."""
        return Visitor(self)

    def hires(self, name: str = "Ana Ruiz", title: str | None = "Nurse", *roles: str) -> Staff:
        """A new member of staff, at work at once; `enrols` and `signs_in` are there for who tests the door."""
        email = f"{name.split()[0].lower()}-{secrets.token_hex(3)}@elm.example"
        person = people.add(self.desk, self.service, self.home, name, email, title, roles or ("staff",), self.clock.tick())
        return Staff(self, person)

    def saves(self, card: Card | None = None, version: int | None = None, by: Who | None = None, **changes: Any) -> None:
        """The owner's page, saved: CARD with some changes."""
        card, home = replace(card or CARD, **changes), self.home
        owner.save_card(self.desk, by or self.service, home, card, version or home.version, self.clock.tick())

    @property
    def service(self) -> Who:
        """Who runs the commands on the machine."""
        return Who("service", self.home.id)

    def rows(self, table: str, **where: Any) -> list:
        """The clinic's raw rows, oldest first."""
        condition = "".join(f" AND {name} = :{name}" for name in where)
        sql = f"SELECT * FROM {table} WHERE clinic_id = :clinic_id{condition}"
        rows = self.desk.database.read(lambda tx: tx.all(sql, clinic_id=self.home.id, **where))
        return sorted(rows, key=lambda row: getattr(row, "id", ""))

    def sql(self, statement: str, **values: Any) -> int:
        """What somebody does who has the database but not the keys."""
        return self.desk.database.write(lambda tx: tx.everywhere.run(statement, **values))


@pytest.fixture
def own_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with a root key and keystore of their own, on both databases."""
    made = load({"SECUREMSG_DATABASE_URL": database_url, "SECUREMSG_DATA": str(tmp_path / "database"),
                 "SECUREMSG_ROOT_KEY": f"file:{tmp_path / 'keys' / 'root.key'}"})
    roots.create_file(tmp_path / "keys" / "root.key")
    keystore.create(made.keystore, roots.read(made.root_key[0], made.environ, made.data))
    return made


@pytest.fixture
def desk(own_settings: Settings) -> Iterator[Desk]:
    """An open desk without a clinic."""
    opened = open_desk(own_settings, Clock())
    yield opened
    opened.close()


@pytest.fixture
def clinic(desk: Desk) -> Practice:
    """Elm Street Surgery."""
    return add_practice(desk, "elm")


@pytest.fixture
def other_clinic(clinic: Practice) -> Practice:
    """Another clinic in the same service."""
    return add_practice(clinic.desk, "oak")


@pytest.fixture
def visitor(clinic: Practice) -> Visitor:
    return clinic.visitor()


@pytest.fixture
def staff(clinic: Practice) -> Staff:
    """Ana Ruiz, Nurse."""
    return clinic.hires()


def add_practice(desk: Desk, slug: str, card: Card = CARD) -> Practice:
    """A clinic of that short name."""
    assert isinstance(desk.clock, Clock)
    owner.add_clinic(desk, slug, card, desk.clock.tick())
    return Practice(desk, slug, desk.clock)
