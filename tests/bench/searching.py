"""How long staff wait for a search through all that was ever written, and what the others notice of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

from securemsg import settings
from securemsg.desk import open_desk
from securemsg.desk.clinics import clinic
from tests.bench import asking
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter
from tests.bench.many import fill
from tests.bench.measuring import Plan, measure
from tests.bench.outcome import Outcome
from tests.bench.prepare import TEXT
from tests.bench.servers import Server, Stage, answers, securemsg
from tests.service import until

_EACH = 5  # messages of a conversation
_SENDERS, _SEARCHERS = 8, 2
_TEXTS = [TEXT[:length] for length in (60, 150, 300, 300)] + [TEXT * 2, TEXT[:200].replace("e", "é")]


def searching(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """A word that nobody ever wrote, so that every message is opened; then visitors send while two people search on and on."""
    messages = 50_000 if plan.long else 5_000
    urls = {"SQLite": "", "PostgreSQL": stage.postgresql.url(stage.postgresql.create())}
    for database, url in urls.items():
        with _filled(stage.folder / f"search-{database}", url, messages) as server:
            meter = Meter()
            took = [_search(server) * 50_000 / messages for _ in range(plan.rounds)]
            quiet, beside = [], []
            for _ in range(plan.rounds):
                quiet.append(measure(load, asking.submit(server, _SENDERS), plan.seconds).p95_ms)
                with _searchers(server):
                    beside.append(measure(load, asking.submit(server, _SENDERS), plan.seconds).p95_ms)
            noisy = meter.others() > plan.quiet_cores
            out.rounds[f"searching, {database}"] = [{"seconds": took, "quiet": quiet, "beside": beside}]
            what = f"search through 50,000 messages on {database}"
            out.goals.append(Goal("search", what, 2.0, took, unit="s", noisy=noisy))
            what = f"{_SENDERS} senders beside {_SEARCHERS} searches on {database}: p95"
            out.goals.append(Goal("search", what, 100, beside, unit="ms", noisy=noisy))


@contextmanager
def _filled(folder: Path, url: str, messages: int) -> Iterator[Server]:
    with securemsg(folder, url, conversations=_SENDERS) as server:
        chosen = settings.load({"SECUREMSG_DATA": str(folder / "data"), "SECUREMSG_DATABASE_URL": url})
        with closing(open_desk(chosen)) as desk:
            fill(desk, clinic(desk, "quiet"), messages // _EACH, _EACH, _TEXTS)
            if url:  # a server that is used knows how much its tables hold
                desk.database.write(lambda tx: tx.run("ANALYZE"))
        until(lambda: answers(server), what=str(server.log))
        yield server


def _search(server: Server) -> float:
    """Seconds from the question to the last byte of the answer, through pages if one is not enough."""
    path, begun = "/staff/quiet/search?q=zebra", perf_counter()
    while path:
        page = _page(server, path)
        path = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Everything that was ever written here was looked through." in page, page
    return perf_counter() - begun


def _page(server: Server, path: str) -> str:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", path, headers=asking.signed_in(server, "quiet"))
        response = connection.getresponse()
        text = response.read().decode()
        assert response.status == 200, text
        return text


@contextmanager
def _searchers(server: Server) -> Iterator[None]:
    done = Event()

    def search() -> None:
        while not done.is_set():
            _search(server)

    threads = [Thread(target=search) for _ in range(_SEARCHERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()
