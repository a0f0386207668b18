"""PostgreSQL: `fn` runs in place on a pooled connection, again when the server asks for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
from psycopg import errors as pg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.types.string import TextLoader
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from securemsg.errors import Conflict, Full, Unavailable
from securemsg.store.database import BATCH, EVERYWHERE, Answer, Row, Stream, Tx, Vouch, percent_style, row_type
from securemsg.store.one_statement import Hoped, Looked, noted
from securemsg.store.patience import CONNECTING, Doubt, Patient, Silent
from securemsg.store.wall import SETTING, Walled

_TRIES = 3
# A second caller under one idempotency key waits for the first at most this long; see decisions on idempotency.
_SESSION = "-c lock_timeout=2s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
_LONG_LOOK_SECONDS = 120.0  # for each batch of a snapshot
_AGAIN = (pg.SerializationFailure, pg.DeadlockDetected)


class Postgresql:
    """A Database on a server; as many processes as wanted may share it."""

    engine_options: ClassVar[dict[str, Any]] = {
        "pool_size": 30, "max_overflow": 0, "pool_timeout": 3, "pool_use_lifo": True,
        "pool_reset_on_return": None,  # nothing is left open: reads are single statements, writes end themselves
        "connect_args": {"options": _SESSION, **CONNECTING}}
    skip_locked = "FOR UPDATE SKIP LOCKED"
    vouch: Vouch | None = None
    elsewhere = True

    def __init__(self, engine: Engine):
        self.engine, self._doubt = engine, Doubt()
        event.listen(engine, "do_connect", lambda dialect, record, words, named: Walled.connect(*words, **named))
        event.listen(engine, "connect", lambda connection, record: _prepare(connection))

    def read(self, fn: Callable[[Tx], Answer]) -> Answer:
        return self._on_connection(lambda connection: reading(connection, fn))

    def write(self, fn: Callable[[Tx], Answer], *, independent: bool = False, keyed: bool = False) -> Answer:
        act = _writing_at_once if independent else writing
        return self._on_connection(lambda connection: act(connection, fn), repeatable=keyed)

    @contextmanager
    def snapshot(self) -> Iterator[Stream]:
        """See Database: one transaction that reads, and cursors on the server."""
        with self._pooled() as connection:
            try:
                connection.patience_seconds = _LONG_LOOK_SECONDS
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.execute("SET LOCAL statement_timeout = 0")
                connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                connection.execute(f"SET LOCAL {SETTING} = {EVERYWHERE}")
                yield lambda sql, batch=BATCH, **values: _batches(connection, sql, values, batch)
            except psycopg.Error as error:
                raise translated(error) from error
            finally:
                _roll_back(connection)
                connection.patience_seconds = Patient.patience_seconds

    def scrub(self) -> bool:
        """See Database. Its heap and its log keep for a while what was deleted, and nothing can be done about that from here:
        so the keys of it are destroyed."""
        return False

    def waiting(self) -> int:
        return self.engine.pool.checkedout()  # type: ignore[attr-defined]

    def close(self) -> None:
        self.engine.dispose()

    def _on_connection(self, act: Callable[[Walled], Answer], repeatable: bool = False) -> Answer:
        """Run `act`, again on a fresh connection when the old one turned out to be cut.

        Not when it may have been committed all the same, unless it is `repeatable`; nor when the server keeps silent.
        """
        for left in reversed(range(_TRIES)):
            with self._doubt.asked(), self._pooled() as connection:
                try:
                    return act(connection)
                except _AGAIN as error:
                    if not left:
                        raise Unavailable(retry_after_seconds=1) from error
                except Silent as error:
                    self._doubt.begins()
                    raise translated(error) from error
                except psycopg.Error as error:
                    unknown = getattr(error, "outcome_unknown", False) and not repeatable
                    if unknown or not connection.closed or not left:
                        raise translated(error) from error
        raise Unavailable

    @contextmanager
    def _pooled(self) -> Iterator[Walled]:
        """A connection of the pool; one that is closed afterwards does not go back there."""
        try:
            pooled = self.engine.raw_connection()
        except (OperationalError, PoolTimeout, psycopg.OperationalError) as error:
            if isinstance(getattr(error, "orig", None), pg.ConnectionTimeout):
                self._doubt.begins()
            raise Unavailable(retry_after_seconds=5) from error
        connection: Any = pooled.driver_connection
        try:
            yield connection
        except BaseException:
            if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                connection.close()  # whoever waited was interrupted: the answer, or the transaction, would be the next one's
            raise
        finally:
            if connection.closed:
                pooled.invalidate()
            pooled.close()


def _batches(connection: psycopg.Connection, sql: str, values: dict[str, object], batch: int) -> Iterator[list[tuple]]:
    with connection.cursor("batches", row_factory=tuple_row) as cursor:
        cursor.execute(percent_style(sql).encode(), values)
        while rows := cursor.fetchmany(batch):
            yield rows


class _Reading(Tx):
    def many(self, sql: str, **values) -> list[Row]:
        self._enter(values)
        self._cursor.execute(percent_style(sql), values, binary=True)
        return self._cursor.fetchall()


def reading(connection: Walled, fn: Callable[[Tx], Answer]) -> Answer:
    return fn(_Reading(connection.cursor(), percent_style, connection.read_of))


def writing(connection: Walled, fn: Callable[[Tx], Answer]) -> Answer:
    """The first statement begins the transaction: the wall's word goes along."""
    try:
        answer = fn(Tx(connection.cursor(), percent_style, connection.write_of))
        _commit(connection)
    except BaseException:
        _roll_back(connection)
        raise
    return answer


def _commit(connection: psycopg.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except psycopg.Error as error:
        error.outcome_unknown = True  # type: ignore[attr-defined]  # never repeated here: the caller's key decides
        raise


def _writing_at_once(connection: Walled, fn: Callable[[Tx], Answer]) -> Answer:
    """All of `fn` in one round trip; in an ordinary transaction when it must look, or when not all went well."""
    try:
        answer, statement, values, clinic = noted(fn)
        connection.read_of(clinic)
        connection.execute(statement, values)
    except (Looked, *Hoped):
        return writing(connection, fn)
    except psycopg.OperationalError as error:
        error.outcome_unknown = connection.closed  # type: ignore[attr-defined]  # it commits by itself: never repeated here
        raise
    return answer


def _roll_back(connection: psycopg.Connection) -> None:
    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()


def _prepare(connection: psycopg.Connection) -> None:
    connection.autocommit = True  # transactions are said by hand, so that a read costs one round trip
    connection.row_factory = _rows
    connection.adapters.register_loader("uuid", TextLoader)


def _rows(cursor: psycopg.Cursor):
    if cursor.description is None:
        return tuple
    return row_type(tuple(column.name for column in cursor.description))._make


def translated(error: psycopg.Error) -> BaseException:
    """What PostgreSQL says, as an error with a sentence; a mistake in the SQL as it is."""
    if isinstance(error, pg.LockNotAvailable):
        return Conflict(retry_after_seconds=1)
    if isinstance(error, pg.DiskFull):
        return Full(retry_after_seconds=60)
    if isinstance(error, psycopg.OperationalError):
        return Unavailable(retry_after_seconds=5)
    return error
