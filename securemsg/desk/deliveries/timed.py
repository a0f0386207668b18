"""A time limit for what a plugin does in a thread: whoever runs longer is interrupted where it stands.

The interruption is an exception that Python raises in that thread at its next step (PyThreadState_SetAsyncExc). What waits
inside C, for a socket or a regular expression, meets it only when it comes back; see engine.py for who never does.
"""

import ctypes
import threading
import time
from collections.abc import Callable

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)


class TooLong(BaseException):
    """Its time was over. No `Exception`: a plugin that catches those does not swallow it."""


class Timed:
    """What one thread runs, as another one watches it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread, self._until, self._told_at = 0, 0.0, 0.0

    def run(self, fn: Callable[[], object], seconds: float) -> None:
        """Run `fn` here. TooLong when `look` found that it takes longer than `seconds`, even if it came to an end then."""
        try:
            with self._lock:
                self._thread, self._until, self._told_at = threading.get_ident(), time.monotonic() + seconds, 0.0
            fn()
            self._end()
        except TooLong:
            self._end()
            raise
        except BaseException:
            self._end()
            if self._told_at:
                raise TooLong from None
            raise
        if self._told_at:
            raise TooLong

    def look(self) -> float:
        """From the other thread: interrupt what is late. For how many seconds it goes on in spite of it; 0 when all is well."""
        with self._lock:
            if not self._thread or time.monotonic() < self._until:
                return 0.0
            if not self._told_at:
                self._told_at = time.monotonic()
                _raise_in(self._thread, ctypes.py_object(TooLong))
            return time.monotonic() - self._told_at

    def _end(self) -> None:
        """From here on nobody interrupts; an interruption that has not arrived yet never does."""
        try:
            self._ended()
        except TooLong:
            self._ended()

    def _ended(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, 0
            if thread and self._told_at:
                _raise_in(thread, ctypes.py_object())  # NULL: none
