"""Checkpoints go to a file, a system log, an address of the web; a place that is away is asked again, and nothing stops."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from securemsg import worker
from securemsg.crypto import checkpoints
from securemsg.crypto.checkpoints import Checkpoint
from securemsg.desk.audit import anchors
from securemsg.desk.audit import log as audit_log
from securemsg.errors import Misconfigured
from securemsg.settings import load
from tests.service import until

HOME = "localhost:8000/audit/elm/01a20121-2a4d-7003-9ac2-5ac22907577"
NOTES = [str(checkpoints.sign(bytes(32), Checkpoint(f"{HOME}{number}", number, bytes(32)))) for number in range(3)]


class Web(BaseHTTPRequestHandler):
    """Keeps what is posted; `status` says how it answers."""

    status, got = 204, []

    def do_POST(self):
        self.got.append((self.path, self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


@contextmanager
def web(status: int = 204) -> Iterator[tuple[str, list]]:
    """An address, and what came there."""
    kind = type("Here", (Web,), {"status": status, "got": []})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/anchor?of=elm", kind.got
        server.shutdown()
        thread.join()


def found(text: str) -> list[str]:
    return [str(note) for note in checkpoints.found_in(text)]


def sent(anchor: str) -> anchors.Place:
    """A place that was just given the notes."""
    (place,) = anchors.places((anchor,))
    anchors.keep([place], dict(enumerate(NOTES)))
    return place


def test_a_file_gets_them_one_after_the_other_and_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "anchor"
    for _ in range(2):
        sent(f"file:{path}")
    assert found(path.read_text()) == NOTES * 2 and path.stat().st_mode & 0o077 == 0
    (tmp_path / "link").symlink_to(path)
    assert sent(f"file:{tmp_path / 'link'}").faults == 1


@pytest.mark.parametrize("family", ["udp", "unix"])
def test_a_system_log_gets_each_as_a_line(tmp_path, family):
    with socket.socket(socket.AF_INET if family == "udp" else socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(("127.0.0.1", 0) if family == "udp" else str(tmp_path / "log"))
        log.settimeout(5)
        sent(f"syslog:udp://127.0.0.1:{log.getsockname()[1]}" if family == "udp" else f"syslog:{tmp_path / 'log'}")
        lines = [log.recv(2048).decode() for _ in NOTES]
    assert all(line.startswith("<85>securemsg: localhost:8000/audit/elm/") and "\n" not in line for line in lines)
    assert found("\n".join(lines)) == NOTES


def test_a_system_log_over_tcp_gets_each_with_its_length():
    with socket.create_server(("127.0.0.1", 0)) as log:
        sent(f"syslog:tcp://127.0.0.1:{log.getsockname()[1]}")
        connection, _ = log.accept()
        with connection, connection.makefile("rb") as stream:
            rest, lines = stream.read(), []
    while rest:
        length, _, rest = rest.partition(b" ")
        lines.append(rest[:int(length)].decode())
        rest = rest[int(length):]
    assert found("\n".join(lines)) == NOTES and len(lines) == 3


def test_an_address_of_the_web_gets_them_in_one_post():
    with web() as (url, got):
        place = sent(url)
    ((path, kind, text),) = got
    assert (path, kind) == ("/anchor?of=elm", "text/plain; charset=utf-8") and found(text) == NOTES and not place.faults


@pytest.mark.parametrize("status", [302, 404, 500])
def test_whatever_is_not_taken_is_sent_again_and_a_redirect_is_not_followed(status, caplog):
    with web(status) as (url, got):
        place = sent(url)
        assert place.faults == 1 and place.retry_at and not place.sent and len(got) == 1
        anchors.keep([place], dict(enumerate(NOTES)))
        assert len(got) == 1, "not before its time"
        place.retry_at = 0.0
        anchors.keep([place], dict(enumerate(NOTES)))
        assert (len(got), place.faults) == (2, 2) and len(caplog.messages) == 1 and "of=elm" not in caplog.text


def test_one_place_that_is_away_keeps_no_other_from_being_told(tmp_path):
    away, here = anchors.places(("http://127.0.0.1:9/", f"file:{tmp_path / 'anchor'}"))
    anchors.keep([away, here], {"a": NOTES[0]})
    assert away.faults == 1 and not here.faults and found((tmp_path / "anchor").read_text()) == NOTES[:1]


def test_one_a_minute_for_each_clinic_and_always_the_last(tmp_path):
    path = tmp_path / "anchor"
    (place,) = anchors.places((f"file:{path}",))
    for now, notes in ((0.0, {"a": NOTES[0]}), (1.0, {"a": NOTES[1], "b": NOTES[0]}), (59.0, {"a": NOTES[2], "b": NOTES[0]})):
        place.keep(notes, now, last=False)
    assert found(path.read_text()) == [NOTES[0], NOTES[0]]
    place.keep({"a": NOTES[2]}, 61.0, last=False)
    place.keep({"a": NOTES[1]}, 62.0, last=True)
    assert found(path.read_text())[2:] == [NOTES[2], NOTES[1]]


@pytest.mark.parametrize("anchor", ["ftp://x", "file:relative", "syslog:host", "syslog:udp://", "https://", "http://clinic.example/",
                                    "https://x:port/", "nothing"])
def test_an_anchor_that_cannot_be_one_stops_the_start(anchor):
    with pytest.raises(Misconfigured, match="SECUREMSG_ANCHORS cannot be used"):
        load({"SECUREMSG_ANCHORS": f"file:/tmp/anchor, {anchor}"})


def test_all_kinds_may_stand_beside_each_other():
    anchors_ = ("file:/mnt/other/anchor", "syslog:", "syslog:/dev/log", "syslog:udp://log.example:514", "syslog:tcp://[::1]:601",
                "https://anchor.example/a?b", "http://127.0.0.1:9000/")
    assert load({"SECUREMSG_ANCHORS": ", ".join(anchors_)}).anchors == anchors_
    assert [place.name for place in anchors.places(anchors_)][-2:] == ["6 (https)", "7 (http)"]


def test_the_worker_sends_what_it_sealed_and_who_leads_next_sends_it_again(clinic, visitor, own_settings, tmp_path, monkeypatch):
    """Also what a leader that was killed could not send any more."""
    path = tmp_path / "anchor"
    clinic.desk.settings.anchors = (f"file:{path}", "http://127.0.0.1:9/")
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.02)
    visitor.says("Hello?")
    stopped = threading.Event()
    thread = threading.Thread(target=worker.run, args=(clinic.desk, lambda: not stopped.is_set()))
    thread.start()
    until(path.exists, what="the first checkpoint in the anchor")
    visitor.says("And another.")
    stopped.set()
    thread.join()

    def sizes() -> list[int]:
        return [note.checkpoint.size for note in checkpoints.found_in(path.read_text())]

    until(lambda: sizes()[-1] == len(clinic.rows("audit")), what="the last checkpoint, from who sends beside the worker")
    assert audit_log.verify(clinic.desk, [path.read_text()]).intact
    sent = sizes()
    assert sent == sorted(sent)
    path.unlink()
    worker.run(clinic.desk, iter([True, False]).__next__)
    until(path.exists, what="the checkpoint that is told again")
    assert sizes() == sent[-1:]
    assert not any(word in path.read_text() for word in ("Hello", "another"))
