"""The furnished house: made once, copied for each test."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from tests.http import visits
from tests.http.house import House, Known, furnish, opened_house
from tests.http.people import Staff, Visitor
from tests.http.running import Running, started


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Addresses are compiled once for all the applications of a run: that is nearly all of the time in which one is made."""
    compile_builder, known = Rule._compile_builder, dict[tuple, Callable]()

    def once(rule: Rule, append_unknown: bool = True) -> Callable:
        key = rule.rule, repr(rule._trace), repr(rule.defaults), append_unknown
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Known]]:
    """A folder with keys, two clinics and their enrolled staff."""
    folder = tmp_path_factory.mktemp("furnished")
    return folder, furnish(folder)


@pytest.fixture
def house(furnished: tuple[Path, list[Known]], tmp_path: Path, later: Callable[[float], None]) -> Iterator[House]:
    """The service in this process, on SQLite, for this test alone; what anybody does counts for one and the same minute."""
    with opened_house(furnished, tmp_path) as opened:
        yield opened


@pytest.fixture
def ana(house: House) -> Staff:
    """Ana at the door, in a browser nobody has signed in with, a minute after she enrolled: a code of now was not used yet."""
    house.clock.passes(minutes=1)
    staff = house.staff("Ana")
    staff.browser.jar.clear()
    return staff


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass for the counters of limits. Else their clock stands still, shortly after a fresh hour, when their windows
    begin: however slow a machine is, none begins anew in the middle of a test."""
    at = [time.time() // 3600 * 3600 + 3601.5]
    monkeypatch.setattr(time, "time", lambda: at[0])

    def passes(seconds: float) -> None:
        at[0] += seconds

    return passes


@pytest.fixture(scope="module")
def shared(furnished: tuple[Path, list[Known]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all the tests of a module that only look at answers."""
    with opened_house(furnished, tmp_path_factory.mktemp("shared")) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def manned(request: pytest.FixtureRequest, furnished: tuple[Path, list[Known]], tmp_path_factory: pytest.TempPathFactory,
           ) -> Iterator[House]:
    """One house for all the tests of a module, with the plugin of visits.py, on each database."""
    folder, settings = tmp_path_factory.mktemp("manned"), {"undo_seconds": "0"}
    with ExitStack() as ends:
        if request.param == "postgresql":
            server = request.getfixturevalue("postgresql")
            name = server.create(request.getfixturevalue("migrated_postgresql"))
            ends.callback(server.drop, name)
            settings["database_url"] = server.url(name)
            (folder / "template" / "data").mkdir(parents=True)
            furnished = folder / "template", furnish(folder / "template", settings["database_url"])
        house = ends.enter_context(opened_house(furnished, folder, **settings))
        visits.named(house)
        yield house


@pytest.fixture
def service(furnished: tuple[Path, list[Known]], tmp_path: Path) -> Iterator[Running]:
    """The same house as a process of its own, to be killed and started again."""
    with started(tmp_path, *furnished) as one:
        yield one


@pytest.fixture(scope="module")
def steady(furnished: tuple[Path, list[Known]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all the tests of a module that leave it and its staff as they were."""
    with started(tmp_path_factory.mktemp("steady"), *furnished) as one:
        yield one


@pytest.fixture
def leo(steady: Running) -> Visitor:
    """Somebody whose conversation has begun, with one message."""
    visitor = steady.visitor()
    assert visitor.opens("one").status == 201
    return visitor
