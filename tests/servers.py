"""The fixtures: databases, services, a browser; and the proof that no program outlives the tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from securemsg import settings, store
from tests.postgresql import PostgreSQL
from tests.service import Service, until


@pytest.fixture(scope="session", autouse=True)
def nothing_survives() -> Iterator[None]:
    """Fails the session when a program that a test started, or one that it started, is alive after it."""
    os.environ[MARK] = str(os.getpid())
    yield
    until(lambda: not _survivors(), 5, "the end of all that the tests started")


MARK = "TESTS_OF_SECUREMSG"  # each program that we start inherits it, and so does all that it starts


def _survivors() -> list[int]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == os.environ[MARK]:
                found.append(process.pid)
    return found


@pytest.fixture(scope="session")
def postgresql(nothing_survives: None) -> Iterator[PostgreSQL]:
    """The session's PostgreSQL server."""
    server = PostgreSQL()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: PostgreSQL) -> str:
    """The name of a migrated database, to be copied: that takes a tenth of the time of migrating anew."""
    name = postgresql.create()
    _migrate(postgresql.url(name))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "securemsg.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = store.connect(settings.load({"SECUREMSG_DATABASE_URL": url}))
    store.migrate(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database: the test runs once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "database" / "securemsg.db"
        path.parent.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgresql")
        name = server.create(request.getfixturevalue("migrated_postgresql"))
        yield server.url(name)
        server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[store.Database]:
    """An open, migrated, empty database, on SQLite and on PostgreSQL."""
    opened = store.connect(settings.load({"SECUREMSG_DATABASE_URL": database_url}))
    yield opened
    opened.close()


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Makes a Service (not started) in a folder of its own; the end of the test stops it."""
    made: list[Service] = []

    def make(database_url: str = "", **values: str) -> Service:
        folder = tmp_path / f"service-{len(made)}"
        folder.mkdir()
        made.append(Service(folder, database_url, **values))
        return made[-1]

    yield make
    for service in made:
        service.stop()


@pytest.fixture
def demo(make_service: Callable[..., Service]) -> Service:
    """`securemsg demo` as `make run` starts it, on SQLite: a sample clinic, its website, nobody enrolled."""
    return make_service().start("demo")


@pytest.fixture(scope="session")
def browser(nothing_survives: None) -> Iterator[Browser]:
    """The session's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_program(), args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


def chromium_program() -> str:
    """The one that make found, else the first that is on PATH."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert program, "no Chromium was found: `make test` finds or installs one, CHROMIUM names one"
    return program


# No sandbox, since it cannot be made as root or in most containers; no call home, since tests ask nobody.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Instead of Playwright's own list, which turns storage partitioning off: no browser that people use refuses
    # a frame of another site all storage, as that would.
    "--disable-features=HttpsUpgrades,MediaRouter,OptimizationHints,Translate",
]


@pytest.fixture
def new_person(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser context for each person in a test: nothing is shared between them."""
    contexts: list[BrowserContext] = []

    def arrive(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(10_000)
        return contexts[-1]

    yield arrive
    for context in contexts:
        context.close()
