"""Posts to addresses that somebody typed in: what is reached, what never, and what a receiver can do to us."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from securemsg.cli.example import HOST
from securemsg.outbound import Failed, post
from securemsg.outbound.addresses import ip_of, is_public
from securemsg.settings import load

PUBLIC = ("8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111", "64:ff9b::808:808")
NOT_PUBLIC = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::10.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:db8::1", "2002:808:808::1", "fc00::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "3fff::1", "5f00::1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """A real server on this computer that hears one request after the other and does what it was told to."""

    def __init__(self, does, context: ssl.SSLContext | None = None):
        self.does, self.context, self.heard = does, context, []
        self.listens = socket.create_server(("127.0.0.1", 0))
        self.port = self.listens.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while True:
            with suppress(OSError, ssl.SSLError):
                try:
                    client, _ = self.listens.accept()
                except OSError:
                    return
                with client, self.context.wrap_socket(client, server_side=True) if self.context else client as spoken:
                    self._answer(spoken)

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(10)
        got = b""
        while b"\r\n\r\n" not in got:
            got += client.recv(65536) or b"\r\n\r\n"
        head, _, body = got.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += client.recv(65536) or b" " * length
        self.heard.append(got)
        self.does(client)

    def ends(self) -> None:
        self.listens.shutdown(socket.SHUT_RDWR)
        self.listens.close()
        self.thread.join(10)


@contextmanager
def receiver(does, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    one = Receiver(does, context)
    try:
        yield one
    finally:
        one.ends()


def says(answer: bytes):
    return lambda client: client.sendall(answer)


@pytest.fixture
def settings(tmp_path):
    return load({"SECUREMSG_DATA": str(tmp_path / "data"), "SECUREMSG_OUTBOUND_PRIVATE": "127.0.0.0/8"})


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public(text):
    assert is_public(ip_of(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_what_is_not(text, tmp_path):
    assert not is_public(ip_of(text))
    host = f"[{text}]" if ":" in text else text
    assert "private" in post.unreachable(f"https://{host}/hook", ())
    with pytest.raises(Failed) as failed:
        post.send(load({"SECUREMSG_DATA": str(tmp_path / "data")}), f"https://{host}/hook", b"{}", {})
    assert failed.value.permanent


@pytest.mark.parametrize("url", [
    "http://systems.example/", "ftp://systems.example/", "https://", "https://user:secret@systems.example/", "https://systems.example:22/",
    "https://systems.example:x/", "https://systems.example/#part", "https://systems.example/\r\nX: y", "hook", ""])
def test_addresses_that_are_none(url, tmp_path):
    assert post.unreachable(url, ()).endswith(".")
    with pytest.raises(Failed) as failed:
        post.send(load({"SECUREMSG_DATA": str(tmp_path / "data")}), url, b"{}", {})
    assert failed.value.permanent


def test_it_arrives_as_it_was_given(settings):
    with receiver(says(OK)) as systems:
        assert post.send(settings, f"http://127.0.0.1:{systems.port}/hook?a=1", b'{"a": 1}', {"webhook-id": "1"}) == 200
    head = systems.heard[0].partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"post /hook?a=1 http/1.1") and b"webhook-id: 1" in head and b"cookie" not in head


@pytest.mark.parametrize(("answer", "status", "permanent"), [
    (b"HTTP/1.1 500 No\r\n\r\n", 500, False), (b"HTTP/1.1 410 Gone\r\n\r\n", 410, True), (b"HTTP/1.1 404 No\r\n\r\n", 404, False),
    (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", 302, False), (b"nonsense\r\n\r\n", None, False),
    (b"", None, False)])
def test_what_is_no_success_failed(settings, answer, status, permanent):
    with receiver(says(answer)) as systems, pytest.raises(Failed) as failed:
        post.send(settings, f"http://127.0.0.1:{systems.port}/", b"{}", {})
    assert (failed.value.status, failed.value.permanent) == (status, permanent)
    assert len(systems.heard) == 1, "no redirect is followed"


def test_who_stalls_or_answers_a_byte_at_a_time_is_cut_off(settings, monkeypatch):
    monkeypatch.setattr(post, "SECONDS", 0.5)

    def drips(client: socket.socket) -> None:
        for byte in OK[:-2] * 9:
            client.sendall(bytes([byte]))
            time.sleep(0.02)

    with receiver(drips) as systems, pytest.raises(Failed) as failed:
        begun = time.monotonic()
        post.send(settings, f"http://127.0.0.1:{systems.port}/", b"{}", {})
    assert failed.value.status is None and time.monotonic() - begun < 5


def test_who_answers_without_end_is_read_no_further(settings):
    with receiver(lambda client: client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000)) as systems:
        assert post.send(settings, f"http://127.0.0.1:{systems.port}/", b"{}", {}) == 200


def test_nobody_there_is_a_failure_for_now(settings):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Failed) as failed:
        post.send(settings, f"http://127.0.0.1:{port}/", b"{}", {})
    assert not failed.value.permanent


def named(monkeypatch, *answers: str) -> list[str]:
    """A name server that gives one answer after the other, the last one for ever."""
    left = list(answers)

    def looked_up(host, port, *_, **__):
        text = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in text.split()]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return left


@pytest.mark.parametrize("answer", ["10.0.0.1", "8.8.8.8 10.0.0.1", "127.0.0.1", "169.254.169.254"])
def test_a_name_with_any_address_inside_is_not_reached(tmp_path, monkeypatch, answer):
    named(monkeypatch, answer)
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was connected to"))
    with pytest.raises(Failed):
        post.send(load({"SECUREMSG_DATA": str(tmp_path / "data")}), "https://rebinds.example/", b"{}", {})


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_looked_at(tmp_path, monkeypatch):
    left = named(monkeypatch, "8.8.8.8", "127.0.0.1")
    reached = []

    def connected(address, *_):
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connected)
    with pytest.raises(Failed):
        post.send(load({"SECUREMSG_DATA": str(tmp_path / "data")}), "https://rebinds.example/", b"{}", {})
    assert reached == [("8.8.8.8", 443)] and left == ["127.0.0.1"]


@pytest.fixture
def tls(tls, monkeypatch):
    """The same, where every name leads to this computer."""
    named(monkeypatch, "127.0.0.1")
    return tls


def test_the_certificate_must_be_of_the_name_that_was_asked_for(settings, tls):
    with receiver(says(OK), tls) as systems:
        assert post.send(settings, f"https://{HOST}:{systems.port}/hook", b"{}", {}) == 200
        with pytest.raises(Failed):
            post.send(settings, f"https://other.example:{systems.port}/hook", b"{}", {})
    assert len(systems.heard) == 1 and f"host: {HOST}".encode() in systems.heard[0].lower()


def test_who_answers_a_byte_at_a_time_is_cut_off_under_tls_too(settings, tls, monkeypatch):
    monkeypatch.setattr(post, "SECONDS", 0.5)
    with receiver(drips_without_end(b"HTTP/1.1 200 OK\r\nX-Long: "), tls) as systems:
        is_cut_off(settings, f"https://{HOST}:{systems.port}/")


def test_who_never_ends_the_handshake_is_cut_off(settings, tls, monkeypatch):
    monkeypatch.setattr(post, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listens:
        def shakes() -> None:
            with suppress(OSError), listens.accept()[0] as client:
                drips_without_end(b"\x16\x03\x03\x3f\x00")(client)  # the head of a record of 16 kB

        thread = threading.Thread(target=shakes, daemon=True)
        thread.start()
        is_cut_off(settings, f"https://{HOST}:{listens.getsockname()[1]}/")
    thread.join(10)


def drips_without_end(beginning: bytes):
    """For eight seconds, that is: who is not cut off sees the test's own limit."""
    def drips(client: socket.socket) -> None:
        for byte in beginning + b"x" * 400:
            client.sendall(bytes([byte]))
            time.sleep(0.02)

    return drips


def is_cut_off(settings, url: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Failed) as failed:
        post.send(settings, url, b"{}", {})
    assert not failed.value.permanent and time.monotonic() - begun < 4
