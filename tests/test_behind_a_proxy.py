"""Behind nginx and Caddy as the examples set them up: streams come at once, addresses are right, nothing is undressed."""

import re
import ssl
from itertools import count

import pytest

from securemsg.cli.example import HOST, filled
from securemsg.deadlines import DEADLINES
from securemsg.http import stream
from securemsg.http.schemas import LARGEST_BODY
from tests.http.browser import Answer, Outside
from tests.http.conftest import furnished  # noqa: F401
from tests.http.dressed import assert_dressed
from tests.http.house import HARBOUR, copied
from tests.http.people import Staff, Visitor
from tests.proxies import Behind, caddy, nginx

OPENED_A_MINUTE = 5  # conversations an address may open before it has to prove work


@pytest.fixture(scope="module")
def service(furnished, tmp_path_factory, nothing_survives):  # noqa: F811
    folder = tmp_path_factory.mktemp("behind")
    copied(furnished[0], folder)
    with Behind(folder) as started:
        yield started.start()


@pytest.fixture(scope="module", params=[nginx, caddy], ids=lambda which: which.__name__)
def proxy(request, service, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp("proxy"), service) as running:
        yield running


@pytest.mark.parametrize(("path", "surface"), [
    ("/widget.js", "loader"), (f"/frame/{HARBOUR}", "frame"), (f"/contact/{HARBOUR}", "page"),
    (f"/clinics/{HARBOUR}.json", "api"), (f"/staff/{HARBOUR}/sign-in", "page"), ("/static/pages.css", "asset"),
    ("/nowhere", "page")])
def test_every_answer_keeps_its_dress_and_its_bytes(service, proxy, path, surface):
    told = {"Accept-Encoding": "gzip, br, zstd"}
    answer, without = proxy.secured().get(path, told), Named(service.url).get(path, told)
    assert_dressed(answer, surface, path, https=True)
    assert of_each_answer(answer) == of_each_answer(without)
    if surface in ("api", "page", "frame"):
        assert "Content-Encoding" not in answer.headers, "what is made for one visitor is never packed"
    else:
        assert answer.body == without.body and answer.headers["Content-Encoding"] == "gzip"


def test_a_stream_comes_event_by_event(proxy, furnished):  # noqa: F811
    leo, ana = Visitor(proxy.secured(), HARBOUR), signed_in(proxy, furnished)
    leo.opens()
    with leo.browser.connected(5) as connection:
        connection.request("GET", "/v1/conversation/events", headers={"Host": HOST} | leo.credentials())
        body = connection.getresponse()
        assert body.getheader("Content-Type").startswith("text/event-stream")
        assert body.readline().startswith(b"retry:")  # before anything has happened
        for text in ("Yes.", "On Tuesdays."):  # each heard before the next is sent
            ana.replies(leo.conversation, text)
            while body.readline().strip() != b"event: message":
                pass  # a line that never comes fails by the connection's five seconds
    assert leo.reads() == ["Is the flu jab free?", "Yes.", "On Tuesdays."]


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_silent_stream_outlives_several_of_its_beats(name):
    (seconds,) = re.findall(r"\b(?:proxy_)?read_timeout (\d+)s", filled(name))
    assert int(seconds) >= 4 * stream._BEAT_SECONDS


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_lets_an_idle_connection_go_before_the_service_does(name):
    """A form that meets a connection which is just ending is lost: nobody may send it again unasked."""
    (seconds,) = re.findall(r"\bkeepalive(?:_timeout)? (\d+)s", filled(name))
    assert int(seconds) + 5 <= DEADLINES.idle


def test_the_visitors_own_address_counts_whatever_she_claims(proxy):
    mia, leo = Visitor(Claiming(proxy.secured()), HARBOUR), Visitor(proxy.secured(), HARBOUR)
    allowed = next(number for number in count() if mia.opens().status == 429)
    assert OPENED_A_MINUTE <= allowed <= 2 * OPENED_A_MINUTE, "a new minute may begin meanwhile"
    assert leo.opens().status == 201, "who comes from elsewhere is not asked to prove anything"


def test_cookies_are_the_services_own_and_secure(proxy):
    leo = Visitor(proxy.secured(), HARBOUR)
    ((name, cookie),) = leo.opens(wish="cookie").cookies.items()
    assert name == f"__Host-securemsg_visitor_{HARBOUR}" and {"secure", "httponly", "path=/", "samesite=lax"} <= cookie.says
    assert leo.reads() == ["Is the flu jab free?"]


def test_what_is_too_large_is_refused_by_the_service_in_a_sentence(proxy):
    answer = Visitor(proxy.secured(), HARBOUR).opens("x" * (LARGEST_BODY + 1))
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json") and answer.json["detail"]


def test_streams_share_one_connection_in_a_browser(proxy):
    browser = proxy.secured()
    browser.context.set_alpn_protocols(["h2", "http/1.1"])
    with browser.connected() as connection:
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket) and connection.sock.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize("proxy", [nginx], ids=["nginx"], indirect=True)  # Caddy does it unasked, on a port that is not ours
def test_who_comes_by_http_is_led_to_https(proxy):
    answer = Named(f"http://127.0.0.1:{proxy.plain}").get(f"/contact/{HARBOUR}?a=b")
    assert (answer.status, answer.location) == (308, f"https://{HOST}/contact/{HARBOUR}?a=b")


class Named(Outside):
    """A browser that knows the service by its public name."""

    def _send(self, method: str, path: str, body: bytes, headers: dict) -> Answer:
        return super()._send(method, path, body, {"Host": HOST, **headers})


class Claiming:
    """A browser that says of each request that it comes from another address."""

    def __init__(self, browser: Outside):
        self.browser, self.number = browser, 0

    def ask(self, method: str, path: str, body: bytes | object = b"", headers: dict | None = None) -> Answer:
        self.number += 1
        claimed = f"10.1.2.{self.number}"
        forged = {"X-Forwarded-For": claimed, "Forwarded": f"for={claimed}", "X-Real-IP": claimed}
        return self.browser.ask(method, path, body, (headers or {}) | forged)


def signed_in(proxy, furnished) -> Staff:  # noqa: F811
    return Staff.signed_in(proxy.secured(), next(one for one in furnished[1] if one.name.startswith("Ana")))


def of_each_answer(answer: Answer) -> list[tuple[str, str]]:
    """Its headers but for those of the connection, the moment and the one request."""
    own = {"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length", "set-cookie", "alt-svc"}
    return sorted((name.lower(), text) for name, text in answer.headers if name.lower() not in own)
