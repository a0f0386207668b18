"""The second copy of the keystore: written after each change, so that the night's new epoch makes no copy stale."""

import logging

from securemsg.crypto import keystore
from securemsg.desk.desk import Desk
from securemsg.errors import Misconfigured

_log = logging.getLogger("securemsg")


def changed(desk: Desk) -> None:
    """The keystore was written: it counts from now on, in the copy as well."""
    desk.keys.reload()
    keep_copy(desk)


def keep_copy(desk: Desk) -> None:
    """Write the copy where it differs. A copy that cannot be written is told in the log; what was changed stays so."""
    path, copy = desk.settings.keystore, desk.settings.keystore_copy
    if not copy:
        return
    try:
        if not keystore.is_copy(path, copy):
            keystore.copy(path, copy)
    except (OSError, Misconfigured) as error:
        _log.error("the copy of the keystore could not be written: it is stale, and without the keystore nothing opens what "
                   "comes from now on. See `securemsg doctor`", extra={"error": type(error).__name__})
