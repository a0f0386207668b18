"""A furnished service for browsers: clinics and staff made beforehand, the network in between, the clinics' websites in front."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import BrowserContext

from securemsg.crypto import credentials
from securemsg.desk import Desk, open_desk, people
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.desk import prepare
from securemsg.desk.door import enrolling, staff_sessions
from securemsg.desk.owner import Card, add_clinic
from securemsg.settings import load
from securemsg.times import SECOND, now
from tests.browser.hosts import Hosts
from tests.browser.wire import Wire
from tests.service import Service, free_port, until

ELM, QUIET = "elm", "quiet"  # where everything happens, and where nothing does
PASSWORD = "four ducks on a pond"
PEOPLE = (("Maren Whitlock", "Doctor", ("owner", "staff")), ("Ana Ruiz", "Nurse", ("staff",)),
          ("Tomas Berg", "Front desk", ("staff",)))
CONSENT = "We read what you write and answer here. It is stored encrypted.\nDo not use this for emergencies."
_addresses = count(1)


@dataclass
class House:
    """The running service and its surroundings."""

    service: Service
    wire: Any  # the network: a Wire, or what `between` made
    hosts: Hosts
    tokens: dict[tuple[str, str], str] = field(repr=False)  # sessions of staff who signed in a while ago
    ids: dict[tuple[str, str], str]  # of the same people

    @property
    def url(self) -> str:
        return self.service.url

    @property
    def behind_the_wire(self) -> str:
        """Where programs ask that bring an address of their own."""
        return f"http://127.0.0.1:{self.service.port + 1}"

    def arrives(self, context: BrowserContext) -> BrowserContext:
        """Give somebody an address of their own, as the proxy in front would report it, so that each has limits of their own."""
        number = next(_addresses)
        context.set_extra_http_headers({"X-Forwarded-For": f"10.{number // 62500}.{number // 250 % 250}.{1 + number % 250}"})
        return context

    def knows(self, context: BrowserContext, name: str, slug: str = ELM) -> BrowserContext:
        """Let somebody be a member of staff who signed in a while ago."""
        context.add_cookies([{"name": self._cookie(slug), "value": self.tokens[slug, name], "url": self.url, "httpOnly": True,
                              "sameSite": "Lax"}])
        return self.arrives(context)

    def _cookie(self, slug: str) -> str:
        return f"securemsg_staff_{slug}_{self.service.port}"

    @contextmanager
    def opened(self) -> Iterator[Desk]:
        """The desk on the same data, beside the running service."""
        desk = open_desk(load({name: text for name, text in self.service.environ.items() if name.startswith("SECUREMSG_")}))
        try:
            yield desk
        finally:
            desk.close()

    def hires(self, *names: str, roles: tuple[str, ...] = ("staff",), slug: str = ELM) -> dict[str, bytes]:
        """Nurses more who signed in a while ago, in sessions that no other test works with; their authenticators' secrets."""
        secrets = {}
        with self.opened() as desk:
            home = clinic(desk, slug)
            for name in names:
                self.tokens[slug, name], self.ids[slug, name], secrets[name] = _enrolled(desk, home, name, "Nurse", roles)
        cookie = {"Cookie": f"{self._cookie(slug)}={self.tokens[slug, names[-1]]}"}
        here = Request(f"{self.url}/staff/{slug}/sessions/here", headers=cookie)
        until(lambda: _answers(here), 10, "a service that knows who is new")
        return secrets

    def restarts(self) -> None:
        """A power cut, and the start after it."""
        self.service.kill()
        self.service.start()


def _answers(page: Request) -> bool:
    with suppress(OSError), urlopen(page):
        return True
    return False


@contextmanager
def furnished(folder: Path, database_url: str = "", between: Callable[[int, int], Any] = Wire,
              **settings: str) -> Iterator[House]:
    """A House on a new, or a given, database; `between` makes the network, from its port to the service's."""
    service, host_port = Service(
        folder, database_url, trusted_proxies="127.0.0.0/8", undo_seconds="10", **settings), free_port()
    service.settings["bind"] = f"127.0.0.1:{service.port + 1}"
    origins = tuple(f"http://{host}:{host_port}" for host in ("127.0.0.1", "localhost"))
    people = _furnish(service, {ELM: origins, QUIET: origins, "stranger": ("https://www.elsewhere.example",), "blank": ()})
    wire, hosts = between(service.port, service.port + 1), Hosts(host_port, service.url, ELM)
    try:
        with service:
            tokens, ids = {who: token for who, (token, _, _) in people.items()}, {who: id for who, (_, id, _) in people.items()}
            yield House(service.start(), wire, hosts, tokens, ids)
    finally:
        hosts.close()
        wire.close()


def card(origins: tuple[str, ...]) -> Card:
    profile = {"name": "Elm Street Surgery", "address": "3 Elm Street", "phones": ["+1 902 555 0142"],
               "doctors": ["Dr Maren Whitlock"],
               "hours_text": "Mon–Fri 8:00–18:00", "promise": "We usually answer within one working day.",
               "emergency_text": "Chest pain or trouble breathing? Call 911 now."}
    categories = (("appointment", "Appointment", True, "required"), ("billing", "Billing", False, "none"),
                  ("other", "Something else", True, "optional"))
    return Card(profile, "America/Halifax", "en", "911", "#0f5c6e", origins, categories, CONSENT)


def _furnish(service: Service, clinics: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], tuple[str, str, bytes]]:
    settings = load({name: value for name, value in service.environ.items() if name.startswith("SECUREMSG_")})
    prepare(settings)
    desk = open_desk(settings)
    try:
        for slug, origins in clinics.items():
            add_clinic(desk, slug, card(origins), now())
        return {(slug, name): _enrolled(desk, clinic(desk, slug), name, *rest) for slug in (ELM, QUIET) for name, *rest in PEOPLE}
    finally:
        desk.close()


def _enrolled(desk: Desk, home: Clinic, name: str, title: str, roles: tuple[str, ...]) -> tuple[str, str, bytes]:
    """A person who has enrolled: the token of the session, the person's id, the authenticator's secret."""
    runner, door = Who("service", home.id), Who("staff", home.id)
    person = people.add(desk, runner, home, name, email(name), title, roles, now())
    begun = enrolling.start(desk, home, people.invite(desk, runner, home, person, now()), door, now())
    session = staff_sessions.session(desk, home, begun, "", None, now())
    secret = session.totp_secret or b""
    code = credentials.totp_code(secret, now() // SECOND // 30)
    return enrolling.enrol(desk, home, session, PASSWORD, code, now())[0].token, person.id, secret


def email(name: str) -> str:
    return f"{name.split()[0].lower()}@elm.example"
