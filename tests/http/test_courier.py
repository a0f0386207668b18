"""Deliveries beside the real server, in a process of their own: streams hear of them, nobody waits for them, none is lost."""

import fcntl
import io
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import psutil
import pytest

from securemsg import store
from securemsg.courier import PROGRAM, Courier
from securemsg.live import Signal
from securemsg.settings import load
from securemsg.store.sqlite import Sqlite
from tests.http.running import listening, numbers, running
from tests.plugins.made import SILENT, installed
from tests.service import at_most, until

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


# What it prints, and what programs print that it starts, is none of this protocol.
PRINTS = """
    import subprocess
    @hookimpl
    def message_received(message, desk):
        print("a plugin prints", flush=True)
        subprocess.run(["echo", "its program, too"])
        desk.reply(message.conversation, f"Answer to {message.seq}.")
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
    found = database.read(lambda tx: tx.everywhere.all(sql))
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
        assert time.monotonic() - begun < at_most(1), f"request {number} waited"


def test_the_process_that_delivers_is_started_again_and_ends_with_the_one_that_serves(house):
    house = house(answers=ANSWERS)
    [first] = until(lambda: couriers(house), 10, "the first")
    first.kill()
    [second] = until(lambda: [one for one in couriers(house) if one.pid != first.pid], 10, "the next one")
    visitor = house.visitor()
    visitor.opens("Hello?")
    until(lambda: len(visitor.reads()) == 2, 30, "the answer")
    house.service.stop()
    psutil.wait_procs([second], 20)
    assert not second.is_running()
    assert "the process that delivers has ended" in house.service.output()


def test_what_a_plugin_prints_goes_nowhere_and_streams_go_on_hearing(house):
    house = house(prints=PRINTS)
    [courier] = until(lambda: couriers(house), 10, "the process that delivers")
    visitor = house.visitor()
    visitor.opens("Hello?")
    until(lambda: len(visitor.reads()) == 2, 30, "the answer")
    with listening(visitor) as stream:
        visitor.says("And now?")
        assert numbers(stream.hears(2, 10)) == [3, 4]
    assert couriers(house) == [courier], "it fell"
    house.service.stop()
    assert "a plugin prints" not in house.service.output() and "its program" not in house.service.output()


def test_it_ends_with_the_one_that_serves_also_while_a_plugin_holds_the_interpreter(house):
    house = house(hangs=HANGS)
    [courier] = until(lambda: couriers(house), 10, "the process that delivers")
    house.visitor().opens("Hello?")
    until(lambda: rows(house, "SELECT 1 AS one FROM outbox WHERE attempts > 0"), 30, "the delivery to begin")
    psutil.Process(courier.ppid()).kill()
    psutil.wait_procs([courier], 20)
    assert not courier.is_running()


def test_nothing_is_imported_from_the_folder_it_is_started_in(clinic, tmp_path, monkeypatch):
    (tmp_path / "orjson.py").write_text("raise SystemExit('somebody else wrote this')")
    monkeypatch.chdir(tmp_path)
    with spoken(clinic) as said:
        assert said.readline().startswith(b'["counts"')


def test_one_that_waits_until_it_is_alone_says_that_it_is_well(clinic):
    if not isinstance(clinic.desk.database, Sqlite):
        return  # any number of them deliver there
    with open(clinic.desk.database.path.with_name("deliver.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with spoken(clinic) as said:
            assert [said.readline() for _ in range(3)] == [b'["counts",[]]\n'] * 3


@contextmanager
def spoken(clinic):
    """What the process that delivers says; ended afterwards, or after a while in which it says nothing."""
    environ = dict(clinic.desk.settings.environ)
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ) as process:
        limit = threading.Timer(20, process.kill)
        limit.start()
        try:
            yield process.stdout
        finally:
            limit.cancel()
            process.kill()


def test_a_line_that_is_none_of_the_protocol_is_passed_over():
    heard = []
    courier = Courier(SimpleNamespace(live=SimpleNamespace(publish=lambda *given: heard.append(given))))
    courier._hear(io.BytesIO(b'hello\n5\n["what"]\n{}\n["signal",["clinic","x"],["changed","c",null,null]]\n'))
    assert heard == [(("clinic", "x"), Signal("changed", "c"))]


def test_a_second_one_on_sqlite_waits_and_ends_when_it_is_told(house):
    house = house(answers=ANSWERS)
    visitor = house.visitor()
    with subprocess.Popen([house.service.program, "worker"], env=house.service.environ) as second:
        visitor.opens("Hello?")
        until(lambda: len(visitor.reads()) == 2, 30, "the answer")
        until(lambda: psutil.Process(second.pid).num_threads() > 0 and second.poll() is None, what="the second one")
        second.terminate()
        assert second.wait(10) in (0, -15)
    assert visitor.reads() == ["Hello?", "Answer to 1."]
