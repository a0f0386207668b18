"""What a check found, and what it looks at."""

from dataclasses import dataclass

from securemsg.crypto.keystore import Keystore
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
    keystore: Keystore | None = None
    serving: bool = False


class Bad(Exception):
    """A check's way out: something is broken. The sentence says what, and what to do."""


class Doubtful(Exception):
    """It works; somebody should look at it all the same."""


class Skipped(Exception):
    """It cannot be looked at, since something before it is broken."""
