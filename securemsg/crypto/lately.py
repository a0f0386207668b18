"""What was opened lately: kept for a while, and never more of it than fits."""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

SECONDS = 600
MOST = 20_000  # opened conversations; about 1 kB each


class Lately:
    """The most recently used entries, each for `SECONDS` at most: an erased key does not live on in memory."""

    def __init__(self) -> None:
        self._entries: OrderedDict = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name):
        """The entry of that name; None when there is none, or it is too old."""
        entry = self._entries.get(name)
        if entry is None or entry[0] < time.monotonic():
            self._entries.pop(name, None)
            return None
        with suppress(KeyError):  # another thread has let go of it just now
            self._entries.move_to_end(name)
        return entry[1]

    def put(self, name, value):
        """Keep it; the same value."""
        self._entries[name] = (time.monotonic() + SECONDS, value)
        if len(self._entries) > MOST:
            self._entries.popitem(last=False)
        return value

    def forget(self, is_meant: Callable[[Any], bool]) -> None:
        """Let go of those that are meant."""
        for name in tuple(self._entries):
            if is_meant(name):
                self._entries.pop(name, None)

    def forget_old(self) -> None:
        """Also what nobody has asked for since."""
        for name, (until, _) in tuple(self._entries.items()):
            if until < time.monotonic():
                self._entries.pop(name, None)
