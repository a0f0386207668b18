"""Time as the service keeps it, under clocks that are set wrong."""

from types import SimpleNamespace

import pytest

from securemsg import times
from securemsg.times import DAY, HOUR, MINUTE, Steady


class Computer:
    """Its clock, and how long it has been running."""

    def __init__(self):
        self.clock, self.running = 1_800_000_000 * times.SECOND, 5 * DAY

    def passes(self, microseconds):
        self.clock += microseconds
        self.running += microseconds


@pytest.fixture
def computer(monkeypatch):
    one = Computer()
    monkeypatch.setattr(times, "_running", lambda: one.running)
    return one


def test_a_steady_clock_goes_with_its_clock(computer):
    steady = Steady(lambda: computer.clock)
    for corrected in (0, -30 * DAY, -HOUR, 59 * MINUTE):
        computer.passes(30 * DAY)
        computer.clock += corrected
        assert steady() == computer.clock


def test_a_jump_ahead_counts_after_a_day(computer):
    steady = Steady(lambda: computer.clock)
    right = steady()
    computer.clock += 1000 * DAY
    computer.passes(HOUR)
    assert steady() == right + HOUR
    computer.clock -= 1000 * DAY
    assert steady() == computer.clock == right + HOUR
    computer.clock += 1000 * DAY
    computer.passes(DAY + MINUTE)
    assert steady() == computer.clock


def test_who_waits_looks_at_once_and_then_until_the_patience_is_over(monkeypatch):
    paused, running = [], [0.0]

    def sleep(seconds):
        paused.append(seconds)
        running[0] += seconds

    monkeypatch.setattr(times, "time", SimpleNamespace(monotonic=lambda: running[0], sleep=sleep))
    assert len(list(times.looks(0))) == 1 and not paused
    assert len(list(times.looks(0.25))) == 4 and len(paused) == 3
