"""The end of the service: what was begun is answered, streams end cleanly, nothing is cut, and it takes less than two seconds."""

import fcntl
import json
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, RemoteDisconnected

import pytest

from tests.http.people import Visitor, new_key
from tests.http.running import listening, running, started
from tests.service import PROGRAM, busy, until

STOP_SECONDS = 2
ROUNDS = 2
FIRST = "Is the flu jab free?"


@pytest.fixture(scope="module")
def ending(furnished, tmp_path_factory):
    """One service for all of these tests: each ends it and starts it again."""
    with started(tmp_path_factory.mktemp("ending"), *furnished) as one:
        yield one


@pytest.fixture
def service(ending):
    """It runs when a test begins, whatever became of it in the one before."""
    return ending if ending.service.process else ending.start()


def test_any_signal_that_means_the_end_ends_it_and_none_starts_a_second_process(service):
    """Ctrl-C, a closed terminal; what gunicorn takes for more or fewer workers, or for a new program, means nothing."""
    for how in (signal.SIGINT, signal.SIGHUP):
        for other in (signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
            service.service.process.send_signal(other)
        assert service.browser().get("/readyz").status == 200 and service.visitor().opens().status == 201
        ended(service, how)
        service.start()
    assert "Traceback" not in service.service.output()


def test_streams_idle_connections_and_slow_messages_and_it_still_ends_in_time(service):
    """Each round: 25 visitors and 25 staff listen, 20 browsers keep a connection, five messages wait for the disk."""
    visitors = [arrived(service) for _ in range(25)]
    for turn in range(ROUNDS):
        with ExitStack() as stack:
            streams = [stack.enter_context(listening(visitor)) for visitor in visitors]
            streams += [stack.enter_context(listening(service.staff("Ana"))) for _ in range(25)]
            idle = [stack.enter_context(kept_connection(service)) for _ in range(20)]
            lock = stack.enter_context(open(service.service.folder / "data" / "writer.lock", "a"))
            fcntl.flock(lock, fcntl.LOCK_EX)  # as a command does that writes: the service waits with its own
            sent = [stack.enter_context(sending(visitor, f"turn {turn}")) for visitor in visitors[:5]]
            threading.Timer(0.3, lambda lock=lock: fcntl.flock(lock, fcntl.LOCK_UN)).start()
            ended(service)
            assert [connection.getresponse().status for connection in sent] == [201] * 5, "what was begun is answered"
            for stream in streams:
                stream.ends(1)
                assert stream.is_whole, "its last chunk came: the reader knows that it was not cut"
            assert [connection.sock.recv(1) for connection in idle] == [b""] * 20
        assert not list((service.service.folder / "data").glob("*-wal")), "it closed its database, and was not killed"
        service.start()
        assert visitors[0].reads() == [FIRST, *(f"turn {number}" for number in range(turn + 1))]
    assert "Traceback" not in service.service.output()


def test_who_writes_on_through_the_end_is_answered_whole_or_refused(service):
    """Acknowledged is stored, and nobody gets half an answer."""
    visitors = [arrived(service) for _ in range(8)]
    outcomes: dict[Visitor, list] = {visitor: [] for visitor in visitors}
    writers = [threading.Thread(target=writes_on, args=(visitor, outcomes[visitor])) for visitor in visitors]
    for writer in writers:
        writer.start()
    until(lambda: all(outcomes.values()), 10, "messages to flow")
    ended(service)
    for writer in writers:
        writer.join(10)
    service.start()
    for visitor, said in outcomes.items():
        assert {status for status, _ in said[:-1]} == {201} and said[-1][0] in (503, "refused"), said
        acknowledged, kept = [text for status, text in said if status == 201], visitor.reads()[1:]
        assert kept in (acknowledged, [text for _, text in said]), "the last may be stored: it is asked for again under its key"


def test_what_hangs_is_cut_and_asked_for_again(service):
    """Another program keeps the lock for good: the answer cannot come, the end does."""
    leo = arrived(service)
    with open(service.service.folder / "data" / "writer.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with sending(leo, "lost?") as connection:
            ended(service)
            with pytest.raises((RemoteDisconnected, ConnectionError)):
                connection.getresponse()
    service.start()
    assert leo.says("again").status == 201 and leo.reads() == [FIRST, "again"]


def test_who_was_refused_in_the_middle_of_a_request_is_answered(service):
    """The rest of it, which is waited for otherwise, will not be needed."""
    with service.browser().connected() as connection:
        connection.sock.sendall(b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf")
        assert [service.browser().get("/readyz").status for _ in range(3)] == [200] * 3, "by now it was refused"
        ended(service)
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 404 ")


def test_a_signal_in_the_middle_of_the_start_ends_it_as_well(furnished, make_service):
    service = running(make_service(), *furnished).service
    for pause in (0.5, 1.0):
        process = subprocess.Popen([PROGRAM, "serve"], env=service.environ, cwd=service.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        with suppress(subprocess.TimeoutExpired):
            process.wait(pause)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=STOP_SECONDS * busy() + 1)[1]
        assert process.returncode in (0, -signal.SIGTERM) and "Traceback" not in said, said
    service.start()


def ended(service, how: signal.Signals = signal.SIGTERM) -> None:
    """It ends with status 0 within two seconds of the signal, and leaves no process."""
    process, began = service.service.process, time.monotonic()
    process.send_signal(how)
    assert process.wait(20) == 0
    assert time.monotonic() - began < STOP_SECONDS * busy()
    service.service.stop()


def arrived(service) -> Visitor:
    """Somebody with a conversation."""
    visitor = service.visitor()
    assert visitor.opens(FIRST).status == 201
    return visitor


@contextmanager
def sending(visitor: Visitor, text: str):
    """A message on its way: the request is sent, the answer not yet read."""
    with visitor.browser.connected() as connection:
        headers = visitor.credentials() | {"Content-Type": "application/json", "Idempotency-Key": new_key()}
        connection.request("POST", "/v1/conversation/messages", json.dumps({"kind": "text", "data": {"text": text}}), headers)
        yield connection


@contextmanager
def kept_connection(service):
    """A browser's connection after its first answer."""
    with service.browser().connected() as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        yield connection


def writes_on(visitor: Visitor, outcomes: list) -> None:
    """One message after the other over one connection, as (status, text), until one is not taken."""
    with visitor.browser.connected() as connection:
        for number in range(18):  # fewer than a minute's limit
            outcomes.append((answered(connection, visitor, f"{number}"), f"{number}"))
            if outcomes[-1][0] != 201:
                return
            time.sleep(0.05)


def answered(connection: HTTPConnection, visitor: Visitor, text: str) -> int | str:
    """The status of a whole answer; "refused" when not a byte of one came. Anything between fails."""
    headers = visitor.credentials() | {"Content-Type": "application/json", "Idempotency-Key": new_key()}
    try:
        connection.request("POST", "/v1/conversation/messages", json.dumps({"kind": "text", "data": {"text": text}}), headers)
        got = connection.getresponse()
    except (RemoteDisconnected, ConnectionError):
        return "refused"
    json.loads(got.read())
    return got.status
