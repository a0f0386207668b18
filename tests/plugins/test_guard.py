"""The deadline of who is asked while somebody waits: it ends a loop, it hits nobody else, and nothing rings afterwards."""

import re
import signal
import threading
import time
from contextlib import suppress
from datetime import datetime
from itertools import count

import gevent
import pytest

from securemsg.registry import guard
from securemsg.registry.guard import Overdue, within
from securemsg.words import moment

BUDGET, SLACK = 0.05, 0.05  # seconds; the machine is shared
pytestmark = pytest.mark.timeout(60, method="thread")  # the signal is what is tested


@pytest.fixture(autouse=True)
def rings():
    """The signal is the guard's, as in the serving process."""
    before = signal.getsignal(signal.SIGALRM)
    guard.begin()
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0) and not guard._deadlines, "something still rings"
    guard.end()
    signal.signal(signal.SIGALRM, before)


def loops():
    while True:
        pass


def catches_every_exception():
    while True:
        try:
            loops()
        except Exception:
            continue


def holds_on_to_the_end():
    while True:
        with suppress(BaseException):
            time.sleep(0)


def backtracks():
    re.match(r"(a|a)+$", "a" * 40 + "b")


def sleeps():
    time.sleep(10)


def counts():
    for _ in count():
        pass


def waits_for_the_loop():
    gevent.sleep(10)


@pytest.mark.parametrize("call", [loops, catches_every_exception, backtracks, sleeps, counts, waits_for_the_loop])
def test_it_ends_in_its_time(call):
    assert any(took(call) < BUDGET + SLACK for _ in range(10)), "late each time"


def took(call) -> float:
    """How long it was let run, in seconds."""
    begun = time.monotonic()
    with pytest.raises(Overdue):
        within(BUDGET, call)
    ended = time.monotonic() - begun
    assert ended >= BUDGET
    return ended


def test_who_catches_even_this_is_ended_all_the_same():
    with pytest.raises(Overdue):
        within(BUDGET, holds_on_to_the_end)


def test_who_is_in_time_is_left_alone():
    assert within(BUDGET, lambda a, b: a + b, 1, 2) == 3
    with pytest.raises(KeyError):
        within(BUDGET, {}.__getitem__, "x")
    time.sleep(BUDGET * 2)


def test_who_ends_at_the_last_moment_is_hit_below_the_call_or_not_at_all():
    """However the moment falls: an answer or Overdue, never an Overdue that comes when the call is over."""
    ended = []
    for number in range(150):
        end = time.monotonic() + 0.004 + number / 1e5

        def busy(end=end):
            while time.monotonic() < end:
                pass
            return "answer"

        try:
            ended.append(within(0.005, busy))
        except Overdue:
            ended.append("overdue")
    assert {"answer", "overdue"} == set(ended)


def test_a_ring_of_a_call_that_has_ended_does_not_hit_the_next_one():
    def asked():
        gevent.get_hub().loop.run_callback(guard._throw, gevent.getcurrent(), 0.0)
        gevent.sleep(0.005)
        return "answer"

    assert within(1, asked) == "answer"


def test_it_never_hits_another_greenlet():
    """One that was asked waits for the loop meanwhile, and another runs: it goes on, the one that was asked is ended."""
    ended = []

    def asked():
        try:
            within(BUDGET, gevent.sleep, 10)
        except Overdue:
            ended.append("overdue")

    def neighbour():
        for _ in range(10):
            end = time.monotonic() + 0.02
            while time.monotonic() < end:
                pass
            gevent.sleep(0)
        ended.append("neighbour")

    gevent.joinall([gevent.spawn(asked), gevent.spawn(neighbour)], timeout=20, raise_error=True)
    assert sorted(ended) == ["neighbour", "overdue"]


def test_each_of_several_has_its_own_deadline():
    ended = {}

    def asked(name, seconds, call):
        begun = time.monotonic()
        try:
            within(seconds, call)
        except Overdue:
            ended[name] = time.monotonic() - begun

    gevent.joinall([gevent.spawn(asked, "long", 0.2, lambda: gevent.sleep(10)), gevent.spawn(asked, "short", 0.05, loops),
                    gevent.spawn(asked, "in time", 2, lambda: gevent.sleep(0.08))], timeout=20, raise_error=True)
    assert set(ended) == {"long", "short"}
    assert 0.05 <= ended["short"] < ended["long"] and 0.2 <= ended["long"] < 5


def test_in_another_thread_it_takes_its_time():
    took = []

    def runs():
        begun = time.monotonic()
        within(0.01, time.sleep, 0.05)
        took.append(time.monotonic() - begun)

    thread = threading.Thread(target=runs)
    thread.start()
    thread.join()
    assert took[0] >= 0.05


def test_who_takes_the_signal_for_itself_keeps_it():
    """As the end of the service does, so that nothing holds it up."""
    heard = []

    def takes_it():
        guard.end()
        signal.signal(signal.SIGALRM, lambda *_: heard.append(time.monotonic()))
        signal.setitimer(signal.ITIMER_REAL, 0.05)

    within(1, takes_it)
    within(0.01, time.sleep, 0.1)
    assert len(heard) == 1


def test_nobody_is_cut_off_while_it_holds_a_lock_of_the_whole_process():
    """Words in other languages are loaded under babel's lock: whoever were cut off there would shut everybody else out."""
    from babel import localedata

    overdue = 0
    for number in range(60):
        localedata._cache.clear()  # type: ignore[attr-defined]

        def speaks(number=number):
            while True:
                moment(datetime(2026, 11, 23, 8), ("ar", "fr", "hi", "de")[number % 4])

        greenlet = gevent.spawn(interrupted, speaks, 0.0005 + number % 12 / 1000)
        overdue += greenlet.get()
        free = gevent.spawn(lambda: localedata._cache_lock.acquire(blocking=False) and (localedata._cache_lock.release() or True))
        assert free.get(), f"after {number} the lock is still held"
    assert overdue == 60


def interrupted(call, seconds: float) -> bool:
    try:
        within(seconds, call)
    except Overdue:
        return True
    return False
