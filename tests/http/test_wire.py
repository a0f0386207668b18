"""Bytes over a socket, to every route: whatever stands in a request, nothing that is hidden in it is ever answered."""

import re
import select
import socket
from contextlib import ExitStack

import pytest

from securemsg.deadlines import DEADLINES
from tests.http.browser import new_address
from tests.http.dressed import assert_dressed
from tests.http.framing import BODIES, HEADS, HIDDEN, SECRET, sent
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.raw import exchange, until_closed
from tests.http.routes import every_route

SENDING = "POST /v1/conversation/messages HTTP/1.1\r\nHost: {host}\r\n"


@pytest.fixture(scope="module")
def wire(steady):
    """Sends a text of tests.http.framing; the service has to be well afterwards, and its log silent about it."""
    def send(text: str, *methods: str, target: str = "/", method: str = "POST"):
        got = exchange(steady.browser(), sent(text, f"localhost:{steady.service.port}", target, method), *(methods or (method,)))
        assert b"Hill Road" not in got.raw, "the hidden request was answered"
        return got

    yield send
    assert steady.browser().ask("GET", "/readyz").json == {"status": "ready"}
    log = steady.service.output()
    for word in ("Traceback", "failed", "hill-road", "evil", "zz", "socket"):
        assert word not in log


def assert_bare(got) -> None:
    """One answer that the application knows nothing of: a problem, dressed as all others are, and the end."""
    [answer] = got.answers
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.json["detail"].endswith(".")
    assert set(answer.json) == {"type", "title", "status", "detail", "instance"}
    assert_dressed(answer, "api", "bare")


@pytest.mark.parametrize("what", HEADS)
def test_a_head_that_can_be_read_in_two_ways_is_read_in_none(wire, shared, what):
    for route in every_route(shared.app):
        assert_bare(wire(HEADS[what], target=route.path(), method=route.method))


@pytest.mark.parametrize("what", BODIES)
def test_after_a_body_that_breaks_off_nothing_is_read_any_more(wire, shared, what):
    for route in every_route(shared.app):
        got = wire(BODIES[what], target=route.path(), method=route.method)
        assert len(got.answers) == 1 and got.statuses[0] < 500, (route, got.statuses)


