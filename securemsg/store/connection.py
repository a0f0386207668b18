"""One connection to an SQLite file: how it is set up, how a row looks, what its errors mean."""

import os
import sqlite3
import stat
import time
from pathlib import Path

from securemsg.errors import Error, Full, Unavailable
from securemsg.store.database import row_type
from securemsg.store.kinds import all_fitting, fitting

PATIENCE_MS = 5000
_PRAGMAS = ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON", "wal_autocheckpoint=0",
            f"busy_timeout={PATIENCE_MS}", "temp_store=MEMORY", "cell_size_check=ON",
            f"journal_size_limit={64 * 1024 * 1024}")  # a log that somebody's long look made larger shrinks again afterwards


def connected(path: Path, *pragmas: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory, connection.text_factory = named_rows, readable
    _write_ahead(connection)
    for pragma in (*_PRAGMAS, *pragmas):
        connection.execute(f"PRAGMA {pragma}")
    if stat.S_IMODE(os.stat(path).st_mode) != 0o600:  # just made; on a disk that is read-only it is as it was
        os.chmod(path, 0o600)
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """The file is one with a log, for good. Where several make it one at the same moment SQLite refuses without its patience."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:  # the low byte is the kind
                raise
            time.sleep(0.005)


def readable(text: bytes) -> str:
    """Bytes that are no UTF-8 were put there past the service: a replaced text fits no seal and no leaf, and ends no reading."""
    return text.decode("utf-8", "replace")


def named_rows(cursor: sqlite3.Cursor, values: tuple):
    columns = tuple(column[0] for column in cursor.description)
    return row_type(columns)(*fitting(columns, values))


class Cursor(sqlite3.Cursor):
    """Its rows are named as `named_rows` names them; all of them together for half the price."""

    def fetchall(self) -> list:
        self.row_factory = None
        try:
            rows = super().fetchall()
        finally:
            self.row_factory = named_rows
        if not rows:
            return rows
        columns = tuple(column[0] for column in self.description)
        return list(map(row_type(columns)._make, all_fitting(columns, rows)))


def as_it_is(sql: str) -> str:
    return sql


def translated(error: BaseException) -> BaseException:
    """What SQLite says, as an error with a sentence; anything else as it is."""
    if isinstance(error, Error) or not isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError | OSError):
        return error
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return error
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_ERROR:  # a mistake in the SQL, not a neighbour that is away
        return error
    full = code is not None and code & 0xFF == sqlite3.SQLITE_FULL
    fault = Full(retry_after_seconds=60) if full else Unavailable(retry_after_seconds=5)
    fault.__cause__ = error
    return fault
