"""Two computers on one database need one keystore: with a file of its own, one does not open what the other's night has sealed.

Each process tells once a minute which epoch its file has as the newest; who looks compares that with the file here. One that was
not given the root key that wraps the file tells that instead: it serves until it needs an epoch that it has not opened.
"""

import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from securemsg.crypto import keystore
from securemsg.crypto.keystore import Epoch
from securemsg.desk.desk import Desk
from securemsg.errors import Misconfigured
from securemsg.store import Database, Row, keystores
from securemsg.store.ids import new_id
from securemsg.times import DAY, MINUTE, SECOND, rfc3339

TELL_SECONDS = 60
_SILENT = 3 * MINUTE  # who has told nothing for so long has ended
_NO_ROOT = "no root"  # in place of an epoch's id
_FOREIGN = ("A process on {node} works with another keystore: its newest epoch {epoch} is not in {path}. Each may hold keys that "
            "the other lacks, so keep both files; stop the service, find with `securemsg keys status` on each computer which one "
            "opens everything, and give that one to all.")
_OLDER = ("A process on {node} works with an older copy of the keystore: its newest epoch {epoch} was retired on {at}, as {path} "
          "says. What came since it does not open. Give it this file, or name one place for all with SECUREMSG_KEYSTORE.")
_LOCKED = ("A process on {node} was not given the root key that wraps {path} now: it serves nobody any more once a new epoch "
           "comes. Start it anew with SECUREMSG_ROOT_KEY as it is here.")
_log = logging.getLogger("securemsg")


class Telling:
    """This process's part: `look` is called once a minute, `end` when it ends."""

    def __init__(self, desk: Desk):
        self._desk, self._id, self._node = desk, new_id(), socket.gethostname()

    def look(self) -> None:
        """Silent while the keystore cannot be read: nothing is needed of it until keys change, and the doctor tells."""
        with suppress(Misconfigured):
            now, epoch = self._desk.clock(), self._epoch()
            self._desk.database.write(lambda tx: keystores.tell(tx, self._id, self._node, epoch, now, now - DAY))

    def _epoch(self) -> str:
        path = self._desk.settings.keystore
        if {root.id for root in self._desk.keys.roots}.issuperset(keystore.roots_of(path).values()):
            return _active(keystore.listed(path)).id
        _log.error("the keystore is wrapped by a root key that this process was not given: it serves nobody any more once a new "
                   "epoch comes. Start it anew with SECUREMSG_ROOT_KEY as it is now")
        return _NO_ROOT

    def end(self) -> None:
        """It works with no keystore any more, and nobody has to wait until it was silent for long enough."""
        self._desk.database.write(lambda tx: keystores.end(tx, self._id))


def apart(database: Database, path: Path, now: int) -> Iterator[str]:
    """A sentence for each running process whose keystore is not the one at `path`."""
    known = {epoch.id: epoch for epoch in keystore.listed(path)}
    active = _active(known.values())
    for row in database.read(lambda tx: keystores.told(tx, now - _SILENT)):
        epoch = known.get(row.epoch)
        if row.epoch == _NO_ROOT:
            yield _LOCKED.format(node=row.node, path=path)
        elif epoch is None:
            yield _FOREIGN.format(node=row.node, epoch=row.epoch, path=path)
        elif epoch.id != active.id and _has_heard(row, active):
            yield _OLDER.format(node=row.node, epoch=row.epoch, at=rfc3339(active.made_at), path=path)


def _active(epochs: Iterable[Epoch]) -> Epoch:
    return next(epoch for epoch in epochs if epoch.state == "active")


def _has_heard(row: Row, active: Epoch) -> bool:
    """Whether it told this when the newest epoch had been in the file for a while: in between it may just not have looked."""
    return row.seen_at > active.made_at + 2 * TELL_SECONDS * SECOND
