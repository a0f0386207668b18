"""Open the database that the settings name."""

from collections.abc import Callable

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from securemsg.errors import Misconfigured
from securemsg.settings import Settings
from securemsg.store.database import Database
from securemsg.store.sqlite import Sqlite, prepare_folder


def connect(settings: Settings, engine: Callable[..., Engine] = create_engine) -> Database:
    """The database, not yet migrated. The folder of SQLite's file is made, readable by its owner alone.

    `engine` makes what connects, of an address and its options.
    """
    try:
        make_url(settings.database_url)
    except (ArgumentError, ValueError):  # without a word of it: a password may stand in it
        raise Misconfigured("SECUREMSG_DATABASE_URL cannot be read as an address like "
                            "postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME.") from None
    if settings.database_url.startswith("sqlite:"):
        prepare_folder(settings.database_url)
        return Sqlite(engine(settings.database_url, **Sqlite.engine_options))
    try:
        from securemsg.store.postgresql import Postgresql  # its driver is an extra, and takes a moment to import
    except ImportError:
        raise Misconfigured("SECUREMSG_DATABASE_URL names PostgreSQL, whose driver is not installed: "
                            "pip install 'securemsg[postgres]'") from None
    return Postgresql(engine(settings.database_url, **Postgresql.engine_options))
