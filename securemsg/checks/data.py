"""The folder, the database in it or elsewhere, its tables, and whether it takes a write."""

import os
import stat

from securemsg import store
from securemsg.checks.finding import Bad, Doubtful, Patient, Skipped, reason
from securemsg.checks.keys import is_new
from securemsg.errors import Error
from securemsg.store import state
from securemsg.store.migrate import revisions


class _Undone(Exception):
    """Rolls back what was tried."""


def folder(patient: Patient) -> str:
    """There, this user's, closed to others."""
    path, here = patient.settings.data, patient.settings.database_url.startswith("sqlite:")
    if not here and not path.exists():
        return "All data lie in the database server, so no data folder is needed."
    if not path.is_dir() and is_new(patient.settings):
        raise Skipped
    if not path.is_dir():
        raise Bad(f"The data folder {path} is not there. Run `securemsg init`, or name the right one with SECUREMSG_DATA.")
    found = path.stat()
    if not os.access(path, os.W_OK | os.X_OK):
        raise Bad(f"The data folder {path} may not be written by this user; run the service as its owner, or: chown it.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise Doubtful(f"The data folder {path} can be entered by others; run: chmod 700 {path}")
    return f"The data folder {path} is there, for this user alone."


def answers(patient: Patient) -> str:
    """Opened without being made: a file that is missing stays missing."""
    url = patient.settings.database_url
    if state.is_missing(url):
        if is_new(patient.settings) or not patient.settings.data.is_dir():
            raise Skipped
        raise Bad(f"There is no database {state.sqlite_file(url)} yet. Run `securemsg init`; if there was one, restore it.")
    database = store.connect(patient.settings)
    try:
        name, version = state.version(database)
    except BaseException:
        database.close()
        raise
    patient.database = database
    if name == "SQLite" and state.has_wal_reset_bug():
        return (f"SQLite {version} answers. (Its WAL-reset bug is kept away: one program writes at a time. Let no other program "
                "write to the file while the service runs.)")
    return f"{name} {version} answers."


def tables(patient: Patient) -> str:
    if not patient.database:
        raise Skipped
    found, newest = store.form(patient.database), revisions()[-1]
    if found == newest:
        return f"The tables have the newest form, {newest}."
    patient.give_up_database()
    if is_new(patient.settings):
        raise Skipped
    if not found:
        raise Bad("The database has no tables of this service. Is it the right one? Then `securemsg restore` a backup, or, "
                  "without any, run `securemsg init`.")
    if found > newest:
        raise Bad(f"The tables have the form {found}, made by a newer program; this one knows {newest}. Install the newer one.")
    raise Bad(f"The tables have the form {found}; this program needs {newest}. Run `securemsg backup`, then `securemsg migrate`.")


def apart(patient: Patient) -> str:
    """PostgreSQL keeps each clinic's rows from the others by itself, unless the role is above that or a table has no wall."""
    if not patient.database or not (role := state.role(patient.database)):
        raise Skipped
    if role.passes:
        raise Doubtful(f"The role {role.name} is a superuser or has BYPASSRLS, so PostgreSQL does not keep clinics apart by"
                       " itself: only the service does. Let it use an ordinary role that owns its database and its tables.")
    if tables := state.unwalled(patient.database):
        raise Doubtful(f"PostgreSQL does not keep clinics apart by itself in {', '.join(tables)}: their policies were changed."
                       " Only the service does it there. `securemsg restore` of a backup into an empty database makes them anew.")
    return "PostgreSQL shows and takes the rows of one clinic at a time."


def takes_writes(patient: Patient) -> str:
    """A row is written and taken back before it is committed."""
    if not patient.database:
        raise Skipped

    def tried(tx: store.Tx) -> None:
        state.try_to_write(tx)
        raise _Undone

    try:
        patient.database.write(tried)
    except _Undone:
        return "The database takes writes (tried, and taken back)."
    except Error as error:
        raise Bad(f"The database takes no writes: {reason(error)}. Look at its disk, rights and locks.") from error
    raise Bad("The database stored what was to be taken back.")
