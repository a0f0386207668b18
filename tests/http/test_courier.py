"""Deliveries beside the real server, in a process of their own: streams hear of them, nobody waits for them, none is lost."""

import subprocess
import time
from contextlib import suppress

import psutil
import pytest

from securemsg import store
from securemsg.settings import load
from tests.http.running import listening, numbers, running
from tests.plugins.made import SILENT, installed
from tests.service import until

HEAD = f"from securemsg import hookimpl\n{SILENT}"
ANSWERS = """
    @hookimpl
    def message_received(message, desk):
        desk.reply(message.conversation, f"Answer to {message.seq}.")
"""
# What no deadline in Python can end: the lock of the interpreter is held all the while.
HANGS = """
    import re
    @hookimpl
    def message_received(message):
        re.match("(a+)+$", "a" * 64 + "b")
"""


@pytest.fixture
def house(furnished, make_service, tmp_path, monkeypatch):
    """The furnished house with these plugins, running; stopped in the end."""
    def house(**lines):
        (tmp_path / "plugins").mkdir()
        monkeypatch.setenv("PYTHONPATH", installed(tmp_path / "plugins", HEAD, **lines))
        service = make_service(plugins=" ".join(lines))
        return running(service, *furnished).start()

    return house


def couriers(house):
    """The processes that deliver."""
    found = []
    for process in psutil.Process(house.service.process.pid).children(recursive=True):
        with suppress(psutil.Error):
            if "securemsg.delivering" in process.cmdline():
                found.append(process)
    return found


def rows(house, sql):
    database = store.connect(load({"SECUREMSG_DATA": str(house.service.folder / "data")}))
    found = database.read(lambda tx: tx.all(sql))
    database.close()
    return found


def test_a_plugin_answers_and_the_open_stream_hears_of_it(house):
    house = house(answers=ANSWERS)
    visitor = house.visitor()
    visitor.opens("Hello?")
    until(lambda: visitor.reads() == ["Hello?", "Answer to 1."], 30, "the answer")
    with listening(visitor) as stream:
        visitor.says("And now?")
        assert numbers(stream.hears(2, 10)) == [3, 4]
    assert visitor.reads()[-1] == "Answer to 3."


def test_one_that_holds_the_interpreter_keeps_no_request_waiting(house):
    house = house(hangs=HANGS)
    visitor = house.visitor()
    visitor.opens("Hello?")
    until(lambda: rows(house, "SELECT 1 AS one FROM outbox WHERE attempts > 0"), 30, "the delivery to begin")
    for number in range(20):
        begun = time.monotonic()
        visitor.reads()
        assert time.monotonic() - begun < 1, f"request {number} waited"


def test_the_process_that_delivers_is_started_again_and_ends_with_the_one_that_serves(house):
    house = house(answers=ANSWERS)
    [first] = until(lambda: couriers(house), 10, "the first")
    first.kill()
    [second] = until(lambda: [one for one in couriers(house) if one.pid != first.pid], 10, "the next one")
    visitor = house.visitor()
    visitor.opens("Hello?")
    until(lambda: len(visitor.reads()) == 2, 30, "the answer")
    house.service.stop()
    psutil.wait_procs([second], 3)
    assert not second.is_running()
    assert "the process that delivers has ended" in house.service.output()


def test_a_second_one_on_sqlite_waits_and_ends_when_it_is_told(house):
    house = house(answers=ANSWERS)
    visitor = house.visitor()
    with subprocess.Popen([house.service.program, "worker"], env=house.service.environ) as second:
        visitor.opens("Hello?")
        until(lambda: len(visitor.reads()) == 2, 30, "the answer")
        until(lambda: psutil.Process(second.pid).num_threads() > 0 and second.poll() is None, 5, "the second one")
        second.terminate()
        assert second.wait(10) in (0, -15)
    assert visitor.reads() == ["Hello?", "Answer to 1."]
