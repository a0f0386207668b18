"""Bring the tables to the newest form; one process at a time, whoever starts first."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from securemsg.errors import Misconfigured, Unusable
from securemsg.store.database import EVERYWHERE, Database, Tx, Vouch

_MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_305_512_201_884  # any number, the same for every node


def migrate(database: Database) -> None:
    """Run the migrations that are missing. Raises Unusable when the database is not; then nothing was changed."""
    if form(database) != revisions()[-1]:
        accept_older(database)
        with _usable(), alone(database) as connection:
            upgrade(connection, vouch=database.vouch)


def form(database: Database) -> str:
    """The form of the tables, one of `revisions` or one of a newer program; empty where there are none. Unusable as above."""
    with _usable():
        return database.read(revision) if inspect(database.engine).has_table("alembic_version") else ""


def require_newest(database: Database) -> None:
    """Misconfigured, with what to do, unless the tables have the form that this program works on."""
    accept_older(database)
    if (there := form(database)) != revisions()[-1]:
        raise Misconfigured(f"The tables have the form {there}, and this program needs {revisions()[-1]}. First run "
                            "`securemsg backup`, which takes them as they are, then `securemsg migrate`. Nothing was changed.")


def accept_older(database: Database) -> None:
    """Misconfigured where a newer program made the tables: only that one knows what is in them."""
    if (there := form(database)) > revisions()[-1]:
        raise Misconfigured(f"The tables have the form {there}, which a newer securemsg made; this one knows up to"
                            f" {revisions()[-1]}. Run the newer one. Nothing was changed.")


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise Unusable(f"The database cannot be used: {str(error.orig).splitlines()[0]}.") from error


def upgrade(connection: Connection, revision: str = "head", vouch: Vouch | None = None) -> None:
    """Bring the tables to a revision, as a part of the connection's transaction. `vouch` makes MACs for rows that are there."""
    from alembic import command  # takes a third of a second to import, and only the start needs it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"], config.attributes["vouch"] = connection, vouch
    command.upgrade(config, revision)


@lru_cache
def revisions() -> list[str]:
    """Every form the tables ever had, the newest last."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def revision(tx: Tx) -> str:
    """The form this database has; one that is not among `revisions` was made by a newer program."""
    row = tx.one("SELECT version_num FROM alembic_version")
    return row.version_num if row else ""


def can_write(tx: Tx) -> None:
    """What a write needs, its turn, its lock and the right to it, without changing anything."""
    tx.run("UPDATE alembic_version SET version_num = version_num WHERE 1 = 0")


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """One transaction that may change the tables; who else wants that, and on SQLite who else writes, waits meanwhile."""
    engine = database.engine
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder, engine.connect() as connection:
            holding: Any = holder.connection.driver_connection
            raw: Any = connection.connection.driver_connection
            holding.patience_seconds = raw.patience_seconds = None  # another's migration, and an index, take their time
            holder.execute(text("SET lock_timeout = 0"))
            holder.execute(text("SET statement_timeout = 0"))
            holder.execute(text(f"SELECT pg_advisory_lock({_ADVISORY_LOCK})"))
            raw.autocommit = False
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
            connection.execute(text(f"SET securemsg.clinic = {EVERYWHERE}"))
            try:
                yield connection
                connection.commit()
            finally:
                connection.invalidate()  # neither goes back to the pool: their settings are not those of the others
                holder.execute(text(f"SELECT pg_advisory_unlock({_ADVISORY_LOCK})"))
                holder.invalidate()
    else:
        with open(Path(engine.url.database or "").with_name("writer.lock"), "w") as lock, engine.connect() as connection:
            fcntl.flock(lock, fcntl.LOCK_EX)
            raw = connection.connection.driver_connection
            raw.isolation_level = None  # Python begins nothing by itself
            # Batch mode copies tables; with foreign keys on, dropping the old copy deletes its children.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                raise Misconfigured(f"The migration would leave {len(broken)} rows without what they refer to;"
                                    " nothing was changed.")
            connection.commit()
