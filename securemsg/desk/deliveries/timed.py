"""A time limit for what a plugin does in a thread: whoever runs longer is interrupted where it stands.

The interruption is an exception that Python raises in that thread at its next step (PyThreadState_SetAsyncExc). What waits
inside C, for a socket or a regular expression, meets it only when it comes back; see engine.py for who never does. Whoever is
just then where a lock of the whole process is held, or a connection of the database, meets it when they are out of there.
"""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from securemsg.registry import guard

_HOLDING = (*guard.LOCKING, "psycopg", "securemsg.store")
_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)


class TooLong(BaseException):
    """Its time was over. No `Exception`: a plugin that catches those does not swallow it."""


class Timed:
    """What one thread runs, as another one watches it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread, self._until, self._told_at, self._raised = 0, 0.0, 0.0, False

    def run(self, fn: Callable[[], object], seconds: float) -> None:
        """Run `fn` here. TooLong when `look` found that it takes longer than `seconds`, even if it came to an end then."""
        try:
            with self._lock:
                self._thread, self._until = threading.get_ident(), time.monotonic() + seconds
                self._told_at, self._raised = 0.0, False
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
            self._told_at = self._told_at or time.monotonic()
            self._interrupt()
            return time.monotonic() - self._told_at

    def _interrupt(self) -> None:
        """Once, unless it holds something: then at another look. Python may have let it go on since it was looked at, so it is
        looked at again, and what has not arrived by then is called back."""
        if not self._raised and not self._is_holding():
            self._raised = True
            _raise_in(self._thread, ctypes.py_object(TooLong))
            if self._is_holding():
                self._raised = False
                _raise_in(self._thread, ctypes.py_object())  # NULL: none

    def _is_holding(self) -> bool:
        return guard.is_within(sys._current_frames().get(self._thread), _HOLDING, below=Timed.run)

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
                _arrive()


def _arrive() -> None:
    """What may still be on its way to this thread comes now, and is done with. If it were called back (by NULL) CPython would
    look for it for ever, at each step of each loop, until another one comes; and under a trace no step would come after it."""
    with suppress(TooLong):
        _raise_in(threading.get_ident(), ctypes.py_object(TooLong))
