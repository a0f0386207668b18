"""All rows of all tables, whatever is in them: out of one database, into an empty one of either kind."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from securemsg.crypto.keyring import SERVICE
from securemsg.errors import Error, Misconfigured, Refused, Unavailable
from securemsg.store.connection import as_it_is, named_rows
from securemsg.store.database import Database, Row, Stream, Tx, Vouch, percent_style, row_type
from securemsg.store.migrate import alone, revision, revisions, upgrade
from securemsg.store.tables import metadata

# Keys first: with them the rest can be judged as it comes. Then each table after those it refers to.
TABLES = ("keys", *(str(table.name) for table in metadata.sorted_tables if table.name != "keys"))  # exact str, for JSON
Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The tables as they are there, in the order of TABLES, each with its columns: of the newest form or an older one."""

    revision: str
    tables: dict[str, Columns]


def form(database: Database) -> Form:
    """Of a database whose tables are not newer than this program."""
    there = database.read(revision)
    columns = {name: tuple(column["name"] for column in found)
               for (_, name), found in inspect(database.engine).get_multi_columns().items()}
    return Form(there, {name: columns[name] for name in TABLES if name in columns})


def counts(stream: Stream, form: Form) -> dict[str, int]:
    """How many rows each table has. Unavailable when the tables have been given another form since."""
    if next(stream("SELECT version_num FROM alembic_version"))[0][0] != form.revision:
        raise Unavailable("The tables were brought to another form just now. Please run this again.")
    return {name: next(stream(f"SELECT count(*) FROM {name}"))[0][0] for name in form.tables}


def rows(stream: Stream, form: Form) -> Iterator[tuple[str, Columns, list[tuple]]]:
    """Everything, in batches: table, names of its columns, rows."""
    for name, columns in form.tables.items():
        for batch in stream(f"SELECT {', '.join(columns)} FROM {name}"):
            yield name, columns, batch


def columns_of(table: str) -> Columns:
    return tuple(column.name for column in metadata.tables[table].columns)


class Filling:
    """A database while it is being filled; `tx` is its one transaction."""

    def __init__(self, connection: Connection, tx: Tx):
        self.tx = tx
        self._connection = connection
        self._columns: dict[str, set[str]] = {}

    def add(self, table: str, columns: Columns, rows: Sequence[Sequence[object]]) -> None:
        """More rows, in the form of the archive's revision; Refused for a table or a column that this form does not have."""
        if table not in self._columns:
            known = inspect(self._connection).get_columns(table) if table in TABLES else []
            self._columns[table] = {column["name"] for column in known}
        if not set(columns) or not set(columns) <= self._columns[table]:
            raise Refused(f"The archive has rows of {table[:40]!r} that do not fit its own form of the tables.")
        self.tx.insert_all(table, columns, rows)

    def modernize(self, vouch: Vouch) -> None:
        """Bring all that was added to the newest form."""
        if revision(self.tx) != revisions()[-1]:
            upgrade(self._connection, vouch=vouch)


@contextmanager
def filling(database: Database, revision: str) -> Iterator[Filling]:
    """Fill an empty database in one transaction: when the block ends well all of it is there, else nothing of it.

    Misconfigured when there are rows already. Tables that are there and empty are made anew in the form of `revision`.
    """
    if revision not in revisions():
        raise Refused(f"The archive was made by a newer version of securemsg (its tables have the form {revision[:20]}, this "
                      f"program knows {revisions()[-1]}). Install that version, then restore.")
    database.read(lambda tx: tx.one("SELECT 1 AS one"))  # a new file of SQLite gets its modes now
    try:
        with alone(database) as connection:
            _refuse_used(connection)
            _drop(connection)
            upgrade(connection, revision)
            yield Filling(connection, _transaction(connection))
    except DBAPIError as error:
        raise Misconfigured(f"The database cannot be used: {_said(error.orig)}. Nothing was changed.") from error
    except Error:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("sqlite3", "psycopg"):
            raise
        raise Misconfigured(f"The database did not take the archive: {_said(error)}. Nothing was changed.") from error


def _said(error: object) -> str:
    """What a driver says, without the value it says it of: `invalid input syntax for type bigint: "…"`."""
    line = str(error).partition("\n")[0]
    return line.partition(': "')[0][:200]


def _refuse_used(connection: Connection) -> None:
    for table in inspect(connection).get_table_names():
        if table != "alembic_version" and connection.exec_driver_sql(f'SELECT 1 AS one FROM "{table}" LIMIT 1').first():
            raise Misconfigured(f"There are rows in this database already ({table}); an archive goes into an empty one only. "
                                "Name another with SECUREMSG_DATA or SECUREMSG_DATABASE_URL, or move this one away first.")


def _drop(connection: Connection) -> None:
    metadata.drop_all(connection)
    connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")


def _transaction(connection: Connection) -> Tx:
    """On the connection of `alone`, which reaches all clinics."""
    raw: Any = connection.connection.driver_connection
    cursor = raw.cursor()
    if connection.dialect.name == "postgresql":
        return Tx(cursor, percent_style).everywhere
    cursor.row_factory = named_rows
    return Tx(cursor, as_it_is).everywhere


def epochs(stream: Stream) -> list[str]:
    """The epoch keys without which nothing of this opens."""
    sql = (f"SELECT DISTINCT wrapped_by FROM keys WHERE (clinic_id = '{SERVICE}' OR purpose = 'clinic') AND"
           " state <> 'destroyed' ORDER BY wrapped_by")
    return [row[0] for batch in stream(sql) for row in batch]


def checkpoints(stream: Stream) -> dict[str, str]:
    """The newest signed checkpoint of each clinic's audit log, by clinic."""
    sql = ("SELECT clinic_id, note FROM audit_checkpoints a WHERE size = (SELECT max(b.size) FROM audit_checkpoints b WHERE"
           " b.clinic_id = a.clinic_id)")
    return {row[0]: row[1] for batch in stream(sql) for row in batch}


def each(stream: Stream, table: str) -> Iterator[Row]:
    """Each row of a table, with all its columns."""
    columns = columns_of(table)
    for batch in stream(f"SELECT {', '.join(columns)} FROM {table}"):
        yield from map(row_type(columns)._make, batch)


SEALED = tuple((str(table.name), str(column.name)) for table in metadata.sorted_tables for column in table.columns
               if column.info.get("sealed"))
