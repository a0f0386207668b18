"""Leading on PostgreSQL: a session-level advisory lock on a connection of its own.

The leader reads and writes on that very connection. Whoever cuts it ends the lock and any transaction that is open on it
at once, so a leader that does not know yet that it was deposed can write nothing more.
"""

from collections.abc import Callable
from contextlib import suppress

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from securemsg.errors import Unavailable
from securemsg.store.database import Answer, Tx
from securemsg.store.postgresql import reading, translated, writing
from securemsg.store.wall import Walled

_LOCKS = {"leader": 7_305_512_201_885, "keys": 7_305_512_201_887}  # any numbers, the same for every node; migrations have another
# A leader whose machine is gone without a word is missed after about 20 seconds, not after the two hours of the default.
_MISSED_SOON = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3"


class PostgresqlLease:
    """Held as long as its connection lives."""

    def __init__(self, engine: Engine, what: str):
        self._engine, self._lock = engine, _LOCKS[what]
        self._connection: Walled | None = None
        self._held = False

    def held(self) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection, self._held = self._connected(), False
        if not self._held:
            self._held = self.read(lambda tx: tx.all("SELECT pg_try_advisory_lock(:lock) AS held", lock=self._lock))[0].held
        return self._held

    def read(self, fn: Callable[[Tx], Answer]) -> Answer:
        return self._on_it(reading, fn)

    def write(self, fn: Callable[[Tx], Answer]) -> Answer:
        return self._on_it(writing, fn)

    def release(self) -> None:
        """At once: of a connection that only closes the server hears a little later, and who comes next would find it taken."""
        if self._connection is not None and self._held:
            with suppress(psycopg.Error):
                self._connection.execute("SELECT pg_advisory_unlock(%s)", [self._lock])
        self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._held = None, False

    def _on_it(self, act: Callable[[Walled, Callable[[Tx], Answer]], Answer], fn: Callable[[Tx], Answer]) -> Answer:
        if self._connection is None:
            raise Unavailable(retry_after_seconds=1)
        try:
            return act(self._connection, fn)
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError):
                self._drop()  # whatever became of it, the next look begins anew
            raise translated(error) from error

    def _connected(self) -> Walled:
        """A connection that no longer belongs to the pool."""
        try:
            pooled = self._engine.raw_connection()
        except (OperationalError, PoolTimeout, psycopg.OperationalError) as error:
            raise Unavailable(retry_after_seconds=5) from error
        connection: Walled = pooled.driver_connection  # type: ignore[assignment]
        pooled.detach()
        connection.execute(_MISSED_SOON)
        connection.prepare_threshold = None  # plans are made for the rows that are there, not for those of the first minute
        return connection
