"""The furnished house as a running process, and a stream of it as somebody hears it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.http.browser import Outside
from tests.http.house import HARBOUR, Known, copied
from tests.http.people import Staff, Visitor
from tests.service import Service, at_most, until


class Running:
    """A service and the people who come to it over its port."""

    def __init__(self, service: Service, known: list[Known]):
        self.service, self.known = service, known

    def start(self) -> "Running":
        self.service.start()
        return self

    def browser(self, address: str = "") -> Outside:
        return Outside(self.service.url, address)

    def visitor(self, clinic: str = HARBOUR, address: str = "") -> Visitor:
        return Visitor(self.browser(address), clinic)

    def staff(self, first_name: str) -> Staff:
        return Staff.signed_in(self.browser(), next(one for one in self.known if one.name.startswith(first_name)))


def running(service: Service, template: Path, known: list[Known]) -> Running:
    """A copy of the furnished house in a service's folder, not started."""
    copied(template, service.folder)
    return Running(service, known)


@contextmanager
def started(folder: Path, template: Path, known: list[Known], database_url: str = "") -> Iterator[Running]:
    """The furnished house as a running process, stopped in the end."""
    with Service(folder, database_url) as service:
        yield running(service, template, known).start()


class Stream:
    """An open event stream: what has come so far, without ever waiting for more than is asked."""

    def __init__(self, connection: socket.socket):
        self._socket, self._raw, self.ended = connection, b"", False

    def events(self) -> list[dict[str, str]]:
        """Every whole event so far, as its fields."""
        self._take()
        parts = [part for part in self._text().split("\n\n")[:-1] if part and not part.startswith((":", "retry:"))]
        return [dict(line.split(": ", 1) for line in part.splitlines()) for part in parts]

    def hears(self, count: int, seconds: float = 10) -> list[dict[str, str]]:
        """The first `count` events, once they are there."""
        until(lambda: len(self.events()) >= count, at_most(seconds), f"{count} events, and there are {self.events()}")
        return self.events()

    def ends(self, seconds: float) -> None:
        """The other side lets go within so many seconds."""
        until(lambda: (self._take(), self.ended)[1], at_most(seconds), "the stream's end")

    @property
    def head(self) -> str:
        self._take()
        return self._raw.partition(b"\r\n\r\n")[0].decode()

    @property
    def is_whole(self) -> bool:
        """Whether it ended with its last chunk."""
        return self._raw.endswith(b"\r\n0\r\n\r\n")

    def has_begun(self) -> bool:
        """Whether the first bytes of the body are there."""
        self._take()
        return "retry:" in self._text()

    def _text(self) -> str:
        """The body out of its chunks."""
        rest, text = self._raw.partition(b"\r\n\r\n")[2], b""
        while b"\r\n" in rest:
            size, _, rest = rest.partition(b"\r\n")
            length = int(size, 16)
            if not length or len(rest) < length + 2:
                break
            text, rest = text + rest[:length], rest[length + 2:]
        return text.decode()

    def _take(self) -> None:
        while not self.ended:
            try:
                got = self._socket.recv(65_536)
            except BlockingIOError:
                return
            except ConnectionError:
                got = b""
            self._raw += got
            self.ended = not got or self.is_whole


def numbers(events: list[dict[str, str]]) -> list[int]:
    """The messages that events tell of."""
    return [int(event["id"]) for event in events if event["event"] == "message"]


@contextmanager
def listening(who: Visitor | Staff, path: str = "", **headers: str) -> Iterator[Stream]:
    """Open somebody's stream and wait for its first bytes."""
    told = who.credentials() if isinstance(who, Visitor) else {}
    told |= {"Cookie": "; ".join(f"{name}={value}" for name, value in who.browser.jar.items())}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    path = path or ("/v1/conversation/events" if isinstance(who, Visitor) else who.path("events"))
    with who.browser.connected() as connection:
        connection.request("GET", path, headers=told)
        connection.sock.setblocking(False)
        stream = Stream(connection.sock)
        until(stream.has_begun, what=f"the stream's first bytes, and there is {stream.head!r}")
        yield stream
