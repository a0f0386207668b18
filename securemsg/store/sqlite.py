"""SQLite: every write goes to one native thread, which commits many at once (group commit).

So no greenlet ever waits inside SQLite, and a commit's fsync is shared by all who wait for it.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

from gevent import get_hub
from gevent.hub import Waiter
from gevent.monkey import get_original, is_module_patched
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from securemsg.errors import Error, Full, Misconfigured, Unavailable
from securemsg.store.database import Answer, Tx, row_type

_BATCH_SECONDS = 0.020  # the file lock is held no longer, so that command-line writers get their turn
_CHECKPOINT_BATCHES = 100  # then the write-ahead log (about 8 MB) is copied back and used from its start again
_PRAGMAS = ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "wal_autocheckpoint=0",
            "busy_timeout=5000", "temp_store=MEMORY", "cell_size_check=ON")
# The writer is a real thread: under gevent the patched modules would make it a greenlet like its callers.
_start_thread = get_original("_thread", "start_new_thread")
_Queue = get_original("queue", "SimpleQueue")
_Empty = get_original("queue", "Empty")
_Event = get_original("threading", "Event")


@dataclass(slots=True)
class _Job:
    """One caller's `fn`, what came of it, and how to wake the caller."""

    fn: Callable
    wake: Callable[[], object]
    answer: object = None
    error: BaseException | None = None


class Sqlite:
    """A Database in one file, written by this process's one writer thread."""

    engine_options: ClassVar[dict[str, Any]] = {}

    def __init__(self, engine: Engine):
        self.engine = engine
        self._path = Path(engine.url.database or "")
        self._jobs = _Queue()
        self._stopped = _Event()
        self._started = False
        self._readers: list[sqlite3.Connection] = []  # idle ones; a plain list costs a tenth of the engine's pool

    def read(self, fn: Callable[[Tx], Answer]) -> Answer:
        try:
            reader = self._reader()
            try:
                answer = fn(Tx(reader.cursor(), _as_it_is))
            except BaseException:
                reader.close()  # an unfinished statement would go on showing the next reader what was there before
                raise
        except sqlite3.Error as error:
            raise _translated(error) from error
        self._readers.append(reader)
        return answer

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._readers.pop()
        except IndexError:  # asking first whether one is there would let another thread take it in between
            return _open(self._path, "query_only=ON")

    def write(self, fn: Callable[[Tx], Answer]) -> Answer:
        if not self._started:
            self._started = True
            _start_thread(self._serve, ())
        wait, wake = _in_hub() if is_module_patched("threading") else _in_thread()
        job = _Job(fn, wake)
        self._jobs.put(job)
        wait()
        if job.error is not None:
            raise job.error
        return job.answer  # type: ignore[return-value]

    def close(self) -> None:
        if self._started:
            self._jobs.put(None)
            self._stopped.wait(10)
        while self._readers:
            self._readers.pop().close()
        self.engine.dispose()

    def _serve(self) -> None:
        """The writer thread: take what waits, commit it at once, wake its callers."""
        connection, lock, batches = None, -1, 0
        while (first := self._jobs.get()) is not None:
            jobs = [first]
            try:
                if lock < 0:
                    lock = os.open(self._path.with_name("writer.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                connection = connection or _open(self._path)
                with _held(lock):
                    stop = self._commit(connection, jobs)
                    batches += 1
                    if batches % _CHECKPOINT_BATCHES == 0:
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except BaseException as error:  # whatever it is, every caller hears of it and the thread lives on
                stop, connection = self._failed(connection, jobs, error)
            for job in jobs:
                job.wake()
            if stop:
                break
        if connection:
            connection.close()
        if lock >= 0:
            os.close(lock)
        self._stopped.set()

    def _commit(self, connection: sqlite3.Connection, jobs: list[_Job]) -> bool:
        """Run `jobs` and whatever arrives meanwhile in one transaction; whether to stop afterwards."""
        connection.execute("BEGIN IMMEDIATE")
        deadline, stop = time.monotonic() + _BATCH_SECONDS, False
        _run(connection, jobs[0])
        while time.monotonic() < deadline and not stop:
            try:
                job = self._jobs.get_nowait()
            except _Empty:
                break
            if job is None:
                stop = True
            else:
                jobs.append(job)
                _run(connection, job)
        connection.execute("COMMIT")
        return stop

    @staticmethod
    def _failed(connection: sqlite3.Connection | None, jobs: list[_Job], error: BaseException) -> tuple[bool, None]:
        for job in jobs:
            job.error = job.error or _translated(error)
        if connection:
            connection.close()  # rolls back; the next batch opens anew
        return False, None


def prepare_folder(database_url: str) -> None:
    """Make the folder of the database file, readable by its owner alone."""
    folder = Path(make_url(database_url).database or "").absolute().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The data folder {folder} cannot be made: {error.strerror}.") from error


def claim(database: "Sqlite") -> IO[str]:
    """Hold the right to be the one serving process; refused with a sentence while another holds it."""
    lock = open(database._path.with_name("serve.lock"), "w")  # noqa: SIM115  held for the life of the process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Misconfigured("Another process serves this SQLite database already. One process serves SQLite; to run several, "
                            "set SECUREMSG_DATABASE_URL to a PostgreSQL database.") from None
    return lock


def _run(connection: sqlite3.Connection, job: _Job) -> None:
    """One job under a savepoint: what it raises undoes its own rows only."""
    connection.execute("SAVEPOINT job")
    try:
        job.answer = job.fn(Tx(connection.cursor(), _as_it_is))
    except BaseException as error:
        if not connection.in_transaction:  # SQLite gave up the whole transaction, as on a full disk
            raise
        connection.execute("ROLLBACK TO job")
        job.error = _translated(error)
    connection.execute("RELEASE job")


def _open(path: Path, *pragmas: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = _row
    for pragma in (*_PRAGMAS, *pragmas):
        connection.execute(f"PRAGMA {pragma}")
    os.chmod(path, 0o600)
    return connection


def _row(cursor: sqlite3.Cursor, values: tuple):
    return row_type(tuple(column[0] for column in cursor.description))(*values)


def _as_it_is(sql: str) -> str:
    return sql


@contextmanager
def _held(lock: int) -> Iterator[None]:
    """Exclude the writers of other processes (commands) while a batch or a checkpoint runs."""
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _in_hub() -> tuple[Callable[[], object], Callable[[], object]]:
    """Wait and wake for a greenlet: the writer thread sends to the event loop, others run meanwhile."""
    hub = get_hub()
    watcher, waiter = hub.loop.async_(), Waiter(hub)
    watcher.start(waiter.switch, None)

    def wait():
        try:
            waiter.get()
        finally:
            watcher.stop()
            watcher.close()

    return wait, watcher.send


def _in_thread() -> tuple[Callable[[], object], Callable[[], object]]:
    """Wait and wake for a plain thread: commands and tests."""
    done = _Event()
    return done.wait, done.set


def _translated(error: BaseException) -> BaseException:
    """What SQLite says, as an error with a sentence; anything else as it is."""
    if isinstance(error, Error) or not isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError | OSError):
        return error
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return error
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_ERROR:  # a mistake in the SQL, not a neighbour that is away
        return error
    full = code is not None and code & 0xFF == sqlite3.SQLITE_FULL
    fault = Full() if full else Unavailable(retry_after_seconds=5)
    fault.__cause__ = error
    return fault
