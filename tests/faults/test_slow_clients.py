"""300 connections that dribble, say nothing or never read: others are served as if they were not there, and each comes to an end.

Here with deadlines of two seconds; in `make faults`, where FAULT_ROUNDS is set, with the real ones.
"""

import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from securemsg.deadlines import Deadlines
from tests.faults.slow import KINDS, End, Slow
from tests.http.house import HARBOUR
from tests.http.running import Running, listening, numbers, running
from tests.service import ROOT, Service, until

REAL = bool(os.environ.get("FAULT_ROUNDS"))
DEADLINES = Deadlines() if REAL else Deadlines(idle=2, head=2, body=2, piece=2)
CONNECTIONS, PEOPLE = 300, 6
_SLACK_SECONDS = 10  # a busy machine looks at its clocks when it comes to it


class Hurried(Service):
    """The service with short deadlines; only the numbers differ."""

    @property
    def environ(self) -> dict[str, str]:
        return super().environ | {"PYTHONPATH": str(ROOT)}

    def words(self, *verb: str) -> list[str]:
        how = ["-c", str(Path(__file__).with_name("hurried.py")), f"--bind=127.0.0.1:{self.port}"]
        return [sys.executable, "-m", "gunicorn", *how, "securemsg.app:serve()"]


@pytest.fixture(scope="module")
def house(furnished, tmp_path_factory):
    """One service, on SQLite: what is slow here has nothing to do with databases."""
    folder = tmp_path_factory.mktemp("slow")
    with (Service if REAL else Hurried)(folder) as service:
        yield running(service, *furnished).start()


@pytest.fixture(scope="module")
def crowd(house):
    """What came of it all: how the slow ones ended, how long the others waited, and the memory before and meanwhile."""
    slow = Slow(house.service.port, CONNECTIONS // len(KINDS), 3 if REAL else 0.3, max(vars(DEADLINES).values()) + 30)
    before = memory(house)
    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        ends = pool.submit(slow.hold_on)
        until(lambda: slow.connected == CONNECTIONS or ends.done(), 20, "the connections")
        people = [pool.submit(lives_on, house, ends.done) for _ in range(PEOPLE)]
        meanwhile = memory(house)
        return ends.result(), sorted(seconds for one in people for seconds in one.result()), meanwhile - before


def lives_on(house: Running, is_over) -> list[float]:
    """A visitor who writes, and looks for answers: the seconds of each request. None is refused."""
    visitor, seconds = house.visitor(), list[float]()
    assert visitor.opens("one").status == 201
    pause, number = threading.Event(), 0
    while not is_over():
        number += 1
        begun = time.monotonic()
        if number % 20 == 1:  # 20 messages a minute are the limit
            assert visitor.says(f"message {number}").status == 201
        else:
            assert visitor.asks("GET", "/messages?after=0").status == 200
        seconds.append(time.monotonic() - begun)
        pause.wait(0.11)  # and 600 looks
    return seconds


def memory(house: Running) -> int:
    """Bytes that the processes of the service hold."""
    parent = psutil.Process(house.service.process.pid)
    return sum(one.memory_info().rss for one in (parent, *parent.children()))


def test_others_are_served_within_a_second(crowd):
    _, seconds, _ = crowd
    p50, p95 = (seconds[int(len(seconds) * part)] for part in (0.5, 0.95))
    print(f"{len(seconds)} requests beside {CONNECTIONS} slow: p50 {p50:.3f} s, p95 {p95:.3f} s, longest {seconds[-1]:.3f} s")
    assert len(seconds) > 10 * PEOPLE and p95 < 1


@pytest.mark.parametrize(("kind", "step", "status"), [
    ("silent", "idle", 0), ("slow head", "head", 408), ("slow JSON", "body", 408), ("slow form", "body", 408),
    ("no reader", "piece", 0)])
def test_each_slow_one_is_ended_by_its_deadline(crowd, kind, step, status):
    ends: list[End] = [end for end in crowd[0] if end.kind == kind]
    assert len(ends) == CONNECTIONS // len(KINDS)
    assert {end.status for end in ends} == {status}
    deadline = getattr(DEADLINES, step)
    last = deadline * (3 if step == "piece" else 1) + _SLACK_SECONDS  # the kernels' buffers may still take a piece or two
    assert all(deadline - 0.1 < end.seconds < last for end in ends), sorted(end.seconds for end in ends)
    assert {end.cut for end in ends} == {kind == "no reader"}


def test_who_is_too_slow_is_told_so(crowd):
    for end in crowd[0]:
        if end.status == 408:
            head, _, body = end.answer.partition(b"\r\n\r\n")
            assert b"connection: close" in head.lower() and b"no-store" in head and b"too long" in body


def test_each_costs_little_memory(crowd):
    assert crowd[2] < CONNECTIONS * 150_000, f"{crowd[2] // CONNECTIONS:,} bytes for each"


def test_nothing_of_them_stays(house, crowd):
    parent = psutil.Process(house.service.process.pid)

    def connections() -> int:
        everyone = (one for each in (parent, *parent.children()) for one in each.net_connections("tcp"))
        return sum(one.status != psutil.CONN_LISTEN for one in everyone)

    until(lambda: connections() == 0, what="the end of their connections")
    assert "Traceback" not in house.service.output() and not house.service.output().count("could not be read")


def test_one_who_asks_a_thousand_times_at_once_waits_in_line_with_everybody_else(house):
    visitor, asked = house.visitor(), f"GET /frame/{HARBOUR} HTTP/1.1\r\nHost: localhost:{house.service.port}\r\n\r\n" * 1000
    longest, answers, first = 0.0, b"", time.monotonic()
    with socket.create_connection(("127.0.0.1", house.service.port), 20) as greedy, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(greedy.sendall, asked.encode())
        while answers.count(b"HTTP/1.1 200 OK") < 1000:
            answers += greedy.recv(1_000_000)
            begun = time.monotonic()
            assert visitor.card()["name"]
            longest = max(longest, time.monotonic() - begun)
        asking.result()
    assert longest < max(0.5, (time.monotonic() - first) / 4)


def test_as_many_connections_as_the_system_allows(house):
    for process in psutil.Process(house.service.process.pid).children():
        soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)
        assert soft == hard


def test_a_stream_knows_no_deadline(house):
    """Whoever listens says nothing, for as long as it takes."""
    visitor = house.visitor()
    visitor.opens("one")
    with listening(visitor) as stream:
        begun, pause = time.monotonic(), threading.Event()
        while time.monotonic() - begun < (40 if REAL else 3):
            pause.wait(0.5)
        visitor.says("two")
        assert numbers(stream.hears(1)) == [2]
