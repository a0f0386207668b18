"""Ids: UUIDv7, each after the one before."""

import time
from uuid import RFC_4122, UUID

from securemsg.store import ids
from tests.together import at_once


def test_an_id_is_a_uuid_of_version_7_with_its_millisecond():
    before = time.time_ns() // 1_000_000
    value = ids.new_id()
    found = UUID(value)
    assert str(found) == value and (found.version, found.variant) == (7, RFC_4122)
    assert before <= found.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_each_sorts_after_the_one_before_and_none_comes_twice():
    made = [ids.new_id() for _ in range(20_000)]  # more than fit into the counter of one millisecond
    assert made == sorted(set(made))


def test_those_of_one_event_are_in_their_order_and_after_those_before():
    first, made, last = ids.new_id(), ids.new_ids(5_000), ids.new_id()
    assert [first, *made, last] == sorted({first, *made, last}) and {UUID(id).version for id in made} == {7}


def test_an_id_that_is_a_mac_is_a_uuid_of_version_8():
    made = [UUID(ids.of_mac(bytes([number]) * 32)) for number in range(256)]
    assert len(set(made)) == 256 and {(each.version, each.variant) for each in made} == {(8, RFC_4122)}


def test_so_it_is_for_many_threads():
    made = at_once(8, lambda number: [ids.new_id() for _ in range(1000)])
    assert len({id for each in made for id in each}) == 8000 and all(each == sorted(each) for each in made)


def test_a_clock_that_goes_back_does_not_take_the_ids_along(monkeypatch):
    first = ids.new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert ids.new_id() > first


def test_sixty_two_bits_cannot_be_guessed():
    tails = {ids.new_id()[19:] for _ in range(1000)}
    assert len(tails) == 1000
