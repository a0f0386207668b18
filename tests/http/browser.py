"""What stands between a person and the service: a browser, or a program, with an address and cookies of its own."""

import http.client
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.http import parse_cookie

_numbers = count(1)


def new_address() -> str:
    """A loopback address that no other person of the tests has, so that each has limits of their own."""
    number = next(_numbers)
    return f"127.{1 + number // 64516}.{1 + number // 254 % 254}.{1 + number % 254}"


@dataclass
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers["Location"]

    @property
    def cookies(self) -> dict[str, "Cookie"]:
        """The cookies this answer sets or clears, by name; the last of a name counts."""
        return {cookie.name: cookie for cookie in map(Cookie.of, self.headers.getlist("Set-Cookie"))}


@dataclass
class Cookie:
    """One Set-Cookie line; `says` are its attributes in small letters."""

    name: str
    value: str
    says: set[str]

    @classmethod
    def of(cls, line: str) -> "Cookie":
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        return cls(name, value, {attribute.lower() for attribute in attributes})


class Browser:
    """Asks as a browser does: cookies come back, forms say where they come from. `url` is the service's address."""

    def __init__(self, url: str, address: str = ""):
        self.url, self.address = url, address or new_address()
        self.jar: dict[str, str] = {}

    def get(self, path: str, headers: dict | None = None) -> Answer:
        """Open a page, as by a link."""
        return self.ask("GET", path, headers={"Accept": "text/html,*/*;q=0.8"} | (headers or {}))

    def submit(self, path: str, form: dict, headers: dict | None = None) -> Answer:
        """Send a form of the service's own page, a list as several of that name; redirects are not followed."""
        told = {"Accept": "text/html,*/*;q=0.8", "Origin": self.url, "Sec-Fetch-Site": "same-origin",
                "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form, doseq=True).encode()
        return self.ask("POST", path, body, {name: value for name, value in (told | (headers or {})).items() if value})

    def ask(self, method: str, path: str, body: bytes | object = b"", headers: dict | None = None) -> Answer:
        """One request. A body that is not bytes is sent as JSON. No token may ever stand in an address."""
        told = dict(headers or {})
        if not isinstance(body, bytes):
            body, told = json.dumps(body).encode(), {"Content-Type": "application/json"} | told
        if self.jar:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = self._send(method, path, body, told)
        assert "smv_" not in path + answer.headers.get("Location", ""), "a token stands in an address"
        for line in answer.headers.getlist("Set-Cookie"):
            self._keep(Cookie.of(line))
        return answer

    def _keep(self, cookie: Cookie) -> None:
        assert {cookie.name: cookie.value} == dict(parse_cookie(f"{cookie.name}={cookie.value}")), "a cookie no browser reads"
        if "max-age=0" in cookie.says:
            self.jar.pop(cookie.name, None)
        else:
            self.jar[cookie.name] = cookie.value

    def _send(self, method: str, path: str, body: bytes, headers: dict) -> Answer:
        raise NotImplementedError


class Inside(Browser):
    """Asks an application in this process."""

    def __init__(self, app: Flask, url: str, address: str = ""):
        super().__init__(url, address)
        self.app = app

    def _send(self, method: str, path: str, body: bytes, headers: dict) -> Answer:
        client = self.app.test_client(use_cookies=False)
        with client.open(path, base_url=self.url, method=method, data=body, headers=headers,
                         environ_base={"REMOTE_ADDR": self.address}) as got:
            return Answer(got.status_code, Headers(got.headers), got.data)


class Outside(Browser):
    """Asks a running service over its port, from a loopback address of its own."""

    def _send(self, method: str, path: str, body: bytes, headers: dict) -> Answer:
        with self.connected() as connection:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            return Answer(got.status, Headers(got.getheaders()), got.read())

    @contextmanager
    def connected(self, seconds: float = 15):
        """A connection of its own, closed again."""
        port = int(self.url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, seconds, source_address=(self.address, 0))
        connection.connect()
        try:
            yield connection
        finally:
            connection.close()
