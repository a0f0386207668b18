"""While the database or who holds the root key is away, a process that was started stands by: all are told, none waits in vain.

gunicorn would end the whole service when a worker, killed and started anew, finds the database away. As soon as it can
be used, a fresh process looks at it (migrations, keys) and takes over.
"""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from securemsg.crypto import keystore, roots
from securemsg.crypto.keyring import Keyring
from securemsg.crypto.keystore import Keystore
from securemsg.desk import Desk, open_desk
from securemsg.errors import Misconfigured, Unavailable, Unusable
from securemsg.live import Live
from securemsg.settings import Settings
from securemsg.store.database import Stream, Vouch

_LOOK_SECONDS = 1.0
_log = logging.getLogger("securemsg")


class Away:
    """Stands for the database that nobody has looked at yet."""

    engine: Any = None
    skip_locked = ""
    vouch: Vouch | None = None
    elsewhere = False

    def read(self, fn: Callable) -> NoReturn:
        raise Unavailable(retry_after_seconds=5)

    def write(self, fn: Callable, *, independent: bool = False, keyed: bool = False) -> NoReturn:
        raise Unavailable(retry_after_seconds=5)

    def snapshot(self) -> AbstractContextManager[Stream]:
        raise Unavailable(retry_after_seconds=5)

    def scrub(self) -> bool:
        return False

    def waiting(self) -> int:
        return 0

    def close(self) -> None:
        """There is nothing to close."""


def desk(settings: Settings) -> Desk:
    """One without database and keys. Misconfigured when keystore and root key do not fit: that does not pass by itself."""
    named = roots.read_all(settings.root_key, settings.environ, settings.data)
    try:
        kept = keystore.read(settings.keystore, named)
        _log.error("the service stands by until its database can be used")
    except roots.Away:
        kept = Keystore("", {}, settings.keystore, named)
        _log.error("the service stands by until its root key can be asked for")
    return Desk(settings, Away(), Keyring(kept, _no_keys), Live())


def _no_keys(clinic: str) -> NoReturn:
    raise Unavailable(retry_after_seconds=5)


def run(standing: Desk, alive: Callable[[], bool], pause: Callable[[float], object]) -> None:
    """Instead of the worker's jobs: look whether the database is back, then make room for a fresh process."""
    while alive():
        pause(_LOOK_SECONDS)
        if alive() and _can_begin(standing.settings):
            os.kill(os.getpid(), signal.SIGTERM)
            return


def _can_begin(settings: Settings) -> bool:
    """Also when it fails for another reason: the fresh process says which."""
    try:
        open_desk(settings).close()
    except (Unavailable, Unusable):
        return False
    except Misconfigured:
        return True
    return True