def test_the_hidden_request_would_be_answered_if_it_were_not_hidden(steady):
    """What the tests above look for can be seen."""
    got = exchange(steady.browser(), f"GET {SECRET} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 2)
    assert got.statuses == [200, 200] and got.raw.count(b"Hill Road") == 2


@pytest.mark.parametrize("what", [name for name in BODIES if "length" not in name])
def test_who_sends_a_broken_body_is_told_so_and_the_connection_says_that_it_closes(wire, steady, what):
    leo = steady.visitor(address=new_address())
    leo.opens()
    told = f"Host: {{host}}\r\nAuthorization: Bearer {leo.token}\r\nIdempotency-Key: {new_key()}\r\n"
    [answer] = wire(BODIES[what].replace("Host: {host}\r\n", told, 1), target="/v1/conversation/messages").answers
    assert (answer.status, answer.json["title"]) == (400, "The request could not be read")
    assert answer.headers["Connection"] == "close" and leo.reads() == ["Is the flu jab free?"]


@pytest.mark.parametrize("cut", [1, 30])
def test_a_form_that_was_cut_off_is_not_taken_for_all_of_it(steady, cut):
    """What is left of it would still be a form: without its last words it would say the opposite."""
    leo = steady.visitor()
    leo.opens(wish="cookie")
    words = "I+am+allergic+to+penicillin+so+please+do+not+give+me+any"
    form = f"key={new_key()}&conversation={leo.conversation}&text={words}".encode()
    head = (f"POST /contact/{HARBOUR}/conversation HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
            f"Cookie: {'; '.join('='.join(pair) for pair in leo.browser.jar.items())}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n")
    assert exchange(leo.browser, head.encode() + form[:-cut]).statuses == [400]
    assert leo.reads() == ["Is the flu jab free?"]
    assert exchange(leo.browser, head.encode() + form).statuses == [303]
    assert leo.reads()[1:] == ["I am allergic to penicillin so please do not give me any"]


@pytest.mark.parametrize(("body", "status"), [
    ("Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{hidden}", 401),
    ("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n{hidden}\r\n0\r\nX-Trailer: a\r\n\r\n", 401),
    ("Content-Type: application/json\r\nTransfer_Encoding: chunked\r\nContent-Length: {length}\r\n\r\n{hidden}", 401)])
def test_what_follows_a_refused_body_is_answered_for_itself(wire, steady, body, status):
    """The refused request's body is a request as well, word for word; the second answer belongs to the second request."""
    hidden = HIDDEN.replace("{host}", f"localhost:{steady.service.port}")
    first = SENDING + body.format(length=len(hidden), size=len(hidden), hidden=hidden)
    got = wire(first + "GET /readyz HTTP/1.1\r\nHost: {host}\r\n\r\n", "POST", "GET")
    assert got.statuses == [status, 200] and got.answers[1].json == {"status": "ready"}


@pytest.mark.parametrize("target", ["/nowhere", "/v1/conversation/messages", f"/staff/{HARBOUR}/sign-in"])
def test_nobody_is_answered_while_they_speak(steady, target):
    """A proxy that is still taking a body from its visitor may lose the answer over it, as Caddy did once in a thousand times."""
    browser, other = steady.browser(), steady.browser()
    head = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhalf"
    with browser.connected() as connection:
        connection.sock.sendall(head.encode())
        assert [other.get("/readyz").status for _ in range(3)] == [200] * 3, "who came later has been answered meanwhile"
        assert not select.select([connection.sock], [], [], 0)[0]
        connection.sock.sendall(b"done")
        assert connection.sock.recv(10) == b"HTTP/1.1 4"


def test_who_does_not_send_what_they_announced_is_answered_in_a_moment_and_for_the_last_time(steady):
    """Nobody needs that body any more: it has not all the seconds that one has which is read."""
    unsent = {"POST /v1/conversation/messages": "Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n",
              "POST /nowhere": "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
              "GET /readyz": "Content-Length: 5\r\n\r\n", "HEAD /readyz": "Content-Length: 5\r\n\r\n"}
    with ExitStack() as stack:
        connections = [stack.enter_context(steady.browser().connected(DEADLINES.body / 2)).sock for _ in unsent]
        for connection, (line, rest) in zip(connections, unsent.items(), strict=True):
            connection.sendall(f"{line} HTTP/1.1\r\nHost: localhost\r\n{rest}".encode())
        heads = [until_closed(connection, quietly=False).partition(b"\r\n\r\n")[0] for connection in connections]
    assert [int(head.split()[1]) for head in heads] == [401, 404, 200, 200]
    assert all(b"\r\nConnection: close" in head for head in heads)


def test_an_answer_to_a_body_that_cannot_be_read_is_not_taken_away_by_the_rest_of_it(steady):
    """A connection that closes on unread words is reset, and an answer with it that was not read yet."""
    endless = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"a" * 400_000
    for _ in range(5):
        with steady.browser().connected() as connection:
            connection.sock.sendall(endless)
            connection.sock.shutdown(socket.SHUT_WR)
            assert until_closed(connection.sock, quietly=False).startswith(b"HTTP/1.1 404 ")


def test_who_hangs_up_in_the_middle_of_a_refused_body_is_told_and_the_connection_closes(steady):
    half = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhalf"
    [answer] = exchange(steady.browser(), half, "POST").answers
    assert (answer.status, answer.headers["Connection"]) == (404, "close")


def test_after_a_body_that_is_too_large_too(wire):
    body = "Content-Type: application/json\r\nContent-Length: 300000\r\n\r\n" + HIDDEN + "x" * (300_000 - len(HIDDEN) - 10)
    for target in (f"/v1/clinics/{HARBOUR}/conversations", f"/contact/{HARBOUR}", f"/staff/{HARBOUR}/sign-in"):
        told = f"POST {target} HTTP/1.1\r\nHost: {{host}}\r\nSec-Fetch-Site: same-origin\r\n"
        assert wire(told + body).statuses in ([413], [422], [400]), target


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "evil.example:80",
                                  "localhost, evil.example", "localhost/evil.example", "localhost#evil", "localhost:99999999",
                                  "", "127.0.0.2", "*", "xn--evil-0ra", "[::1", "localhost%00", "a" * 300])
