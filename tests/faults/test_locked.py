"""Another program holds the database for long: everybody is told within seconds, and all goes on when it lets go."""

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.account import rounds, settled
from tests.faults.crowd import Crowd


@contextmanager
def held_by_a_command(folder: Path) -> Iterator[None]:
    """As by a command of ours that hangs while it writes."""
    with open(folder / "writer.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def held_by_another_program(folder: Path) -> Iterator[None]:
    """As by somebody who looks into the file with a program that knows nothing of us."""
    connection = sqlite3.connect(folder / "securemsg.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.close()


def test_somebody_holds_the_database(generous):
    """Visitors read meanwhile, and who writes is told within seconds."""
    recoveries = []
    with Crowd(generous.visitor, staff=generous.staff("Ana")) as crowd:
        for number in rounds(short=1):
            crowd.sends(10)
            with (held_by_another_program if number % 2 else held_by_a_command)(generous.service.folder / "data"):
                begun = time.monotonic()
                crowd.hears(503)
                assert time.monotonic() - begun < 10
                assert crowd.talks[0].visitor.reads() and generous.visitor().card()
            recoveries.append(crowd.recovers())
    settled("the database is held by another program", generous, crowd, recoveries)
