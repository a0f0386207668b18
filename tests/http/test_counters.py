"""Counters in this process: they begin anew, they end, and nobody can make more of them than fit."""

import time

import pytest

from securemsg.http import counters
from securemsg.http.counters import LASTING, MOST, Counters


@pytest.fixture
def counted():
    return Counters()


def test_each_name_counts_for_itself_until_it_ends(counted, later):
    assert [counted.incr("a", 60), counted.incr("a", 60), counted.incr("b", 60)] == [1, 2, 1]
    later(61)
    assert counted.get("a") == 0 and counted.incr("a", 60) == 1


def test_what_has_ended_is_dropped_with_the_next_count(counted, later):
    for number in range(1000):
        counted.incr(f"{number}", 60)
    later(61)
    counted.incr("another", 60)
    assert set(counted.storage) == set(counted.expirations) == {"another"}


def test_a_flood_of_names_neither_grows_beyond_the_limit_nor_washes_away_who_is_hot(counted, later):
    for _ in range(5):
        counted.incr("hot", 3600)
    for number in range(int(MOST * 2.2)):
        counted.incr(f"LIMITS:LIMITER/unknown-address-minute/{number:032x}/30/1/minute/29540880", 3600)
    assert MOST // 2 <= len(counted.storage) <= MOST and len(counted.expirations) == len(counted.storage)
    assert counted.get("hot") == 5 and not counted.locks and not counted.events


def test_when_all_are_hot_room_is_made_all_the_same(counted, monkeypatch):
    monkeypatch.setattr(counters, "MOST", 10)
    for number in range(100):
        for _ in range(3):
            counted.incr(f"{number}", 60)
    assert len(counted.storage) <= 10


def test_no_flood_makes_a_used_proof_good_again(counted, monkeypatch):
    monkeypatch.setattr(counters, "MOST", 1_000)
    used = [f"{LASTING}{number:032x}" for number in range(600)]
    for name in used:
        counted.incr(name, 300)
    for number in range(5_000):
        for _ in range(3):
            counted.incr(f"LIMITS:LIMITER/unknown-address-minute/{number}", 60)
    assert all(counted.get(name) == 1 for name in used) and len(counted.storage) <= 1_000


def test_a_proofs_mark_ends_in_its_time_and_makes_room(counted, monkeypatch, later):
    monkeypatch.setattr(counters, "MOST", 10)
    monkeypatch.setattr(counters, "_SWEEP_SECONDS", 10_000)
    for number in range(10):
        counted.incr(f"{LASTING}{number}", 300)
    later(301)
    for number in range(100):
        counted.incr(f"{number}", 60)
    assert len(counted.storage) <= 10 and not any(name.startswith(LASTING) for name in counted.storage)


def test_nobody_waits_while_room_is_made(counted, later):
    """The dearest of many counts, in a flood and after it, beside what looking at all the counters once takes."""
    for number in range(MOST):
        counted.incr(f"LIMITS:LIMITER/unknown-address-minute/{number:032x}/30/1/minute/29540880", 3600)
    all_at_once = _took(lambda: sorted(counted.storage, key=counted.storage.__getitem__))
    in_flood = [_took(lambda name=name: counted.incr(f"{name}", 3600)) for name in range(5_000)]
    later(3601)
    after = [_took(lambda: counted.incr("one more", 3600)) for _ in range(200)]
    assert max(*in_flood, *after) < all_at_once and len(counted.storage) == 1


def _took(act) -> float:
    """Seconds of the processor."""
    began = time.thread_time()
    act()
    return time.thread_time() - began
