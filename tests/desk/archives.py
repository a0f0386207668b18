"""Backups for the tests: a pair of keys, a practice with something of everything, its archive, another database."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, inspect

from securemsg import store
from securemsg.crypto import backup_keys
from securemsg.desk import Desk, glass, open_desk, returning, visits
from securemsg.desk.access import Who
from securemsg.desk.archive import backup, drill, restoring
from securemsg.desk.archive.restoring import Restored
from securemsg.desk.canned import templates
from securemsg.desk.canned.templates import Template
from securemsg.desk.door import providers
from securemsg.desk.erasing import holds, requests, retention
from securemsg.desk.thread import erasure_facts
from securemsg.errors import Error
from securemsg.settings import Settings
from securemsg.store import Database, archive
from securemsg.store.ids import new_id
from securemsg.store.migrate import upgrade
from securemsg.store.tables import metadata
from tests.clinic import Practice
from tests.desk.canary import CANARY
from tests.desk.systems import System
from tests.people import code_at, new_key
from tests.plugins.turns import at_work

PUBLIC, PRIVATE = backup_keys.new_texts()
KEY = backup_keys.private(PRIVATE, "The key")
# For what does not depend on the database that an archive was made from.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """The migrations make the tables of each form once in a run and on each database; what is restored later has them by the
    statements that they said, without all that Alembic and SQLAlchemy think before they say them."""
    known: dict[tuple[str, str], list[tuple[str, Any]]] = {}

    def made(connection: Connection, form: str = "head", **how: Any) -> None:
        key = connection.dialect.name, form
        if inspect(connection).get_table_names():
            upgrade(connection, form, **how)
        elif key in known:
            for statement, values in known[key]:
                connection.exec_driver_sql(statement, values or None)
        else:
            with _said(connection) as said:
                upgrade(connection, form, **how)
            known[key] = said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "upgrade", made)
        yield


@contextmanager
def _said(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """What is said to a database meanwhile, but for questions: statements and their values."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        if not statement.lstrip().startswith(("SELECT", "PRAGMA")):
            said.append((statement, values))

    event.listen(connection, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(connection, "before_cursor_execute", hear)


def archived(clinic: Practice, key: str = PUBLIC) -> bytes:
    """An archive of the practice's database as it is now."""
    clinic.desk.settings = changed(clinic.desk.settings, backup_key=key)
    file = io.BytesIO()
    backup.back_up(clinic.desk, file, clinic.clock.tick(), lambda done, of: None)
    return file.getvalue()


def changed(settings: Settings, **values: object) -> Settings:
    """The same settings but for some."""
    return Settings({**settings, **values}, settings.environ)


def restored(settings: Settings, made: bytes, clock, key=KEY) -> Restored:
    return restoring.restore(settings, io.BytesIO(made), key, clock, lambda done, of: None)


def drilled(settings: Settings, made: bytes, key=KEY) -> dict:
    return drill.drill(settings, io.BytesIO(made), key, lambda done, of: None)


def fault(act: Callable, *what: object, **how: object) -> str:
    """The sentence with which something is refused."""
    with pytest.raises(Error) as refused:
        act(*what, **how)
    return refused.value.detail


def everything(database: Database) -> dict[str, set[tuple]]:
    """All rows of all tables."""
    with database.snapshot() as stream:
        return {name: {tuple(row) for row in archive.each(stream, name)} for name in metadata.tables}


def is_empty(settings: Settings) -> bool:
    """Whether a database holds no rows at all, and no half-made tables."""
    database = store.connect(settings)
    try:
        names = inspect(database.engine).get_table_names()
        return not any(database.read(lambda tx, n=name: tx.everywhere.all(f"SELECT 1 AS one FROM {n} LIMIT 1"))
                       for name in names if name != "alembic_version")
    finally:
        database.close()


@dataclass
class Elsewhere:
    """Another, empty database, of either kind, for the same keys."""

    url: str

    def settings(self, of: Desk) -> Settings:
        return changed(of.settings, database_url=self.url)


@pytest.fixture
def elsewhere(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    """A database of the same kind."""
    with _another(database_url.startswith("sqlite"), request, tmp_path) as made:
        yield made


@pytest.fixture
def across(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    """A database of the other kind."""
    with _another(not database_url.startswith("sqlite"), request, tmp_path) as made:
        yield made


@contextmanager
def _another(is_sqlite: bool, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    """Without tables on PostgreSQL; with tables, as after a start that was stopped, on SQLite."""
    if is_sqlite:
        path = tmp_path / "elsewhere" / "securemsg.db"
        path.parent.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield Elsewhere(f"sqlite:///{path}")
    else:
        server = request.getfixturevalue("postgresql")
        name = server.create()
        yield Elsewhere(server.url(name))
        server.drop(name)


@pytest.fixture
def reopened() -> Iterator[Callable[..., Practice]]:
    """Opens a restored practice: `reopened(clinic, settings)`."""
    desks: list[Desk] = []

    def open_again(clinic: Practice, settings: Settings) -> Practice:
        desks.append(open_desk(settings, clinic.clock))
        return Practice(desks[-1], clinic.slug, clinic.clock)

    yield open_again
    for desk in desks:
        desk.close()


@dataclass
class Busy:
    """Who is at a busy practice, and what they hold."""

    visitor: object
    staff: object
    app: bytes
    codes: list[str]
    token: str


@pytest.fixture
def busy(clinic: Practice, quick_hash: None) -> Busy:
    """Something of everything: messages, notes, names, contacts, people at the door, links, tickets, openings, systems."""
    visitor, caller = clinic.visitor(), clinic.visitor()
    visitor.opens(f"{CANARY} first", name=f"{CANARY} name", category="appointment", contact=("email", f"{CANARY}@example.org"))
    caller.opens("Please call.", contact=("phone", "+1 555 0190"))
    visitor.says(f"{CANARY} {'long ' * 1000}")
    staff = clinic.hires(f"{CANARY.title()} Person", "Nurse")
    app, codes = staff.enrols()
    clinic.later(minutes=1)
    token = staff.signs_in("four plain words here", code_at(app, clinic.clock() + 1_000_000))
    session = staff.session(token)
    staff.who = Who("staff", clinic.home.id, session.person.id, session.id, session.who.session_sha256, "203.0.113.0/24", None,
                    session.who.roles, session.person.name, session.person.title)
    staff.opens(visitor)
    staff.replies("Yes.")
    staff.notes(f"{CANARY} note")
    staff.begins(note=f"{CANARY} draft")
    staff.sends(f"{CANARY} pending")
    visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    clinic.desk.database.write(returning.way_back(clinic.desk, clinic.home, visitor.conversation, clinic.clock.tick())[1])
    owner = clinic.hires("Bo Li", "Doctor", "owner")
    newcomer = clinic.hires("Jo May")
    newcomer.follows(newcomer.gets_link())  # in the middle of enrolling
    owner.gets_link()
    System.let_in(clinic)
    at_work(clinic, clinic.service, caller.conversation, CANARY)
    ready = Template("", f"{CANARY} label", "en", f"{CANARY} template")
    templates.save(clinic.desk, owner.who, ready, new_key(), clinic.clock.tick())
    holds.place(clinic.desk, clinic.service, caller.conversation, f"{CANARY} hold", clinic.clock.tick())
    requests.ask(clinic.desk, caller.visit(), clinic.clock.tick())
    judge = clinic.hires("Mo Abe", None, "compliance")
    requests.refuse(clinic.desk, judge.who, caller.conversation, f"{CANARY} refused", new_key(), clinic.clock.tick())
    reference = caller.visit().conversation.reference
    glass.break_glass(clinic.desk, judge.who, clinic.home, reference, f"{CANARY} because of it", "HOPERAT", clinic.clock.tick())
    providers.keep(clinic.desk, owner.who, clinic.home, "Login", "https://login.example", "clinic", f"{CANARY} secret",
                   clinic.clock.tick())
    retention.set_period(clinic.desk, clinic.service, clinic.home, "other", "office", 400, clinic.clock.tick())
    visits.end(clinic.desk, caller.visit(), clinic.clock.tick())
    return Busy(visitor, staff, app, codes, token)


def erases(clinic: Practice, kind: str, id: str) -> None:
    """As the row that says what was erased."""
    at = clinic.clock.tick()
    clinic.sql("INSERT INTO erasures (clinic_id, id, object_kind, object_id, erased_at, mac) VALUES (:clinic_id, :id, :kind,"
               " :object_id, :at, :mac)", clinic_id=clinic.home.id, id=new_id(), kind=kind, object_id=id, at=at,
               mac=clinic.desk.vouch(*erasure_facts(clinic.home.id, kind, id, at)))
