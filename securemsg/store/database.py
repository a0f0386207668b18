"""Two ways to the rows: `read(fn)` and `write(fn)`. Both hand `fn` a `tx` and return what it returns."""

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from copy import copy
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import Engine

from securemsg.crypto.keyring import SERVICE

Answer = TypeVar("Answer")
Row = Any  # a named tuple with the columns that the SQL names
EVERYWHERE, NOWHERE = "everywhere", ""  # where one clinic's id may stand instead: all of them, none
BATCH = 100  # rows; one of messages as long as can be takes 6 MB
Vouch = Callable[..., bytes]  # a table's name and facts of a row in, its MAC out (crypto/vouching.py)
Stream = Callable[..., Iterator[list[tuple]]]  # plain tuples in batches: SQL and its values in, as much memory as a batch needs


class Tx:
    """One transaction, or one read. SQL has `:name` parameters; a row is a named tuple.

    It is about one clinic: the one that its statements name, as `clinic_id` or `clinic` among their values. A second one is an
    error; rows of the service's own may stand beside it. PostgreSQL shows and takes no other clinic's rows meanwhile, whatever
    the SQL says (wall.py), and none while none is named. What is about all clinics says so: `tx.everywhere.all(…)`.
    """

    def __init__(self, cursor, translate: Callable[[str], str], wall: Callable[[str], None] = lambda clinic: None):
        self._cursor = cursor
        self._translate = translate
        self._wall = wall  # told before each statement which clinic's rows it may reach
        self._clinic = NOWHERE

    @property
    def everywhere(self) -> Self:
        """The same transaction, for statements about the rows of all clinics."""
        every = copy(self)
        every._clinic = EVERYWHERE
        return every

    def run(self, sql: str, **values) -> int:
        """Execute; the number of rows touched."""
        self._execute(sql, values)
        return self._cursor.rowcount

    def run_all(self, sql: str, rows: Sequence[dict]) -> None:
        """Execute for each of `rows`, its values by name."""
        if rows:
            for row in rows:
                self._enter(row)
            self._cursor.executemany(self._translate(sql), rows)

    def insert(self, table: str, *, or_nothing: bool = False, **values) -> bool:
        """Insert one row; with `or_nothing` False is returned when a row with one of its unique keys exists."""
        return self.run(insertion(table, tuple(values), or_nothing), **values) == 1

    def insert_all(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
        """Insert many rows of the same columns."""
        self.run_all(insertion(table, columns, False), [dict(zip(columns, row, strict=True)) for row in rows])

    def one(self, sql: str, **values) -> Row | None:
        """The first row, or None."""
        self._execute(sql, values)
        return self._cursor.fetchone()

    def all(self, sql: str, **values) -> list[Row]:
        """Every row."""
        self._execute(sql, values)
        return self._cursor.fetchall()

    def many(self, sql: str, **values) -> list[Row]:
        """The same of rows with much in them: bytes come as they are, not as hexadecimal digits. An id needs a CAST to TEXT."""
        return self.all(sql, **values)

    def _execute(self, sql: str, values: dict[str, Any]) -> None:
        self._enter(values)
        self._cursor.execute(self._translate(sql), values)

    def _enter(self, values: dict[str, Any]) -> None:
        """Reach the rows of the clinic that a statement is about, and no others."""
        clinic = EVERYWHERE if self._clinic == EVERYWHERE else clinic_of(values)
        if clinic not in (self._clinic, SERVICE, NOWHERE):
            if self._clinic:
                raise LookupError("one transaction is about one clinic; what is about several says `everywhere`")
            self._clinic = clinic
        self._wall(clinic)


def clinic_of(values: dict[str, Any]) -> str:
    """The clinic that a statement names among its values. The word for all of them is no value: it would open the wall unseen."""
    clinic = values.get("clinic_id") or values.get("clinic") or NOWHERE
    if clinic == EVERYWHERE:
        raise LookupError("what is about all clinics says `tx.everywhere`")
    return clinic


class Database(Protocol):
    """What SQLite and PostgreSQL have in common. `skip_locked` ends a SELECT of rows to be claimed: those that another
    transaction is claiming are passed over, where more than one can. `elsewhere`: a server does its work while this process goes
    on; where none does, a read holds up the thread that asks."""

    engine: Engine
    skip_locked: str
    elsewhere: bool
    vouch: Vouch | None = None  # set by who has the keys: a migration vouches by it for rows that had no MAC before

    def read(self, fn: Callable[[Tx], Answer]) -> Answer:
        """Run `fn` on a connection that only reads; each statement sees what is committed."""

    def write(self, fn: Callable[[Tx], Answer], *, independent: bool = False, keyed: bool = False) -> Answer:
        """Run `fn` in a transaction and return its answer after the commit.

        `fn` must be pure: it touches nothing but `tx`, since it may run on another thread, and more than once.
        What it raises is raised here, and nothing of it is stored. `independent` promises that no statement of it
        reads or changes what another one wrote; then they may go over the wire as one. `keyed` promises that it finds out
        by itself, by a key, whether it was done before: then it is repeated when a cut connection leaves that open.
        """

    def snapshot(self) -> AbstractContextManager[Stream]:
        """One unchanging view of all rows, however long it is looked at; whoever writes goes on meanwhile."""

    def scrub(self) -> bool:
        """Take what was deleted out of the database's files, as far as it lets one: whether that is done."""

    def waiting(self) -> int:
        """How much it has to do: writes in the queue, or connections in use."""

    def close(self) -> None:
        """Finish what is queued and let the connections go."""


def columns(row) -> dict:
    """A frozen row as the values of its columns."""
    return {name: getattr(row, name) for name in row.__slots__}


def places(name: str, values: Sequence[object]) -> str:
    """The parameters of a list of values, as they stand in `IN (…)`."""
    return ", ".join(f":{name}_{number}" for number in range(len(values)))


def placed(name: str, values: Sequence[object]) -> dict[str, object]:
    """Their values by name."""
    return {f"{name}_{number}": value for number, value in enumerate(values)}


@lru_cache(maxsize=256)
def insertion(table: str, columns: tuple[str, ...], or_nothing: bool) -> str:
    """The INSERT of these columns."""
    names, places = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({places})" + (" ON CONFLICT DO NOTHING" if or_nothing else "")


@lru_cache(maxsize=1024)
def percent_style(sql: str) -> str:
    """`:name` as psycopg writes it; a double colon (a cast) stays."""
    return re.sub(r"(?<!:):([a-z_][a-z_0-9]*)", r"%(\1)s", sql.replace("%", "%%"))


@lru_cache(maxsize=256)
def row_type(names: tuple[str, ...]) -> Any:
    """The named tuple of a list of columns."""
    return namedtuple("Row", names)
