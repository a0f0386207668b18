"""How a database is, for whoever looks after it."""

import sqlite3
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from securemsg.store.database import Database, Row, Tx
from securemsg.store.ids import new_id
from securemsg.store.tables import metadata
from securemsg.times import SECOND

# https://sqlite.org/wal.html, "The WAL-Reset Bug"
_WAL_RESET = ((3, 7, 0), (3, 51, 2))
_NIL = "00000000-0000-0000-0000-000000000000"
_WALLED = """
    SELECT c.relname AS name FROM pg_class c JOIN pg_policies p ON p.schemaname = current_schema() AND p.tablename = c.relname
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
      AND (p.tablename, p.policyname, p.cmd) <> ('clinics', 'reference', 'SELECT')
    GROUP BY c.relname HAVING count(*) = 1 AND bool_and(
      p.policyname = 'clinic' AND p.cmd = 'ALL' AND p.with_check IS NULL AND p.qual LIKE '%securemsg.clinic%')"""


def sqlite_file(url: str) -> Path:
    return Path(make_url(url).database or "")


def is_missing(url: str) -> bool:
    """Whether the database is a file that is surely not there; of a server, and of a folder that is closed, `connect` tells."""
    try:
        return url.startswith("sqlite:") and not sqlite_file(url).exists()
    except OSError:
        return False


def version(database: Database) -> tuple[str, str]:
    """The name and the version of the database that answers; a file that is no database raises."""
    if database.engine.dialect.name == "postgresql":
        return "PostgreSQL", database.read(lambda tx: tx.one("SHOW server_version")).server_version.split()[0]  # type: ignore[union-attr]
    database.read(lambda tx: tx.one("SELECT count(*) AS n FROM sqlite_master"))
    return "SQLite", sqlite3.sqlite_version


def role(database: Database) -> Row | None:
    """`name`, `passes`: as whom PostgreSQL knows this service, and whether no policy binds that role; None on SQLite."""
    if database.engine.dialect.name != "postgresql":
        return None
    return database.read(lambda tx: tx.one("SELECT rolname AS name, rolsuper OR rolbypassrls AS passes FROM pg_roles WHERE"
                                           " rolname = current_user"))


def unwalled(database: Database) -> list[str]:
    """The tables of clinics, on PostgreSQL, that have not the one policy they should have (wall.py), or do not keep to it."""
    walled = {row.name for row in database.read(lambda tx: tx.everywhere.all(_WALLED))}
    return [name for name, table in sorted(metadata.tables.items())
            if (name == "clinics" or "clinic_id" in table.columns) and name not in walled]


def has_wal_reset_bug() -> bool:
    """Whether writers and a checkpoint at once could damage the file, if they were not kept apart."""
    return _WAL_RESET[0] <= sqlite3.sqlite_version_info <= _WAL_RESET[1]


def has_tables(database: Database) -> bool:
    """Whether anything of this service was ever made there."""
    return inspect(database.engine).has_table("alembic_version")


def try_to_write(tx: Tx) -> None:
    """A row, to be taken back."""
    tx.insert("events", clinic_id=_NIL, id=new_id(), kind="doctor", happened_at=0)


def newest_row_at(tx: Tx) -> int | None:
    """When the newest thing that was recorded happened."""
    newest = "(SELECT happened_at FROM audit WHERE clinic_id = {} ORDER BY id DESC LIMIT 1)"
    rows = tx.everywhere.all(f"SELECT {newest.format('clinics.id')} AS at FROM clinics UNION ALL SELECT {newest.format(':nil')}",
                             nil=_NIL)
    return max((row.at for row in rows if row.at), default=None)


def server_clock(database: Database) -> int | None:
    """The database server's time; None where it is this computer's."""
    if database.engine.dialect.name != "postgresql":
        return None
    row = database.read(lambda tx: tx.one("SELECT extract(epoch FROM clock_timestamp()) AS now"))
    return int(row.now * SECOND)  # type: ignore[union-attr]


def restored_in_part_at(tx: Tx) -> int | None:
    """When an archive was last restored that no whole ledger went with, unless somebody has said since that all is held again."""
    row = tx.one("SELECT max(happened_at) AS at FROM audit WHERE clinic_id = :clinic_id AND action ="
                 " 'service.restored' AND objects LIKE '%\"not complete\"%'", clinic_id=_NIL)
    since = tx.one("SELECT max(happened_at) AS at FROM audit WHERE clinic_id = :clinic_id AND action = 'retention.resumed'",
                   clinic_id=_NIL)
    restored, resumed = row and row.at, since and since.at
    return restored if restored and restored >= (resumed or 0) else None


def newest_backup_at(tx: Tx) -> int | None:
    """When the newest archive was made, as the audit log says."""
    row = tx.one("SELECT max(happened_at) AS at FROM audit WHERE clinic_id = :clinic_id AND action = 'service.backup'",
                 clinic_id=_NIL)
    return row.at if row else None
