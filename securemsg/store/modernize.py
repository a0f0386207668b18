"""Bring tables that are in use to the newest form, while no process serves them: it would go on with the older one."""

from collections.abc import Iterator
from contextlib import contextmanager

from securemsg.errors import Misconfigured
from securemsg.store.database import Database
from securemsg.store.lease import lease
from securemsg.store.migrate import form, migrate, revisions
from securemsg.store.sqlite import Sqlite, claim

_SERVED = ("The tables have the form {}, and this program needs {}; but a process of the other version serves them. Stop that "
           "one first. Nothing was changed.")


def modernize(database: Database) -> None:
    """As `migrate`; Misconfigured while a process serves tables of another form."""
    there, newest = form(database), revisions()[-1]
    if not there or there >= newest:
        migrate(database)
        return
    with _unserved(database, _SERVED.format(there, newest)):
        migrate(database)


@contextmanager
def _unserved(database: Database, sentence: str) -> Iterator[None]:
    """Hold what every serving process takes (on PostgreSQL the lead), so that none begins meanwhile."""
    if isinstance(database, Sqlite):
        try:
            held = claim(database)
        except Misconfigured:
            raise Misconfigured(sentence) from None
        with held:
            yield
        return
    lead = lease(database)
    try:
        if not lead.held():
            raise Misconfigured(sentence)
        yield
    finally:
        lead.release()
