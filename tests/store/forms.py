"""Tables as an earlier version of the program left them."""

from alembic import command
from alembic.config import Config

from securemsg.store import Database
from securemsg.store.migrate import _MIGRATIONS, alone


def put_back(database: Database, revision: str) -> None:
    """Take back the migrations after `revision`."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with alone(database) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
