"""Stands between the service and PostgreSQL, and cuts a connection at the worst moment: when it says COMMIT.

It listens as a server does, on a socket in a folder of its own, and reads as much of the protocol as it needs to know
what a client says (PostgreSQL's documentation, 54.7: message formats).
"""

import select
import shutil
import socket
import struct
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

_SOCKET = ".s.PGSQL.5432"
_COMMITS = b"COMMIT", b"WITH s0 AS"  # the second commits by itself: see store/one_statement.py


class Cutter:
    """`cuts(after=…)`: the next commit is cut, before the server hears of it, or after it is done and nobody was told."""

    def __init__(self, server: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="securemsg-cutter-"))
        self.done = 0
        self._server, self._armed = str(server / _SOCKET), ""
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Self:
        self._listener.bind(str(self.folder / _SOCKET))
        self._listener.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self.folder)

    def cuts(self, after: bool) -> None:
        self._armed = "after" if after else "before"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._carries, args=(self._listener.accept()[0],), daemon=True).start()

    def _carries(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server)
            said = Said()
            while True:
                for one in select.select([client, server], [], [])[0]:
                    if not (data := one.recv(1 << 20)) or (one is client and said.commits(data) and self._cut(server, data)):
                        return
                    (server if one is client else client).sendall(data)

    def _cut(self, server: socket.socket, data: bytes) -> bool:
        armed, self._armed = self._armed, ""
        if armed == "after":
            server.sendall(data)
            server.recv(1 << 20)  # it is done; the client will never know
        self.done += bool(armed)
        return bool(armed)


class Said:
    """What one client says: it prepares what it says often, and from then on calls it by a name."""

    def __init__(self) -> None:
        self._begun, self._names = False, set[bytes]()

    def commits(self, data: bytes) -> bool:
        """Whether a commit is among these messages."""
        found = False
        while self._begun and len(data) >= 5:
            kind, size = data[:1], struct.unpack(">I", data[1:5])[0]
            found |= self._commit(kind, data[5:1 + size])
            data = data[1 + size:]
        self._begun = True  # the first message is another: it has no kind
        return found

    def _commit(self, kind: bytes, body: bytes) -> bool:
        if kind == b"Q":
            return body.startswith(_COMMITS)
        name, _, rest = body.partition(b"\0")
        if kind == b"P" and rest.startswith(_COMMITS):
            self._names.add(name)
        return kind == b"B" and rest.partition(b"\0")[0] in self._names
