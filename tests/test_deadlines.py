"""A connection whose other side is slow: in time all is as it was, too late it ends, and each step says so in its way."""

import socket
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from securemsg import deadlines
from securemsg.deadlines import Connection, Deadlines, HeadTooSlow


@pytest.fixture
def near_and_far(monkeypatch):
    """A connection of ours with short deadlines, and its other side."""
    monkeypatch.setattr(deadlines, "DEADLINES", Deadlines(idle=0.4, head=0.2, body=0.2, piece=0.2))
    near, far = socket.socketpair()
    with near, far:
        yield Connection(near), far


@contextmanager
def dribbling(far):
    """The other side sends a byte whenever one was read: never idle, never done."""
    far.send(b"a")
    yield lambda: far.send(b"a")


def reads_until_it_ends(near, more) -> int:
    """How many bytes came one by one before the deadline."""
    read = 0
    while near.recv(1):
        read += 1
        more()
    return read


def test_what_comes_in_time_is_read(near_and_far):
    near, far = near_and_far
    for text in (b"GET / HTTP/1.1", b"\r\n\r\n"):
        far.sendall(text)
        assert near.recv(100) == text
    far.close()
    assert near.recv(100) == b""


def test_nobody_who_asks_nothing_more_is_waited_for(near_and_far):
    near, _ = near_and_far
    assert near.recv(100) == b"", "as if the other side had closed: there is nobody to answer"


def test_a_head_byte_by_byte_ends_at_its_deadline(near_and_far):
    near, far = near_and_far
    with dribbling(far) as more, pytest.raises(HeadTooSlow):
        reads_until_it_ends(near, more)


def test_a_body_byte_by_byte_ends_at_its_deadline_and_so_does_the_connection(near_and_far):
    near, far = near_and_far
    closed = []
    near.awaits_body(SimpleNamespace(force_close=lambda: closed.append(True)))
    with dribbling(far) as more, pytest.raises(TimeoutError):
        reads_until_it_ends(near, more)
    assert closed


def test_what_is_left_of_a_refused_body_is_not_waited_for_as_long(near_and_far, monkeypatch):
    near, far = near_and_far
    monkeypatch.setattr(deadlines, "DEADLINES", Deadlines(body=600, rest=0.2))
    closed = []
    near.awaits_body(SimpleNamespace(force_close=lambda: closed.append(True)))
    assert near.is_working
    near.awaits_rest()
    assert not near.is_working
    with dribbling(far) as more, pytest.raises(TimeoutError):
        reads_until_it_ends(near, more)
    assert closed


def test_what_is_left_of_a_refused_body_has_no_more_time_than_all_of_it(near_and_far, monkeypatch):
    near, _ = near_and_far
    near.awaits_body(SimpleNamespace(force_close=lambda: None))
    monkeypatch.setattr(deadlines, "DEADLINES", Deadlines(rest=600))
    near.awaits_rest()
    with pytest.raises(TimeoutError):
        near.recv(1)


def test_who_was_late_and_goes_on_speaking_still_reads_why(near_and_far):
    near, far = near_and_far
    far.send(b"G")
    with pytest.raises(HeadTooSlow):
        while near.recv(1):
            pass
    near.sendall(b"408")
    closing = threading.Thread(target=near.close)
    closing.start()
    far.send(b"ET /")
    assert far.recv(10) == b"408" and far.recv(10) == b""
    far.close()
    closing.join(5)
    assert not closing.is_alive()


def test_after_an_answer_the_next_request_has_all_its_time(near_and_far):
    near, far = near_and_far
    near.awaits_body(SimpleNamespace(force_close=lambda: None))
    with pytest.raises(TimeoutError):
        near.recv(1)
    near.awaits_request()
    far.send(b"G")
    assert near.recv(10) == b"G"


def test_an_answer_of_many_pieces_arrives_whole(near_and_far):
    near, far = near_and_far
    answer, got = bytes(range(256)) * 4000, b""
    sender = threading.Thread(target=near.sendall, args=(answer,))
    sender.start()
    while len(got) < len(answer):
        got += far.recv(65_536)
    sender.join()
    assert got == answer


def test_who_reads_nothing_is_cut_off_and_the_kernel_keeps_nothing(near_and_far):
    near, _far = near_and_far
    with pytest.raises(ConnectionResetError):
        near.sendall(bytes(10_000_000))
    assert near.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == deadlines._RESET


def test_who_reads_slowly_but_steadily_gets_all(near_and_far):
    """Sixteen pieces, each within its time, all together beyond it."""
    near, far = near_and_far
    deadlines.DEADLINES.piece = 1
    done = []
    sender = threading.Thread(target=lambda: done.append(near.sendall(bytes(1_000_000))))
    sender.start()
    got, pause = 0, threading.Event()
    while got < 1_000_000:
        part = far.recv(20_000)
        assert part, f"given up after {got} bytes"
        got += len(part)
        pause.wait(0.03)
    sender.join()
    assert done == [None]
