"""What a check found, and what it looks at."""

from dataclasses import dataclass

from securemsg.crypto.keystore import Keystore
from securemsg.crypto.roots import Root
from securemsg.errors import Error
from securemsg.settings import Settings
from securemsg.store import Database


@dataclass(frozen=True, slots=True)
class Finding:
    """`state` is ok, warn or fail; the sentence says what was found and, unless it is ok, what to do."""

    check: str
    state: str
    sentence: str


@dataclass
class Patient:
    """The service from outside, opened as far as it can be. A part that is missing was told by its own check already."""

    settings: Settings
    database: Database | None = None
    roots: tuple[Root, ...] = ()
    keystore: Keystore | None = None
    serving: bool = False

    def give_up_database(self) -> None:
        """What is wrong with it was told: the later checks leave it alone."""
        if self.database:
            self.database.close()
        self.database = None


class Bad(Exception):
    """A check's way out: something is broken. The sentence says what, and what to do."""


class Doubtful(Exception):
    """It works; somebody should look at it all the same."""


class Skipped(Exception):
    """It cannot be looked at, since something before it is broken, and that was told."""


def away(patient: Patient, error: Error) -> str:
    """The sentence for a database that did not do what it was asked."""
    told = reason(error)
    if patient.settings.database_url.startswith("sqlite:"):
        return (f"The database cannot be used: {told}. Look at its disk, rights and locks; a file that is damaged is replaced by "
                "`securemsg restore` of a backup.")
    return (f"The database cannot be used: {told}. Is its server running, and SECUREMSG_DATABASE_URL right? The server's own log "
            "says more.")


def reason(error: Error) -> str:
    """What the database's driver said; the error's own words are for visitors."""
    cause = error.__cause__
    said = str(getattr(cause, "orig", None) or cause or type(error).__name__)
    return said.splitlines()[0].rstrip(".") if said else type(cause).__name__
