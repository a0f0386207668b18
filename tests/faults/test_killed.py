"""The server is killed again and again while people write: what was acknowledged is there, once, in order."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import pytest

from securemsg import store
from securemsg.settings import load
from tests.faults.account import few, rounds, settled
from tests.faults.conftest import on
from tests.faults.crowd import Crowd
from tests.faults.kills import killed_master, killed_worker, power_cut
from tests.http.house import Known
from tests.http.running import Running, started
from tests.postgresql import ROLE, PostgreSQL
from tests.service import at_most, until

WAYS = [("sqlite", power_cut), ("sqlite", killed_worker), ("sqlite", killed_master), ("postgresql", power_cut)]


@pytest.mark.parametrize(("kind", "way"), few(WAYS, short=3))
def test_killed_while_people_write(request, tmp_path, kind, way):
    recoveries = []
    with on(kind, request, tmp_path) as service:
        with Crowd(service.visitor, staff=service.staff("Ana")) as crowd:
            for _ in rounds(short=1):
                crowd.sends(random.randint(5, 25))
                way(service)
                recoveries.append(crowd.recovers())
        settled(f"{way.__name__.replace('_', ' ')}, {kind}", service, crowd, recoveries)


@pytest.fixture
def nodes(furnished_postgresql: tuple[Path, list[Known], str], postgresql: PostgreSQL, tmp_path: Path) -> Iterator[list[Running]]:
    """Two of them, on one database of PostgreSQL."""
    template, known, name = furnished_postgresql
    copy, running = f"copy_of_{name}_{tmp_path.name}", []
    postgresql.execute(f'CREATE DATABASE "{copy}" OWNER {ROLE} TEMPLATE "{name}"')
    with ExitStack() as stack:
        for number in "12":
            (tmp_path / number).mkdir()
            running.append(stack.enter_context(started(tmp_path / number, template, known, postgresql.url(copy))))
        yield running
    postgresql.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


def test_whichever_seals_the_audit_log_is_killed(nodes):
    """The other takes the lead: each of both is killed in turn, so one of them was the one. No row stays without its number."""
    recoveries, node = [], cycle(nodes)
    with Crowd(lambda: next(node).visitor(), staff=nodes[0].staff("Ana")) as crowd:
        for number in rounds(short=2):
            crowd.sends(random.randint(5, 25))
            killed_worker(nodes[number % 2])
            recoveries.append(crowd.recovers())
            until(lambda: unsealed(nodes[0]) < 50, 10, "the lead to be taken over")
    until(lambda: unsealed(nodes[0]) == 0, 10, "the last rows to be sealed")
    settled("killed while it may lead", nodes[0], crowd, recoveries)


def unsealed(node: Running) -> int:
    """How many rows of the audit log wait for a number."""
    database = store.connect(load({"SECUREMSG_DATABASE_URL": node.service.settings["database_url"]}))
    row = database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS n FROM audit WHERE number IS NULL"))
    database.close()
    return row.n


def test_a_reply_that_waits_goes_out_once_when_the_node_that_took_it_is_killed(nodes):
    for node in nodes:
        node.service.kill()
        node.service.settings["undo_seconds"] = "3"
        node.start()
    first, second = nodes
    leo = second.visitor()
    leo.opens("one")
    assert first.staff("Ana").replies(leo.conversation, "two").status == 303
    begun = time.monotonic()
    first.service.kill()
    until(lambda: leo.reads() == ["one", "two"], 10, "the reply, from the node that is left")
    assert 2 < time.monotonic() - begun < 2 + at_most(3), "in its time, and a second at most after it"
    first.start()
    assert second.staff("Tomas").does("reply", leo.conversation, text="three").status == 303
    until(lambda: len(leo.reads()) > 2, 10, "a reply that either node may send")
    assert leo.reads() == ["one", "two", "three"]
