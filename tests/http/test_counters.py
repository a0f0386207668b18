"""Counters in this process: they begin anew, they end, and nobody can make more of them than fit."""

import pytest

from securemsg.http import counters
from securemsg.http.counters import MOST, Counters


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
