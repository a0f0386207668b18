"""So long a connection may last altogether: who answers a byte at a time holds nobody up."""

import os
import socket
import threading
from contextlib import suppress


class Limit:
    """Cuts a connection when its time (seconds) is over, whatever it is at: who reads meets its end. `late`: so it was."""

    def __init__(self, line: socket.socket, seconds: float):
        self.late = False
        self._line = socket.socket(fileno=os.dup(line.fileno()))  # TLS takes the descriptor away from its socket
        self._begin(seconds)

    def again(self, seconds: float) -> None:
        """So long from now on."""
        self._timer.cancel()
        self._begin(seconds)

    def close(self) -> None:
        self._timer.cancel()
        self._line.close()

    def _begin(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.late = True
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
