"""PostgreSQL is away: nothing is lost, each answer says so in a sentence, and all goes on by itself afterwards."""

from collections.abc import Iterator

import pytest

from securemsg import store
from securemsg.settings import load
from tests.faults.restartable import Restartable
from tests.http.forms import words
from tests.http.house import HARBOUR, furnish
from tests.http.people import new_key
from tests.http.running import Running, listening, started
from tests.service import until


@pytest.fixture(autouse=True)
def ready_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test cut is whole again for the next."""
    yield
    if "steady" in request.fixturenames:
        steady = request.getfixturevalue("steady")
        until(lambda: steady.browser().get("/readyz").status == 200, what="readiness")


@pytest.fixture(scope="module")
def steady(server: Restartable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The house on that server, for all tests of this module."""
    template, url = tmp_path_factory.mktemp("furnished"), server.url(server.create())
    known = furnish(template, url)
    (template / "data").mkdir(exist_ok=True)
    with started(tmp_path_factory.mktemp("steady"), template, known, url) as one:
        yield one


def test_a_message_waits_until_the_database_is_back(server, steady):
    leo, key = steady.visitor(), new_key()
    assert leo.opens("one").status == 201
    server.goes()
    away = leo.says("two", key)
    assert (away.status, away.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(away.headers["Retry-After"]) > 0 and away.json["detail"].endswith("Please try again in a moment.")
    server.comes_back()
    assert until(lambda: leo.says("two", key).status == 201, what="the message to be taken") and leo.reads() == ["one", "two"]


def test_every_page_says_so_and_none_falls(server, steady):
    leo, ana = steady.visitor(), steady.staff("Ana")
    assert leo.opens("one").status == 201
    server.goes()
    for answer in (
            leo.asks("GET"), leo.asks("GET", "/messages"), leo.asks("DELETE"), leo.opens(consent="0" * 64), ana.opens(),
            ana.opens("clinic"), ana.opens(f"conversations/{leo.conversation}"), ana.replies(leo.conversation, "x"),
            leo.browser.get("/readyz")):
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0 and "try again" in answer.text
    assert leo.browser.get("/healthz").status == 200
    server.comes_back()
    until(lambda: leo.browser.get("/readyz").status == 200, what="readiness")
    assert words(ana.opens(f"conversations/{leo.conversation}")) == ["one"]
    assert "Traceback" not in steady.service.output()


def test_a_pool_of_cut_connections_fails_nobody(server):
    """As after a restart of PostgreSQL: none that lay in the pool is alive, and the first to ask is served."""
    name = server.create()
    database = store.connect(load({"SECUREMSG_DATABASE_URL": server.url(name)}))
    for connection in [database.engine.raw_connection() for _ in range(8)]:
        connection.close()
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert [database.read(lambda tx: tx.one("SELECT 1 AS one")).one for _ in range(3)] == [1, 1, 1]
    database.close()


def test_help_is_still_there(server, steady):
    """The card and its emergency number, the frame and the contact page, as they were last known."""
    leo = steady.visitor()
    before = leo.card()
    server.goes()
    assert leo.card() == before
    for path in (f"/frame/{HARBOUR}", f"/contact/{HARBOUR}"):
        answer = leo.browser.get(path)
        assert answer.status == 200 and "911" in answer.text
    server.comes_back()


def test_a_stream_outlives_it(server, steady):
    leo = steady.visitor()
    assert leo.opens("one").status == 201
    with listening(leo) as stream:
        leo.says("two")
        stream.hears(1)
        server.goes()
        assert leo.says("lost?").status == 503
        server.comes_back()
        until(lambda: leo.says("three").status == 201, what="the message to be taken")
        assert [event["id"] for event in stream.hears(2)] == ["2", "3"]
    server.goes()
    assert leo.asks("GET", "/events").status == 503
    server.comes_back()


def test_a_session_ended_meanwhile_is_heard_of_afterwards(server, steady):
    """The worker that listens for what other processes revoke is not silenced by an outage."""
    tomas = steady.staff("Tomas")
    with listening(tomas) as stream:
        server.goes()
        assert tomas.opens().status == 503
        server.comes_back()
        steady.service.command("staff", "disable", HARBOUR, tomas.known.email)
        stream.ends(2)
