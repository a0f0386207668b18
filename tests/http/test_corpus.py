"""The corpus, sent to every route over a socket, by whom the route is for: a sentence each time, and nothing comes of it."""

import sqlite3
from itertools import cycle

import pytest

from tests.http.corpus import BODIES, HEADERS, MARK, QUERIES, SEGMENTS
from tests.http.dressed import ALWAYS
from tests.http.raw import exchange
from tests.http.routes import every_route
from tests.http.systems import let_in

ENDS = ("visitor.end", "contact.forget", "door.sign_out", "sessions.end_one", "sessions.end_others",
        "places.end_every")  # need no body
KEPT = ("conversations", "messages", "notes", "contacts", "consents", "clinics", "categories", "wordings", "people",
        "credentials", "idempotency", "tickets")


@pytest.fixture(scope="module")
def crowd(steady):
    """What those show who can get further: cookies of five visitors and of everybody who works there, tokens of three systems;
    for each route the next of them, as a line of the head."""
    visitors = [steady.visitor() for _ in range(5)]
    for visitor in visitors:
        assert visitor.opens(wish="cookie").status == 201
    jars = {"visitor": [visitor.browser.jar for visitor in visitors],
            "staff": [steady.staff(name).browser.jar for name in ("Ana", "Tomas", "Maren")],
            **{who: [steady.staff("Maren").browser.jar] for who in ("owner", "compliance")}}
    lines = {who: ["Cookie: " + "; ".join("=".join(pair) for pair in jar.items()) for jar in each] for who, each in jars.items()}
    lines["system"] = [f"Authorization: Bearer {let_in(steady).token}" for _ in range(3)]
    return {who: cycle(each) for who, each in lines.items()}


@pytest.fixture(scope="module")
def corpus(steady, shared, crowd):
    """The routes; afterwards the service is well, holds what it held, and its log knows nothing of what was sent."""
    rows, before = _rows(steady), steady.service.output()
    yield every_route(shared.app)
    assert _rows(steady) == rows, "something was stored"
    assert steady.browser().ask("GET", "/readyz").json == {"status": "ready"}
    log = steady.service.output().removeprefix(before)
    assert not [word for word in (MARK, "Traceback", "failed", "evil", "could not be read") if word.lower() in log.lower()], log


def _rows(steady) -> dict[str, int]:
    with sqlite3.connect(steady.service.folder / "data" / "securemsg.db") as file:
        rows = {table: file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in KEPT}
    file.close()
    return rows


def asked(steady, *requests: tuple[str, str, str, bytes]) -> list:
    """The answers to some requests (method, target, headers, body), one after the other on one connection."""
    host, raw = f"Host: localhost:{steady.service.port}\r\n", b""
    for method, target, headers, body in requests:
        length = f"Content-Length: {len(body)}\r\n" if body or method != "GET" else ""
        head = f"{method} {target} HTTP/1.1\r\n{host}{length}{headers.replace('{port}', str(steady.service.port))}\r\n"
        raw += head.encode("utf-8" if "ключ" in head else "latin-1") + body
    answers = exchange(steady.browser(), raw, *(method for method, *_ in requests)).answers
    for answer in answers:
        assert_sane(answer, requests)
    return answers


def assert_sane(answer, what: object) -> None:
    """No fault of ours, dressed, and with a sentence where something is refused."""
    assert answer.status < 500, (answer.status, what)
    assert [answer.headers[name] for name in ALWAYS] == [*ALWAYS.values()] and answer.headers["Content-Security-Policy"], what
    if answer.status >= 400:
        assert answer.headers["Cache-Control"] == "no-store", what
        problem = answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["detail"].endswith(".") if problem else any(
            sign in answer.text for sign in ("data-problem", 'role="alert"', 'class="wrong"')), what


def test_bodies(steady, corpus, crowd):
    accepts = cycle(("text/html", "application/json", "*/*"))
    for route in corpus:
        if route.is_safe or route.endpoint in ENDS:
            continue
        for what, (kind, body) in BODIES.items():
            told = f"Accept: {next(accepts)}\r\nSec-Fetch-Site: same-origin\r\nIdempotency-Key: 0123456789abcdef{MARK}\r\n"
            told += f"Content-Type: {kind}\r\n" * bool(kind) + "Securemsg-Clinic: harbour-lane\r\n"
            if route.who in crowd:
                told += f"{next(crowd[route.who])}\r\n"
            [answer] = asked(steady, (route.method, route.path(), told, body))
            assert answer.status >= 400 or (answer.status, route.who) == (303, "anybody"), (route, what, answer.status)


def test_headers(steady, corpus):
    """Every route gets a third of them, the next one another third: what a header does seldom depends on the route."""
    for number, route in enumerate(corpus):
        some = HEADERS[number % 3::3]
        answers = asked(steady, *((route.method, route.path(), f"{header}\r\n", b"") for header in some))
        assert len(answers) == len(some), route


def test_queries(steady, corpus, crowd):
    for route in corpus:
        if not route.is_stream and route.endpoint not in ENDS:
            told = "Sec-Fetch-Site: same-origin\r\nSecuremsg-Clinic: harbour-lane\r\n"
            told += f"{next(crowd[route.who])}\r\n" if route.who in crowd else ""
            answers = asked(steady, *((route.method, route.path() + query, told, b"") for query in QUERIES))
            assert len(answers) == len(QUERIES), route


def test_path_segments(steady, corpus):
    for route in corpus:
        if "<" in route.rule:
            names = ("slug", "conversation", "filename", "session", "clinic", "type", "kind", "seq", "number")
            paths = (path for segment in SEGMENTS if len(path := route.path(**dict.fromkeys(names, segment))) < 4000)
            for answer in asked(steady, *((route.method, path, "", b"") for path in paths)):
                assert 300 < answer.status < 406 and "X-Evil" not in answer.headers, (route, answer.status)


@pytest.mark.parametrize("number", ["-1", "²", "1.5", "9" * 400, MARK])
def test_a_stream_begins_at_no_odd_number(steady, crowd, number):
    mine = (f"Securemsg-Clinic: harbour-lane\r\nSec-Fetch-Site: same-origin\r\n{next(crowd['visitor'])}\r\n"
            f"Last-Event-ID: {number}\r\n")
    [answer] = asked(steady, ("GET", "/v1/conversation/events", mine, b""))
    assert answer.status == 400 and "whole number" in answer.json["detail"]


def test_what_is_right_gets_through(steady, crowd):
    """The same people with the same headers and a body that is right: the refusals above are about what was wrong."""
    told = "Sec-Fetch-Site: same-origin\r\nSecuremsg-Clinic: harbour-lane\r\nContent-Type: application/json\r\n"
    mine = f"{told}{next(crowd['visitor'])}\r\n"
    [answer] = asked(steady, ("POST", "/v1/conversation/opened", mine, b'{"upto_seq":1}'))
    assert answer.status == 204
