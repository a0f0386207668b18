"""What comes next is made while its user works on what came before: one piece ahead, in order, with whatever goes wrong."""

import subprocess
import sys
from collections.abc import Iterator
from threading import Event
from threading import enumerate as running

import pytest

from securemsg.desk.ahead import ahead

_BY_AN_EVENT_LOOP = """
from gevent import monkey; monkey.patch_all()
from threading import Event
from securemsg.desk.ahead import ahead
from securemsg.desk.slow import slowly

native, begun = monkey.get_original("threading", "Event")(), Event()

def pieces():
    yield 1
    native.set()  # while the pool works on the first
    begun.set()
    yield 2

with ahead(pieces()) as some:
    assert next(some) == 1 and slowly(lambda: native.wait(10)) and begun.is_set()
    assert list(some) == [2]
"""


class Source:
    """Pieces 0, 1, 2 …; each says that it is begun."""

    def __init__(self, number: int):
        self.begun = [Event() for _ in range(number)]

    def __iter__(self) -> Iterator[int]:
        for number, event in enumerate(self.begun):
            event.set()
            yield number


def test_one_piece_is_made_ahead_and_no_more():
    source, before = Source(4), running()
    with ahead(iter(source)) as pieces:
        for number, piece in enumerate(pieces):
            assert piece == number
            assert all(event.wait(10) for event in source.begun[:number + 2])
            assert not any(event.is_set() for event in source.begun[number + 2:])
    assert running() == before, "no thread stays"


def test_what_goes_wrong_is_raised_in_its_place():
    def pieces():
        yield "first"
        raise LookupError("second")

    got = []
    with pytest.raises(LookupError, match="second"), ahead(pieces()) as some:
        got.append(next(some))
        next(some)
    assert got == ["first"]


def test_who_leaves_early_leaves_nothing_behind():
    source, before = Source(9), running()
    with ahead(iter(source)) as pieces:
        next(pieces)
    assert running() == before and not source.begun[2].is_set()


def test_by_an_event_loop_it_is_made_while_the_pool_works():
    done = subprocess.run([sys.executable, "-c", _BY_AN_EVENT_LOOP], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
