"""Whether an anchor could take a checkpoint now: looked at from as near as can be without sending one."""

import os
import socket
import stat
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 3


def fault(anchor: str) -> str:
    """What keeps it from that, without its address, in which a password may stand; empty when nothing does.

    Of a system log over UDP nobody answers: only its name is looked up.
    """
    kind, _, rest = anchor.partition(":")
    try:
        if kind == "file":
            _file(Path(rest))
        elif kind == "syslog":
            _syslog(rest)
        else:
            _web(anchor)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _file(path: Path) -> None:
    """As `anchors` writes it: into a file of its own, or a new one in a folder that is there; nothing is made by looking."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK))
    except FileNotFoundError:
        folder = path.parent
        if not stat.S_ISDIR(folder.stat().st_mode) or not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(0, "nothing can be written to its folder") from None


def _syslog(target: str) -> None:
    url = urlsplit(target)
    if url.scheme == "tcp":
        socket.create_connection((url.hostname, url.port or 601), _TIMEOUT_SECONDS).close()
    elif url.scheme:
        socket.getaddrinfo(url.hostname, url.port or 514, type=socket.SOCK_DGRAM)
    else:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            datagrams.connect(target or "/dev/log")


def _web(address: str) -> None:
    """Connected, with https also greeted: its certificate counts."""
    url = urlsplit(address)
    connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
    with closing(connect(url.hostname or "", url.port, timeout=_TIMEOUT_SECONDS)) as connection:
        connection.connect()