def test_under_another_name_there_is_nothing(wire, shared, host):
    for route in every_route(shared.app):
        [answer] = wire(f"{route.method} {route.path()} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n").answers
        assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json"), (route, host)
        assert answer.json["detail"].endswith(".") and "Location" not in answer.headers and b"evil" not in answer.body
        assert_dressed(answer, "api", host)


@pytest.mark.parametrize(("target", "host", "status"), [
    ("http://evil.example", "{host}", 400), ("http://evil.example", "evil.example", 400), ("http://{host}", "evil.example", 200),
    ("https://localhost", "{host}", 200), ("http://{host}@evil.example", "{host}", 400), ("http://", "{host}", 400),
    ("http://evil.example#{host}", "{host}", 400), ("http:{host}", "{host}", 400)])
def test_the_host_of_an_absolute_target_is_the_one_that_counts(wire, target, host, status):
    got = wire(f"GET {target}/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")
    assert got.statuses == [status] and b"evil" not in got.raw


@pytest.mark.parametrize(("head", "status"), [
    ("GET /healthz HTTP/1.0\r\n\r\n", 200), ("GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n", 400),
    ("OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n", 404), ("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n", 404),
    ("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 400)])
def test_old_and_odd_requests_are_answered_and_closed(wire, head, status):
    assert wire(head, head.partition(" ")[0]).statuses == [status]


def test_nobody_moves_the_service_by_a_header(wire):
    """gunicorn would take these from a proxy on this machine, and with it from whoever speaks through the proxy."""
    for header in ("SCRIPT_NAME: /staff", "PATH_INFO: /healthz", "X-Forwarded-Host: evil.example", "X-Forwarded-Prefix: /evil",
                   "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off", "Forwarded: host=evil.example", "X-Original-URL: /healthz",
                   "X-HTTP-Method-Override: DELETE",
                   "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk"):
        [answer] = wire(f"GET /staff/{HARBOUR}/?view=open HTTP/1.1\r\nHost: {{host}}\r\n{header}\r\n\r\n", "GET").answers
        assert (answer.status, answer.location) == (303, f"/staff/{HARBOUR}/sign-in?next=/staff/{HARBOUR}/?view%3Dopen"), header


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "PATCH", "PUT", "QUERY", "BREW", "M-SEARCH"])
def test_odd_methods_are_told_which_are_right(wire, shared, method):
    routes = every_route(shared.app)
    taken = {route.rule for route in routes if route.method == method}
    for route in (route for route in routes if route.rule not in taken):
        [answer] = wire(f"{method} {route.path()} HTTP/1.1\r\nHost: {{host}}\r\nX-Other: tr4ce\r\n\r\n").answers
        assert answer.status == 405 and route.method in answer.headers["Allow"] and "tr4ce" not in answer.text
        assert_dressed(answer, "api", route)


def test_head_and_options_say_what_get_would_without_a_word(wire, shared):
    for route in every_route(shared.app):
        [answer] = wire(f"OPTIONS {route.path()} HTTP/1.1\r\nHost: {{host}}\r\n\r\n", "OPTIONS").answers
        assert answer.status == 200 and route.method in answer.headers["Allow"] and answer.body == b""
        assert_dressed(answer, "page", route)
        if route.is_safe:
            [head] = wire(f"HEAD {route.path()} HTTP/1.1\r\nHost: {{host}}\r\n\r\n", "HEAD").answers
            [full] = wire(f"GET {route.path()} HTTP/1.1\r\nHost: {{host}}\r\n\r\n", "GET").answers
            same = [{name: text for name, text in answer.headers if name not in ("Date", "Content-Length")}
                    for answer in (head, full)]
            assert head.status == full.status and _known(same[0]) == _known(same[1]), route


def _known(headers: dict[str, str]) -> dict[str, str]:
    """Without the numbers that each answer has of its own."""
    return {name: re.sub(r"[rt]=\d+", "", text) for name, text in headers.items()}


def test_64_headers_of_8_kb_are_read(wire):
    headers = "".join(f"X-{number}: {'a' * 8000}\r\n" for number in range(63))
    assert wire(f"GET /healthz HTTP/1.1\r\nHost: {{host}}\r\n{headers}\r\n").statuses == [200]
