"""Whoever delivers is killed again and again: each delivery comes at least once, and what it does is done exactly once."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest

from securemsg.registry import Registry
from securemsg.store.sqlite import Sqlite
from tests.faults.account import rounds
from tests.plugins.made import SILENT, installed
from tests.service import until

# What it does outside is done at once and stays done, whatever becomes of the delivery; its reply is stored with "done".
SOURCE = """
    @hookimpl
    def message_received(message, desk):
        with open(TOLD, "a") as told:
            told.write(message.conversation + chr(10))
        desk.reply(message.conversation, "Answer.")
"""
MESSAGES = 20
KILLS = 3 if os.environ.get("FAULT_ROUNDS") else 1


@pytest.fixture
def workers(clinic, tmp_path, monkeypatch):
    """Starts processes that deliver in this clinic; the end of the test kills those that are left."""
    (tmp_path / "plugins").mkdir()
    told = tmp_path / "told"
    head = f"from securemsg import hookimpl\nTOLD = {str(told)!r}\n{SILENT}"
    path = installed(tmp_path / "plugins", head, counted=SOURCE)
    monkeypatch.syspath_prepend(path)
    monkeypatch.setenv("PYTHONPATH", path)
    clinic.desk.registry = Registry.load(("counted",))
    environ = {**clinic.desk.settings.environ, "SECUREMSG_PLUGINS": "counted", "PYTHONPATH": path}

    @contextmanager
    def worker():
        with subprocess.Popen([sys.executable, "-c", "from securemsg.delivering import until_stopped; until_stopped(False)"],
                              env=environ) as process:
            try:
                yield process
            finally:
                process.kill()

    return worker, told


def test_killed_while_it_delivers(clinic, workers):
    worker, told = workers
    at_once = 1 if isinstance(clinic.desk.database, Sqlite) else 2
    for _ in rounds(short=1):
        visitors = [clinic.visitor() for _ in range(MESSAGES)]
        for visitor in visitors:
            visitor.opens("Hello?")
        kills = 0
        while waiting(clinic):
            with ExitStack() as stack:
                for _ in range(at_once):
                    stack.enter_context(worker())
                begun = left = waiting(clinic)
                until(lambda begun=begun: waiting(clinic) < begun, 20, "the first delivery")
                if kills < KILLS:
                    time.sleep(random.random() * 0.1)  # anywhere in its work
                else:
                    until(lambda: not waiting(clinic) or due_later(clinic), 20, "all that is due")
            kills += 1
            assert waiting(clinic) < left
            time_passes(clinic)
        heard = Counter(told.read_text().split())
        assert all(heard[visitor.conversation] >= 1 for visitor in visitors), "one was never told"
        assert all(visitor.reads() == ["Hello?", "Answer."] for visitor in visitors), "done twice, or not at all"


def waiting(clinic):
    return sum(row.done_at is None for row in clinic.rows("outbox"))


def due_later(clinic):
    return not [row for row in clinic.rows("outbox") if row.done_at is None and row.due_at <= time.time() * 1e6]


def time_passes(clinic):
    """So much that every lease has ended and every pause is over."""
    clinic.sql("UPDATE outbox SET lease_until = 0, due_at = 0 WHERE done_at IS NULL AND gave_up_at IS NULL")
