"""Keys are rotated under people who write, and the command is killed again and again: every message opens afterwards."""

import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import orjson
import pytest

from securemsg.desk import Desk, first_message, open_desk
from securemsg.desk.archive.opening import Tally, open_conversations, open_values
from securemsg.desk.clinics import clinic
from securemsg.desk.first_message import Opening
from securemsg.settings import load
from securemsg.store.ids import new_id
from tests.faults.account import rounds, settled
from tests.faults.conftest import on
from tests.faults.crowd import Crowd
from tests.http.house import HARBOUR
from tests.http.running import Running
from tests.service import until

CONVERSATIONS = 80  # so that there is a middle to be killed in
# The command as it is, but in small steps: many moments at which it can be killed.
SLOWLY = ("from securemsg.desk.keys import of_clinic, rotating; of_clinic.BATCH = 2; rotating._BATCH = 1; "
          "from securemsg.cli import main; main()")


@contextlib.contextmanager
def desk_of(service: Running) -> Iterator[Desk]:
    """The service's desk in this process: a second one on the same data."""
    names = {name: value for name, value in service.service.environ.items() if name.startswith("SECUREMSG_")}
    with contextlib.closing(open_desk(load(names))) as desk:
        yield desk


def fill(desk: Desk) -> None:
    home = clinic(desk, HARBOUR)
    for number in range(CONVERSATIONS):
        opening = Opening("other", "me", None, ("email", f"visitor{number}@example.org"), home.consent.sha256, "text",
                          {"text": f"question {number}"})
        first_message.open(desk, home, opening, new_id(), None, desk.clock())


def killed(service: Running, desk: Desk, *verb: str) -> bool:
    """Run the command and kill it at some point; whether it had not ended before."""
    aim, path, (version, there) = random.randint(1, CONVERSATIONS - 1), desk.settings.keystore, under_newest(desk)
    before = path.read_bytes()

    def is_under_way() -> bool:
        newest, moved = under_newest(desk)
        return path.read_bytes() != before or moved >= (aim if newest > version else max(aim, there + 1))

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", SLOWLY, "keys", *verb], env=service.service.environ, **quiet) as process:
        until(lambda: process.poll() is not None or is_under_way(), 60, f"{verb} to be under way")
        process.kill()
    return process.returncode == -signal.SIGKILL


def under_newest(desk: Desk) -> tuple[int, int]:
    """The newest version of the clinic key, and how many conversation keys it wraps."""
    sql = ("SELECT max(version) AS version, (SELECT count(*) FROM conversation_keys c WHERE c.clinic_id = :id AND c.wrapped_by ="
           " max(k.version)) AS moved FROM keys k WHERE clinic_id = :id AND purpose = 'clinic'")
    return tuple(desk.database.read(lambda tx: tx.everywhere.one(sql, id=clinic(desk, HARBOUR).id)))


def unfinished(service: Running) -> list[str]:
    return orjson.loads(service.service.command("keys", "status", "--json"))["unfinished"]


def everything_opens(desk: Desk, messages: int) -> None:
    """Each value, and so many messages at least."""
    tally = Tally()
    open_values(desk, tally)
    open_conversations(desk, tally)
    assert tally.counts["messages.sealed"] >= messages and not tally.erased


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rotations_that_are_killed_under_four_writers_lose_nothing(kind, request, tmp_path):
    verbs, recoveries = (("rotate", "--clinic", HARBOUR), ("rotate", "--epoch")), []
    with on(kind, request, tmp_path) as service, desk_of(service) as desk:
        fill(desk)
        with Crowd(service.visitor, senders=4, staff=service.staff("Ana")) as crowd:
            for number in rounds(short=2):
                until(partial(killed, service, desk, *verbs[number % 2]), 300, "a run that was killed before it had ended")
                recoveries.append(crowd.recovers())
            for verb in verbs:
                service.service.command("keys", *verb)
            crowd.sends(4)
        for verb in unfinished(service):  # what was wrapped before the service heard of a new version is moved by the next run
            service.service.command(*verb.split()[1:])
        assert unfinished(service) == []
        settled(f"keys rotated and killed, {kind}", service, crowd, recoveries)
        with desk_of(service) as fresh:
            everything_opens(fresh, CONVERSATIONS + crowd.acknowledged)
