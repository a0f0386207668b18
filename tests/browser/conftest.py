"""The furnished house, shared by the browser tests; and the people who come to it, each in a browser of their own."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.house import ELM, House, furnished
from tests.browser.people import Staff, Visitor


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, nothing_survives: None) -> Iterator[House]:
    """One service for all browser tests; whoever kills it starts it again."""
    with furnished(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def new_visitor(house: House, new_person: Callable[..., BrowserContext]) -> Callable[..., Visitor]:
    """Makes somebody on the clinic's website; `same_site` where the service is part of the clinic's own domain."""
    def arrive(same_site: bool = False, **options) -> Visitor:
        site = house.hosts.same_site_url if same_site else house.hosts.url
        return Visitor(house.arrives(new_person(**options)), site)

    return arrive


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor]) -> Visitor:
    return new_visitor()


@pytest.fixture
def new_staff(house: House, new_person: Callable[..., BrowserContext]) -> Callable[..., Staff]:
    """Makes a member of staff who signed in a while ago."""
    def arrive(name: str = "Ana Ruiz", slug: str = ELM, **options) -> Staff:
        return Staff(house.knows(new_person(**options), name, slug), f"{house.url}/staff/{slug}/")

    return arrive


@pytest.fixture
def staff(new_staff: Callable[..., Staff]) -> Staff:
    """Ana Ruiz, Nurse."""
    return new_staff()
