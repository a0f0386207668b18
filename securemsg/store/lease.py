"""Who leads: one process of all that share a database. The lock ends with its holder, however that one ends."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from securemsg.store.database import Answer, Database, Tx
from securemsg.store.sqlite import Sqlite


class Lease(Protocol):
    """The right to lead, asked for again and again. Whoever leads reads and writes through it."""

    def held(self) -> bool:
        """Whether this process leads now; takes the lead where it is free. Never waits for another."""

    def read(self, fn: Callable[[Tx], Answer]) -> Answer:
        """As `Database.read`."""

    def write(self, fn: Callable[[Tx], Answer]) -> Answer:
        """As `Database.write`; after the lead was lost it fails."""

    def release(self) -> None:
        """Let another lead."""


def lease(database: Database, what: str = "leader") -> Lease:
    """The lease of this database, not yet held: of who leads (`leader`), or of who changes keys (`keys`)."""
    if isinstance(database, Sqlite):
        return FileLease(database, database.path.with_name(f"{what}.lock"))
    from securemsg.store.postgresql_lease import PostgresqlLease  # its driver is an extra

    return PostgresqlLease(database.engine, what)


class FileLease:
    """By a lock on a file beside the database (SQLite): the kernel takes it back when the process ends, and not before."""

    def __init__(self, database: Database, path: Path):
        self.read, self.write = database.read, database.write
        self._path = path
        self._lock = -1

    def held(self) -> bool:
        if self._lock >= 0:
            return True
        lock = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
