"""What the writer thread writes with: one connection, the lock it shares with commands, an eye on the files."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from securemsg.errors import Unavailable
from securemsg.store.connection import PATIENCE_MS, connected

_MOMENT_MS = 200
_log = logging.getLogger("securemsg")


class Pen:
    """Commits what it is handed. Used by one thread."""

    def __init__(self, path: Path):
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = -1
        self._files: tuple[int, ...] = ()

    def commit(self, run: Callable[[sqlite3.Connection], object]) -> None:
        """Run it in one transaction. What goes wrong is raised; nothing is stored then, and the next one begins afresh.

        After a failed fsync the kernel may call the next one a success though what was to be written is gone. So the
        connection is closed: SQLite forgets that transaction, and the next one writes its place in the log anew.
        """
        with self._held():
            connection = self._opened()
            self._look()
            try:
                connection.execute("BEGIN IMMEDIATE")
                run(connection)
                connection.execute("COMMIT")
            except BaseException:
                self._close_connection()  # rolls back
                raise
            self._files = self._files if len(self._files) > 1 else self._inodes()

    def copy_back(self) -> None:
        """Copy the write-ahead log into the database, as far as readers allow, so that it is used from its start again.

        When that fails it is tried again later. No writer need hear of it: all of the log was committed.
        """
        try:
            with self._held():
                self._opened().execute("PRAGMA wal_checkpoint(PASSIVE)")
        except (sqlite3.Error, OSError) as error:
            _log.warning("the write-ahead log waits to be copied back", extra={"error": type(error).__name__})

    def empty(self) -> bool:
        """Copy all of the log back and empty its file, so that nothing lies there any more that was deleted; False while
        somebody's long look keeps it, which is waited for only a moment: writers are waiting."""
        try:
            with self._held():
                connection = self._opened()
                connection.execute(f"PRAGMA busy_timeout={_MOMENT_MS}")
                try:
                    return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
                finally:
                    connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        except (sqlite3.Error, OSError) as error:
            _log.warning("the write-ahead log waits to be emptied", extra={"error": type(error).__name__})
            return False

    def close(self) -> None:
        self._close_connection()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connected(self._path)
        return self._connection

    def _close_connection(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection, self._files = None, self._files[:1]  # the last one takes the log along: that is no accident

    def _look(self) -> None:
        """Unavailable while another file lies where one in use was: what is written to a file without a name is lost.

        Somebody put a backup in the database's place, or tidied up its log. What the log holds is saved; the process
        itself cannot go on, since its readers share the old files.
        """
        if self._files == self._inodes()[:len(self._files)]:
            return
        _log.error("the database's files were replaced or removed under the running service. It stores nothing more"
                   " until they are back; else stop it, look which files are right, and start it again")
        if self._connection and self._files[0] == self._inodes()[0]:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raise Unavailable(retry_after_seconds=60)

    def _inodes(self) -> tuple[int, ...]:
        """Of the database and its log and its log's index, by their names; 0 for one that is not there."""
        return tuple(_inode(f"{self._path}{suffix}") for suffix in ("", "-wal", "-shm"))

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Exclude the writers of other processes (commands) while a batch or a checkpoint runs."""
        if self._lock < 0:
            self._lock = os.open(self._path.with_name("writer.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)


def _inode(name: str) -> int:
    try:
        return os.stat(name).st_ino
    except FileNotFoundError:
        return 0
