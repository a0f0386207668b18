"""The one thread that writes to an SQLite file: it takes what waits and commits it at once (group commit).

So no greenlet ever waits inside SQLite, and a commit's fsync is shared by all who wait for it.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gevent.monkey import get_original

from securemsg.errors import Unavailable
from securemsg.metrics import Histogram
from securemsg.store.connection import as_it_is, translated
from securemsg.store.database import Answer, Tx
from securemsg.store.pen import Pen
from securemsg.store.waiting import Event, wait_and_wake

BATCHES = Histogram("securemsg_write_batch_seconds", "From the first write of a batch to its commit (SQLite).")
_BATCH_SECONDS = 0.020  # the file lock is held no longer, so that command-line writers get their turn
_CHECKPOINT_WRITES = 100  # then the write-ahead log (about 8 MB) is copied back and used from its start again
_SCRUB_SECONDS = 5  # between two tries to empty it
_PATIENCE_SECONDS = 5  # for one's turn: another program may hold a lock for hours, and nobody shall wait that long
# A real thread: under gevent the patched modules would make it a greenlet like its callers.
_start_thread, _new_lock = get_original("_thread", "start_new_thread"), get_original("_thread", "allocate_lock")
_Queue = get_original("queue", "SimpleQueue")
_Empty = get_original("queue", "Empty")


@dataclass(slots=True)
class _Job:
    """One caller's `fn`, what came of it, and how to wake the caller."""

    fn: Callable
    wake: Callable[[], object]
    answer: object = None
    error: BaseException | None = None
    turn: object = field(default_factory=_new_lock)

    def taken(self) -> bool:
        """Take it: the writer to do it, or the caller to go. Only one of them can."""
        return self.turn.acquire(False)  # type: ignore[attr-defined]


class Writer:
    """Writes for everybody in this process."""

    def __init__(self, path: Path):
        self._pen = Pen(path)
        self._jobs = _Queue()
        self._stopped = Event()
        self._started = self._stopping = False
        self._scrub_at: float | None = None  # when the log is to be emptied; None: nothing in it has to go

    def write(self, fn: Callable[[Tx], Answer]) -> Answer:
        """Hand `fn` to the thread; its answer, or its error, after the commit. Unavailable when its turn does not come."""
        if not self._started:
            self._started = True
            _start_thread(self._serve, ())
        wait, wake = wait_and_wake()
        job = _Job(fn, wake)
        self._jobs.put(job)
        if not wait(_PATIENCE_SECONDS, job.taken):
            raise Unavailable(retry_after_seconds=5)
        if job.error is not None:
            raise job.error
        return job.answer  # type: ignore[return-value]

    def scrub(self) -> bool:
        """Empty the write-ahead log: what was deleted before stands in no file of the database any more. False while somebody
        looks at an older state; then it is tried again, until it is done."""
        self._scrub_at = 0.0
        self.write(lambda tx: None)
        return self._scrub_at is None

    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what is queued."""
        if self._started:
            self._jobs.put(None)
            self._stopped.wait(10)

    def _serve(self) -> None:
        """The writer thread: take what waits, commit it at once, wake its callers."""
        written = 0
        while not self._stopping and (first := self._jobs.get()) is not None:
            jobs = [first]
            began = time.monotonic()
            try:
                self._pen.commit(partial(self._run_all, jobs))
            except BaseException as error:  # whatever it is, every caller hears of it and the thread lives on
                for job in jobs:
                    job.error = job.error or translated(error)
            if self._scrub_at is not None and time.monotonic() >= self._scrub_at:
                self._scrub_at = None if self._pen.empty() else time.monotonic() + _SCRUB_SECONDS
            for job in jobs:
                job.wake()
            BATCHES.took(time.monotonic() - began)
            written += len(jobs)
            if written >= _CHECKPOINT_WRITES:
                self._pen.copy_back()
                written = 0
        self._pen.close()
        self._stopped.set()

    def _run_all(self, jobs: list[_Job], connection: sqlite3.Connection) -> None:
        """Run the first of `jobs` and whatever arrives meanwhile."""
        deadline = time.monotonic() + _BATCH_SECONDS
        _run(connection, jobs[0])
        while time.monotonic() < deadline:
            try:
                job = self._jobs.get_nowait()
            except _Empty:
                return
            if job is None:
                self._stopping = True
                return
            jobs.append(job)
            _run(connection, job)


def _run(connection: sqlite3.Connection, job: _Job) -> None:
    """One job under a savepoint: what it raises undoes its own rows only."""
    if not job.taken():
        return
    connection.execute("SAVEPOINT job")
    try:
        job.answer = job.fn(Tx(connection.cursor(), as_it_is))
    except BaseException as error:
        if not connection.in_transaction:  # SQLite gave up the whole transaction, as on a full disk
            raise
        connection.execute("ROLLBACK TO job")
        job.error = translated(error)
    connection.execute("RELEASE job")
