"""The furnished house on both databases, as a process that is killed and started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import account
from tests.faults.generous import Generous
from tests.faults.restartable import Restartable
from tests.http.conftest import furnished  # noqa: F401  the same house as over HTTP
from tests.http.house import Known, furnish
from tests.http.running import Running, running, started
from tests.postgresql import ROLE, PostgreSQL


def pytest_terminal_summary(terminalreporter) -> None:
    """What all the faults came to."""
    if lines := account.table():
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def furnished_postgresql(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Known], str]:
    """The house with its rows in PostgreSQL: a folder with its keys, its staff, and the database to copy."""
    folder, name = tmp_path_factory.mktemp("furnished"), postgresql.create()
    known = furnish(folder, postgresql.url(name))
    (folder / "data").mkdir(exist_ok=True)
    return folder, known, name


@contextmanager
def place(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Path, list[Known], str]]:
    """What a service needs to begin with on one of the databases: the house to copy, its staff, a database of its own."""
    if kind == "sqlite":
        yield *request.getfixturevalue("furnished"), ""
        return
    template, known, name = request.getfixturevalue("furnished_postgresql")
    server: PostgreSQL = request.getfixturevalue("postgresql")
    copy = f"copy_of_{name}_{folder.name}"
    server.execute(f'CREATE DATABASE "{copy}" OWNER {ROLE} TEMPLATE "{name}"')
    yield template, known, server.url(copy)
    server.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


@pytest.fixture(scope="session")
def server(nothing_survives: None) -> Iterator[Restartable]:
    """A PostgreSQL server that may be stopped and killed; each test leaves it running."""
    server = Restartable(durable=True)
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def on(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Running]:
    """The house as a running process on one of the databases."""
    with place(kind, request, folder) as known, started(folder, *known) as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """One for each test, once on SQLite, once on PostgreSQL."""
    with on(request.param, request, tmp_path) as one:
        yield one


@pytest.fixture
def generous(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """One on SQLite, with larger limits: its people repeat what was refused as often as they like."""
    template, known = request.getfixturevalue("furnished")
    with Generous(tmp_path) as one:
        yield running(one, template, known).start()


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def steady(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all the tests of a module that leave it as it was."""
    with on(request.param, request, tmp_path_factory.mktemp("steady")) as one:
        yield one
