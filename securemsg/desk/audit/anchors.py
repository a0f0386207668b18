"""Send the newest checkpoints of the audit log to places that whoever has the database and its keys does not have.

What is sent are signed notes (crypto/checkpoints.py): counts and hashes, nothing about people. A place that is away is
noted and asked again with growing pauses; the service goes on.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from securemsg.desk.slow import slowly

_PAUSE_SECONDS = 60  # between two checkpoints of one clinic; the last one of a busy time is sent as well
_LONGEST_PAUSE_SECONDS = 600
_TIMEOUT_SECONDS = 5
_AT_ONCE = 100  # notes; about 40 kB
_AUTHPRIV_NOTICE = 10 * 8 + 5  # RFC 5424, section 6.2.1
_log = logging.getLogger("securemsg")

Send = Callable[[list[str]], None]  # some notes, to one place; it raises something when they did not arrive


@dataclass
class Place:
    """One anchor, and what it has so far: by clinic, the last note and the time from which on it takes another."""

    name: str
    send: Send
    sent: dict[str, str] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    faults: int = 0
    retry_at: float = 0.0

    def keep(self, newest: Mapping[str, str], now: float, last: bool) -> None:
        """Send what is new and due, by clinic; at the `last` call also what is not due yet."""
        if now < self.retry_at and not last:
            return
        fresh = [(clinic, note) for clinic, note in newest.items()
                 if self.sent.get(clinic) != note and (last or now >= self.due.get(clinic, 0.0))]
        for start in range(0, len(fresh), _AT_ONCE):
            part = fresh[start:start + _AT_ONCE]
            try:
                self.send([note for _, note in part])
            except Exception as error:
                return self._away(error, now)
            self.sent.update(part)
            self.due.update((clinic, now + _PAUSE_SECONDS) for clinic, _ in part)
            self._back()

    def _away(self, error: Exception, now: float) -> None:
        if not self.faults:
            _log.warning("an anchor does not take checkpoints", extra={"anchor": self.name, "error": type(error).__name__})
        self.faults += 1
        self.retry_at = now + min(2 ** self.faults, _LONGEST_PAUSE_SECONDS)

    def _back(self) -> None:
        if self.faults:
            _log.warning("an anchor takes checkpoints again", extra={"anchor": self.name})
        self.faults = 0


def places(anchors: tuple[str, ...]) -> list[Place]:
    """The anchors of the settings. A name says kind and position only: an address may hold a password."""
    return [Place(f"{number} ({anchor.partition(':')[0]})", _send(anchor)) for number, anchor in enumerate(anchors, 1)]


def keep(places: list[Place], newest: Mapping[str, str], last: bool = False) -> None:
    """Bring every place up to the newest notes, by clinic."""
    for place in places:
        place.keep(newest, time.monotonic(), last)


def _send(anchor: str) -> Send:
    kind, _, rest = anchor.partition(":")
    return {"file": partial(_to_file, Path(rest)), "syslog": partial(_to_syslog, rest)}.get(kind, partial(_to_web, anchor))


def _to_file(path: Path, notes: list[str]) -> None:
    """In a native thread: a network's disk may hang."""
    def append() -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write("".join(f"{note}\n" for note in notes).encode())
            file.flush()
            os.fsync(file.fileno())

    slowly(append)


def _to_syslog(target: str, notes: list[str]) -> None:
    """One line for each note (RFC 5424 in what counts), by datagram, or over TCP with its length before it (RFC 6587)."""
    lines = [f"<{_AUTHPRIV_NOTICE}>securemsg: {' '.join(note.split())}".encode() for note in notes]
    url = urlsplit(target)
    if url.scheme == "tcp":
        with socket.create_connection((url.hostname, url.port or 601), _TIMEOUT_SECONDS) as stream:
            stream.sendall(b"".join(b"%d %s" % (len(line), line) for line in lines))
        return
    host = socket.getaddrinfo(url.hostname, url.port or 514, type=socket.SOCK_DGRAM)[0] if url.scheme else None
    with socket.socket(host[0] if host else socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(_TIMEOUT_SECONDS)
        datagrams.connect(host[4] if host else target or "/dev/log")
        for line in lines:
            datagrams.send(line)


def _to_web(address: str, notes: list[str]) -> None:
    """One POST. Whatever is not 2xx, a redirect too, did not arrive; what is answered beyond that is not read."""
    url = urlsplit(address)
    connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
    with closing(connect(url.hostname or "", url.port, timeout=_TIMEOUT_SECONDS)) as connection:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, "\n".join(notes).encode(), {"Content-Type": "text/plain; charset=utf-8"})
        status = connection.getresponse().status
    if not 200 <= status < 300:
        raise ConnectionError(f"it answered {status}")
