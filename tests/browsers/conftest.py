"""One house, each engine in turn, and at the other end people without a browser."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.browser.house import ELM, House, furnished
from tests.browsers.engines import ENGINES, Engine
from tests.browsers.people import Person
from tests.http.browser import Outside, new_address
from tests.http.people import Staff
from tests.http.people import Visitor as Writer
from tests.service import until


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:setting remote_server_addr:DeprecationWarning")  # selenium's own call


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, nothing_survives: None) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("house")) as made:
        made.service.stop()
        made.service.settings["undo_seconds"] = "0"  # replies go out at once
        made.service.start()
        yield made


@pytest.fixture(params=ENGINES, ids=str)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def new(house: House, engine: Engine, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """Makes a person of a kind with a browser of this engine; in the end the browser has nothing to complain of."""
    with ExitStack() as browsers:
        made = []

        def arrive(kind: type[Person], **options: bool) -> Person:
            house.wire.address = new_address()
            driver, complaints = browsers.enter_context(engine.begin(tmp_path / f"browser-{len(made)}", **options))
            made.append((kind(driver), complaints))
            return made[-1][0]

        yield arrive
        assert [line for _, complaints in made for line in complaints()] == []


class Desk(Staff):
    """Staff who answer from elsewhere, by a conversation's reference."""

    def finds(self, reference: str) -> str:
        def found() -> str | None:
            ids = dict.fromkeys(re.findall(r"conversations/([0-9a-f-]{36})", self.opens().text))
            return next((one for one in ids if reference in headline(self.opens(f"conversations/{one}").text)), None)

        return until(found, what=reference)

    def replies(self, conversation: str, text: str) -> None:
        answer = super().replies(conversation, text)
        assert answer.status == 303, answer.text


def headline(page: str) -> str:
    """The first one of a page: whose conversation it is. The list beside it names the others."""
    return re.search(r"<h1[ >].*?</h1>", page, re.DOTALL)[0]


@pytest.fixture
def desk(house: House) -> Desk:
    """Ana Ruiz, Nurse, who answers from elsewhere."""
    known = SimpleNamespace(clinic=ELM, token=house.tokens[ELM, "Ana Ruiz"], id=house.ids[ELM, "Ana Ruiz"])
    return Desk.signed_in(Outside(house.url), known)


@pytest.fixture
def writer(house: House) -> Writer:
    """Leo, who writes from elsewhere."""
    return Writer(Outside(house.url), ELM)


@pytest.fixture
def pictures(engine: Engine) -> Callable[[Person, str], None]:
    """Takes a picture into the folder that PICTURES names, for who wants to look; without it nothing."""
    def take(person: Person, name: str) -> None:
        if "PICTURES" in os.environ:
            person.driver.save_screenshot(str(Path(os.environ["PICTURES"], f"{name}-{engine.slug}.png")))

    return take
