"""Keep the ledger: revocations, erasures and holds are written to a file apart from the database before a row may go."""

import errno
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from securemsg.crypto import ledger
from securemsg.crypto.keyring import SERVICE
from securemsg.crypto.ledger import Entry
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import hold_rows
from securemsg.desk.slow import slowly
from securemsg.desk.thread import is_genuine_erasure
from securemsg.errors import Full, Unavailable
from securemsg.store import outbox
from securemsg.times import DAY, SECOND

Answer = TypeVar("Answer")
REACHES, GAP = "reaches", "gap"  # all until now is written down; what ended before now may not be
_WHOLE_SECONDS = 60  # then everything that waits is compared, not only what is new
_OVERLAP = 30 * SECOND  # clocks of nodes differ, and transactions commit late


class Ledger:
    """This process's view of the ledger. Idempotent: after a crash it goes on with the rows that are not in it."""

    def __init__(self, desk: Desk):
        self._desk, self._path = desk, desk.settings.ledger
        self._key = key_of(desk)
        self._known: set[str] = set()
        self._since, self._whole_at = 0, 0.0

    def catch_up(self) -> None:
        """Write down what ended since the last call; once a minute, and at first, all that waits, and let old rows go.

        Unavailable when the file cannot be written; the rows stay until it can.
        """
        now, whole = self._desk.clock(), time.monotonic() >= self._whole_at
        found = self._waiting(0 if whole else self._since - _OVERLAP, whole=whole)
        if whole:
            self._known = self._at_file(lambda: {entry.row for entry in found}.intersection(ledger.rows(self._path)))
        fresh = [entry for entry in found if entry.row not in self._known]
        if fresh or (whole and not self._path.exists()):  # one without lines says that nothing ended; a missing one says nothing
            self.add(fresh)
        self._since, self._known = now, {entry.row for entry in found}
        if whole:
            self._desk.database.write(lambda tx: outbox.expire_revocations(tx, now - DAY))
            self._whole_at = time.monotonic() + _WHOLE_SECONDS

    def reach(self) -> None:
        """Write down all that ended, and then that this is all until now: what lacks such lines of late lacks its end."""
        now, self._whole_at = self._desk.clock(), 0.0
        self.catch_up()
        self.add([service_line(REACHES, now)])

    def length(self) -> dict:
        """How many lines there are, and the MAC of the last: a ledger that lacks them is older than this."""
        lines, mac = 0, ""
        if self._path.exists():
            for lines, (_, mac) in enumerate(ledger.read(self._path, self._key), 1):  # noqa: B007  the last one counts
                pass
        return {"lines": lines, "mac": mac}

    def add(self, entries: list[Entry]) -> None:
        """Write down what is told, and let this process's doors know."""
        self._at_file(partial(ledger.append, self._path, self._key, entries))
        self._desk.ended.look()

    def _at_file(self, act: Callable[[], Answer]) -> Answer:
        try:
            return slowly(act)
        except OSError as error:
            kind = Full if error.errno == errno.ENOSPC else Unavailable
            raise kind(f"The ledger {self._path} cannot be read or written: {error.strerror}.") from error

    def _waiting(self, since: int, whole: bool) -> list[Entry]:
        revoked = self._desk.database.read(lambda tx: outbox.revocations_since(tx, since))
        return [*(Entry(row.revoked_at, row.subject_kind, row.clinic_id, row.subject_id, row.id) for row in revoked),
                *((*self._erased(), *hold_rows.lines(self._desk)) if whole else ())]

    def _erased(self) -> Iterator[Entry]:
        """What this service erased: a stranger's row would erase it from every copy that is ever restored."""
        for row in self._desk.database.read(outbox.erasures):
            if is_genuine_erasure(self._desk, row):
                yield Entry(row.erased_at, f"erased.{row.object_kind}", row.clinic_id, row.object_id, row.id)


def service_line(kind: str, now: int, about: str = "") -> Entry:
    """A line about the ledger itself."""
    return Entry(now, kind, SERVICE, about, about)


def key_of(desk: Desk) -> bytes:
    """What the ledger's MACs are made with."""
    return desk.ledger_key()
