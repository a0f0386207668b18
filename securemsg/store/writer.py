"""The one thread that writes to an SQLite file: it takes what waits and commits it at once (group commit).

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

from gevent.monkey import get_original

from securemsg.store.connection import as_it_is, connected, translated
from securemsg.store.database import Answer, Tx
from securemsg.store.waiting import Event, wait_and_wake

_BATCH_SECONDS = 0.020  # the file lock is held no longer, so that command-line writers get their turn
_CHECKPOINT_WRITES = 100  # then the write-ahead log (about 8 MB) is copied back and used from its start again
# A real thread: under gevent the patched modules would make it a greenlet like its callers.
_start_thread = get_original("_thread", "start_new_thread")
_Queue = get_original("queue", "SimpleQueue")
_Empty = get_original("queue", "Empty")


@dataclass(slots=True)
class _Job:
    """One caller's `fn`, what came of it, and how to wake the caller."""

    fn: Callable
    wake: Callable[[], object]
    answer: object = None
    error: BaseException | None = None


class Writer:
    """Writes for everybody in this process."""

    def __init__(self, path: Path):
        self._path = path
        self._jobs = _Queue()
        self._stopped = Event()
        self._started = False

    def write(self, fn: Callable[[Tx], Answer]) -> Answer:
        """Hand `fn` to the thread; its answer, or its error, after the commit."""
        if not self._started:
            self._started = True
            _start_thread(self._serve, ())
        wait, wake = wait_and_wake()
        job = _Job(fn, wake)
        self._jobs.put(job)
        wait()
        if job.error is not None:
            raise job.error
        return job.answer  # type: ignore[return-value]

    def close(self) -> None:
        """Finish what is queued."""
        if self._started:
            self._jobs.put(None)
            self._stopped.wait(10)

    def _serve(self) -> None:
        """The writer thread: take what waits, commit it at once, wake its callers."""
        connection, lock, waiting = None, -1, 0
        while (first := self._jobs.get()) is not None:
            jobs = [first]
            try:
                if lock < 0:
                    lock = os.open(self._path.with_name("writer.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                connection = connection or connected(self._path)
                with _held(lock):
                    stop = self._commit(connection, jobs)
                    waiting += len(jobs)
                    if waiting >= _CHECKPOINT_WRITES:
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                        waiting = 0
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
            job.error = job.error or translated(error)
        if connection:
            connection.close()  # rolls back; the next batch opens anew
        return False, None


def _run(connection: sqlite3.Connection, job: _Job) -> None:
    """One job under a savepoint: what it raises undoes its own rows only."""
    connection.execute("SAVEPOINT job")
    try:
        job.answer = job.fn(Tx(connection.cursor(), as_it_is))
    except BaseException as error:
        if not connection.in_transaction:  # SQLite gave up the whole transaction, as on a full disk
            raise
        connection.execute("ROLLBACK TO job")
        job.error = translated(error)
    connection.execute("RELEASE job")


@contextmanager
def _held(lock: int) -> Iterator[None]:
    """Exclude the writers of other processes (commands) while a batch or a checkpoint runs."""
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)
