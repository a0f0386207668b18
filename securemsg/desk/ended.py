"""What ended, as the ledger tells it: outside of the database, so that no old row that is put back there opens anything."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from securemsg.crypto import ledger
from securemsg.crypto.ledger import Entry
from securemsg.errors import Unverified
from securemsg.times import DAY

# For how long a row of each kind might still be alive without its end: the longest lives, and a month for clocks that are wrong.
_MONTH = 31 * DAY
_LIVES = {"session": 180 * DAY + _MONTH, "token": 366 * DAY + _MONTH, "replaced_token": 366 * DAY + _MONTH}
_FOR_EVER = ("person", "credential", "roles", "pools")  # of these there are few
HELD, LIFTED = "held", "lifted"  # of a hold: id and row are its conversation and itself; itself, and this line's own name
_LOOK_SECONDS = 0.5
_log = logging.getLogger("securemsg")


class Ended:
    """Asked at every door; costs a look into a dictionary. Of the file only what is new is read, twice a second at most."""

    def __init__(self, path: Path, key: Callable[[], bytes], clock: Callable[[], int]):
        self._path, self._key, self._clock = path, key, clock
        self._at: dict[tuple[str, str], int] = {}
        self._held: dict[str, Entry] = {}
        self._offset, self._mac, self._size = 0, "", 0
        self._due, self._swept_at, self._lock = 0.0, 0, threading.Lock()

    def at(self, kind: str, id: str) -> int | None:
        """When this ended (microseconds); None for what has not, as far as the ledger knows. `kind` is the ledger's: session,
        token, replaced_token, person, credential; of roles and pools, when a person's were last given anew."""
        if time.monotonic() >= self._due:
            self.look()
        return self._at.get((kind, id))

    def held(self) -> tuple[Entry, ...]:
        """The holds that were placed and not lifted, as far as the ledger knows: `row` is the hold, `id` the conversation."""
        if time.monotonic() >= self._due:
            self.look()
        return tuple(self._held.values())

    def look(self) -> None:
        """Read what is new. A ledger that is missing tells nothing; of one that was altered what stands before that counts."""
        with self._lock:
            self._due = time.monotonic() + _LOOK_SECONDS
            try:
                size = self._path.stat().st_size
                if size != self._size:
                    self._read(size)
            except FileNotFoundError:
                return
            except (OSError, Unverified) as error:
                fault = {"error": type(error).__name__}
                _log.error("the ledger cannot be read on: what ended lately may not be known", extra=fault)

    def _read(self, size: int) -> None:
        if size < self._offset:  # another file: what was known stays known
            self._offset, self._mac = 0, ""
        self._size = size
        for entry, mac, offset in ledger.read_on(self._path, self._key(), self._mac, self._offset):
            self._mac, self._offset = mac, offset
            self._keep(entry)
        if self._clock() - self._swept_at > DAY:
            self._sweep()

    def _keep(self, entry: Entry) -> None:
        if entry.kind in _LIVES or entry.kind in _FOR_EVER:
            self._at[entry.kind, entry.id] = entry.at
        elif entry.kind == HELD:
            self._held[entry.row] = entry
        elif entry.kind == LIFTED:
            self._held.pop(entry.id, None)

    def _sweep(self) -> None:
        self._swept_at = now = self._clock()
        self._at = {(kind, id): at for (kind, id), at in self._at.items() if kind in _FOR_EVER or at > now - _LIVES[kind]}
