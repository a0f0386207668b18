"""SQLite: one file, one serving process; reads in place, writes by one thread."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from securemsg.errors import Misconfigured
from securemsg.store.connection import Cursor, as_it_is, connected, translated
from securemsg.store.database import BATCH, Answer, Stream, Tx, Vouch
from securemsg.store.writer import Writer


class Sqlite:
    """A Database in one file."""

    engine_options: ClassVar[dict[str, Any]] = {}
    skip_locked = ""  # one writes at a time
    vouch: Vouch | None = None
    elsewhere = False

    def __init__(self, engine: Engine):
        self.engine = engine
        self.path = Path(engine.url.database or "")
        self._writer = Writer(self.path)
        self._readers: list[sqlite3.Connection] = []  # idle ones; a plain list costs a tenth of the engine's pool

    def read(self, fn: Callable[[Tx], Answer]) -> Answer:
        try:
            reader = self._reader()
            try:
                answer = fn(Tx(reader.cursor(Cursor), as_it_is))
            except BaseException:
                reader.close()  # an unfinished statement would go on showing the next reader what was there before
                raise
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error
        self._readers.append(reader)
        return answer

    def write(self, fn: Callable[[Tx], Answer], *, independent: bool = False, keyed: bool = False) -> Answer:
        return self._writer.write(fn)

    @contextmanager
    def snapshot(self) -> Iterator[Stream]:
        """See Database. Its write-ahead log grows meanwhile, since what is looked at cannot be copied back."""
        reader = None
        try:
            reader = connected(self.path, "query_only=ON")
            reader.row_factory = None
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the view begins with the first read
            yield lambda sql, batch=BATCH, **values: _batches(reader.execute(sql, values), batch)
        except sqlite3.Error as error:
            raise translated(error) from error
        finally:
            if reader:
                reader.close()

    def scrub(self) -> bool:
        """See Database. Freed room in the file is overwritten as it is freed (`secure_delete`); the log is emptied."""
        return self._writer.scrub()

    def waiting(self) -> int:
        return self._writer.waiting()

    def close(self) -> None:
        self._writer.close()
        while self._readers:
            self._readers.pop().close()
        self.engine.dispose()

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._readers.pop()
        except IndexError:  # asking first whether one is there would let another thread take it in between
            return connected(self.path, "query_only=ON")


def _batches(cursor: sqlite3.Cursor, batch: int) -> Iterator[list[tuple]]:
    while rows := cursor.fetchmany(batch):
        yield rows


def claim(database: Sqlite) -> IO[str]:
    """Hold the right to be the one serving process; refused with a sentence while another holds it."""
    path = _claim_of(database)
    try:
        lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "w")
    except OSError as error:
        raise Misconfigured(f"The file {path} cannot be opened: {error.strerror}. Does it belong to another user?") from error
    if not _locked(lock):
        lock.close()
        raise Misconfigured("Another process serves this SQLite database already. One process serves SQLite; to run several, "
                            "set SECUREMSG_DATABASE_URL to a PostgreSQL database.")
    return lock


def is_claimed(database: Sqlite) -> bool:
    """Whether a process serves. Asking makes no file: one that root had made would keep the service's own user out."""
    try:
        with open(_claim_of(database), "r+") as lock:
            return not _locked(lock)
    except OSError:  # there is none, so nobody has served here; or it is somebody else's, who will be told by `claim`
        return False


def _claim_of(database: Sqlite) -> Path:
    return database.path.with_name("serve.lock")


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def prepare_folder(database_url: str) -> None:
    """Make the folder of the database file, readable by its owner alone."""
    folder = Path(make_url(database_url).database or "").absolute().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The data folder {folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Misconfigured(f"Nothing can be written to the data folder {folder}, and SQLite needs that even to read. Is its disk"
                            " read-only, or does it belong to another user?")
