"""The running service's log on its most talkative level, after strangers, visitors and staff put their words everywhere."""

import json
import socket

import pytest

from securemsg import logs
from tests.http.house import HARBOUR, furnish
from tests.http.people import new_key
from tests.http.routes import every_route
from tests.http.running import Running, listening, running
from tests.http.systems import let_in

WORD = "wanderfalke"  # put wherever something can be put; stands nowhere in the program
ODD = f"{WORD}@example.org"
RAW = (
    f"GET /{WORD} HTTP/1.1\r\nHost: {WORD}.example\r\n\r\n", f"{WORD.upper()} / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    f"GET / HTTP/1.1\r\n{WORD}\r\n\r\n", f"GET / HTTP/1.1\r\nHost: localhost\r\n{WORD} : x\r\n\r\n", f"{WORD}\r\n\r\n",
    f"GET http://{WORD}.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", f"GET /\udcff{WORD} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    f"POST /v1/conversation HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nAuthorization: Bearer {WORD}\r\n\r\n{WORD}",
    f"POST /v1/conversation/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{WORD}\r\n{WORD}",
    f"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: {WORD}={'x' * 70_000}\r\n\r\n")


@pytest.fixture(params=["sqlite", "postgresql"])
def told(request, furnished, make_service, tmp_path) -> Running:
    """A service that logs all it ever logs."""
    if request.param == "sqlite":
        return running(make_service(log_level="debug"), *furnished).start()
    server = request.getfixturevalue("postgresql")
    url = server.url(server.create())
    known = furnish(tmp_path / "template", url)
    (tmp_path / "template" / "data").mkdir(exist_ok=True)
    return running(make_service(url, log_level="debug"), tmp_path / "template", known).start()


def test_no_word_of_anybody_stands_in_it(told, shared):
    who = everybody_speaks(told, every_route(shared.app))
    break_tables(told)
    told.visitor().opens(WORD, name=WORD, contact={"email": ODD})
    told.staff("Tomas").opens(f"conversations/{who.pop()}")
    told.service.stop()
    lines = [json.loads(line) for line in told.service.output().splitlines()]
    assert {"answered", "an answer failed", "a request could not be read"} <= {line["event"] for line in lines}
    assert set().union(*lines) <= {"time", "level", "event", "node", "logger", *logs.FIELDS}
    text = told.service.output().lower()
    for word in (WORD, "127.0.0", "localhost", HARBOUR, "maren", "ana ruiz", "mozilla", "bearer", "?", "select", *who):
        assert word.lower() not in text, next(line for line in text.splitlines() if word.lower() in line)


def everybody_speaks(told: Running, routes: list) -> list[str]:
    """What must not be found: tokens and ids of who spoke, a conversation's last."""
    leo, ana, maren = told.visitor(), told.staff("Ana"), told.staff("Maren")
    leo.opens(WORD, name=WORD, contact={"email": ODD})
    leo.says(WORD)
    with listening(ana):
        ana.replies(leo.conversation, WORD)
        ana.does("note", leo.conversation, text=WORD)
    ana.signs_in(WORD, WORD, email=ODD)
    told.service.command("staff", "add", HARBOUR, "--name", WORD, "--email", ODD)
    system = let_in(told)
    people = {"visitor": leo, "staff": ana, "owner": maren, "compliance": maren, "anybody": told.visitor(), "system": system}
    for route in sorted(routes, key=lambda route: "sign_out" in route.endpoint):
        if not route.is_stream:
            everything_carries_it(people[route.who], route, system.credentials if route.who == "system" else {})
    for raw in RAW:
        sent_raw(told.service.port, raw)
    return [leo.token, ana.known.token, maren.known.token, system.token, leo.conversation]


def everything_carries_it(person, route, credentials: dict[str, str]) -> None:
    headers = {"User-Agent": f"Mozilla {WORD}", "Referer": f"https://{WORD}.example/", "Cookie": f"{WORD}={WORD}", WORD: WORD,
               "X-Forwarded-For": WORD, "Idempotency-Key": f"{WORD}-{new_key()}", "Accept-Language": WORD, **credentials}
    path = f"{route.path()}?{WORD}={WORD}"
    if route.is_safe:
        person.browser.ask("GET", path, headers=headers)
        person.browser.ask("GET", route.path(slug=WORD, conversation=WORD, filename=WORD), headers=headers)
        person.browser.ask("DELETE", path, headers=headers)
    else:
        person.browser.ask(route.method, path, {"kind": WORD, "data": {"text": WORD}, WORD: WORD}, headers)
        person.browser.ask(route.method, path, f'{{"{WORD}'.encode(), headers | {"Content-Type": f"application/{WORD}"})
        person.browser.submit(path, {"text": WORD, "key": new_key(), WORD: WORD, "email": ODD}, headers)


def sent_raw(port: int, raw: str) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(raw.encode(errors="surrogateescape"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass


def break_tables(told: Running) -> None:
    """A fault of ours that speaks: the database refuses what the program says, and quotes it."""
    from securemsg import store
    from securemsg.settings import load

    database = store.connect(load(told.service.environ))
    database.write(lambda tx: tx.everywhere.run("ALTER TABLE contacts RENAME TO kontakte"))
    database.write(lambda tx: tx.everywhere.run("ALTER TABLE openings RENAME TO oeffnungen"))
    database.close()
