"""PostgreSQL goes, hangs, or cuts its clients off while people write: what was acknowledged is there, once, in order."""

import random
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.faults.account import few, rounds, settled
from tests.faults.crowd import Crowd
from tests.faults.cutter import Cutter
from tests.faults.generous import Generous
from tests.faults.kills import answered, killed_worker
from tests.faults.restartable import Restartable
from tests.http.house import HARBOUR, furnish
from tests.http.people import new_key
from tests.http.running import Running, running
from tests.service import until


@pytest.fixture(scope="module")
def cutter(server: Restartable) -> Iterator[Cutter]:
    with Cutter(server.folder) as cutter:
        yield cutter


@pytest.fixture(scope="module")
def database(server: Restartable) -> str:
    return server.create()


@pytest.fixture(scope="module")
def steady(server: Restartable, cutter: Cutter, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The house with its rows on that server, spoken to through the cutter."""
    template, folder = tmp_path_factory.mktemp("furnished"), tmp_path_factory.mktemp("steady")
    known = furnish(template, server.url(database))
    (template / "data").mkdir(exist_ok=True)
    with Generous(folder, server.url(database).replace(str(server.folder), str(cutter.folder))) as service:
        yield running(service, template, known).start()


@pytest.mark.parametrize("how", few([signal.SIGQUIT, signal.SIGINT], short=1))
def test_restarted_while_people_write(server, steady, how):
    recoveries = []
    with Crowd(steady.visitor, staff=steady.staff("Ana")) as crowd:
        for _ in rounds(short=1):
            crowd.sends(random.randint(5, 25))
            server.goes(how)
            crowd.hears(503)
            server.comes_back()
            recoveries.append(crowd.recovers())
    settled(f"PostgreSQL restarted, {how.name}", steady, crowd, recoveries)


def test_it_hangs_and_everybody_is_told_so_within_seconds(server, steady):
    """A limit that the server keeps is worth nothing now. Nobody waits for long, and not many wait."""
    recoveries, worker = [], psutil.Process(steady.service.process.pid).children()[0]
    threads = worker.num_threads()
    with Crowd(steady.visitor, staff=steady.staff("Ana")) as crowd:
        for _ in rounds(short=1):
            crowd.sends(random.randint(5, 25))
            server.hangs()
            try:
                begun = time.monotonic()
                crowd.hears(503)
                assert steady.browser().get("/healthz").status == 200
                answers = [timed(steady) for _ in range(5)]
                assert max(answers) < 10 and sorted(answers)[2] < 6, answers
                assert time.monotonic() - begun < 30 and worker.num_threads() <= threads + 2
            finally:
                server.wakes_up()
            recoveries.append(crowd.recovers())
    settled("PostgreSQL hangs", steady, crowd, recoveries)


def timed(steady: Running) -> float:
    """The seconds until somebody new has seen the clinic's card, as it was last known, and was told of the trouble."""
    begun = time.monotonic()
    visitor = steady.visitor()
    assert visitor.card()["emergency"]["number"] == "911" and visitor.opens().status == 503
    return time.monotonic() - begun


def test_sessions_are_cut_off_and_nobody_notices(server, steady, database):
    """What was not committed is done again; where that is not known, the key tells."""
    recoveries = []
    with Crowd(steady.visitor, wrong=(409,)) as crowd:
        for _ in rounds(short=4):
            crowd.sends(random.randint(1, 15))
            server.cuts(database)
            recoveries.append(crowd.recovers())
    settled("PostgreSQL ends all sessions", steady, crowd, recoveries)


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_cut_at_the_commit_and_nobody_notices(cutter, steady, after):
    recoveries = []
    with Crowd(steady.visitor, wrong=(409,)) as crowd:
        for _ in rounds(short=4):
            crowd.sends(random.randint(1, 15))
            before = cutter.done
            cutter.cuts(after)
            until(lambda before=before: cutter.done > before, 10, "a commit to be cut")
            recoveries.append(crowd.recovers())
    settled(f"connection cut {'after' if after else 'before'} a commit", steady, crowd, recoveries)


def test_killed_while_the_database_is_away_it_comes_back_by_itself(server, steady):
    """Nobody starts anything by hand: who comes meanwhile is told, and afterwards all goes on."""
    leo, key = steady.visitor(), new_key()
    assert leo.opens("one").status == 201
    server.goes()
    killed_worker(steady)
    told = until(lambda: answered(lambda: leo.says("two", key)), 20, "an answer while the database is away")
    assert told.status == 503 and int(told.headers["Retry-After"]) > 0 and "try again" in told.json["detail"]
    for path, status in ((f"/contact/{HARBOUR}", 503), (f"/staff/{HARBOUR}/", 503), ("/readyz", 503), ("/healthz", 200)):
        assert steady.browser().get(path).status == status
    server.comes_back()
    until(lambda: (said := answered(lambda: leo.says("two", key))) and said.status == 201, 20, "the service to come back")
    assert leo.reads() == ["one", "two"]
