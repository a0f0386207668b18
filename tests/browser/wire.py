"""The network between browser and service: a small TCP proxy that can be cut, wholly or for some requests, or lose an answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(eq=False)
class Line:
    """One connection, both ends of it, and how its last request began."""

    near: socket.socket
    far: socket.socket
    request: bytes = b""
    loses: bool = False

    def drop(self) -> None:
        for end in (self.near, self.far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Wire:
    """Listens where the service says that it is and carries every byte on to where it really listens."""

    def __init__(self, port: int, to_port: int):
        self.to_port = to_port
        self.address = ""  # where the next connections come from, for people who bring no address of their own
        self._refused, self._lost, self._unanswered = set[bytes](), list[bytes](), set[bytes]()
        self._lines, self._guard = set[Line](), threading.Lock()
        self._server = socket.create_server(("127.0.0.1", port), backlog=128)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @contextmanager
    def without(self, request: bytes = b"") -> Iterator[None]:
        """Requests that begin so (without a word: all) get no answer, and what runs of them is cut off."""
        self._refused.add(request)
        with self._guard:
            running = [line for line in self._lines if line.request.startswith(request)]
        for line in running:
            line.drop()
        try:
            yield
        finally:
            self._refused.discard(request)

    def loses_the_answer_to(self, request: bytes) -> None:
        """The next request that begins so reaches the service; its answer does not come back."""
        self._lost.append(request)

    @contextmanager
    def without_the_answer_to(self, request: bytes) -> Iterator[None]:
        """Each request that begins so reaches the service, however often the browser tries by itself; no answer comes back."""
        self._unanswered.add(request)
        try:
            yield
        finally:
            self._unanswered.discard(request)

    def has_lost_them(self) -> bool:
        """Whether every answer that was to be lost has been lost."""
        return not self._lost

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept()
        self._server.close()
        self._thread.join(5)
        with self.without():
            pass

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        with near:
            try:
                far = socket.create_connection(("127.0.0.1", self.to_port), 5, (self.address, 0))
            except OSError:
                return
            with far:
                far.settimeout(None)
                self._serve(Line(near, far))

    def _serve(self, line: Line) -> None:
        with self._guard:
            self._lines.add(line)
        back = threading.Thread(target=self._carry_answers, args=(line,), daemon=True)
        back.start()
        with suppress(OSError):
            while (data := line.near.recv(65_536)) and self._let_pass(line, data):
                line.far.sendall(data)
        line.drop()
        back.join()
        with self._guard:
            self._lines.discard(line)

    def _let_pass(self, line: Line, data: bytes) -> bool:
        line.request = data[:200]
        if any(data.startswith(request) for request in self._refused):
            return False
        for request in self._lost:
            if data.startswith(request):
                self._lost.remove(request)
                line.loses = True
                break
        line.loses = line.loses or any(data.startswith(request) for request in self._unanswered)
        return True

    def _carry_answers(self, line: Line) -> None:
        with suppress(OSError):
            while (data := line.far.recv(65_536)) and not line.loses:
                line.near.sendall(data)
            # Its head still comes: without a byte a browser would ask again by itself, and a redirect needs no more.
            if data and b"\r\nLocation:" not in data:
                line.near.sendall(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        line.drop()
