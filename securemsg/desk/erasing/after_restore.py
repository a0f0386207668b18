"""A restore that no whole ledger went with may have forgotten what is held: nothing goes by itself until somebody has looked."""

from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Refused
from securemsg.store import state
from securemsg.times import rfc3339


def waiting_since(desk: Desk) -> int | None:
    """When such a restore was, unless somebody has said since that all is held; else None."""
    return desk.database.read(state.restored_in_part_at)


def resume(desk: Desk, now: int) -> None:
    """All is held again that has to be. Who may run a command here says so, and it stands in the audit log."""
    desk.database.write(entry(desk, Who("service", SERVICE), "retention.resumed", "service", None, now, event=False).write)


def refuse_while_waiting(desk: Desk) -> None:
    """Refused with what has to be done before."""
    if at := waiting_since(desk):
        raise Refused(f"The restore of {rfc3339(at)} had no whole ledger, so conversations may be held no more that should be."
                      " Look with `securemsg hold list`, hold again what has to be kept, and then say --after-a-restore. Nothing"
                      " was erased.")
