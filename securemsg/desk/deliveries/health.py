"""How the plugins of a clinic are doing: here, while somebody waits, and with what they are told after the commit."""

from dataclasses import dataclass

from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.store import failing
from securemsg.store.ids import made_at
from securemsg.times import SECOND

TOO_LONG = "It took too long."  # the fault of what was interrupted


@dataclass(frozen=True, slots=True)
class Health:
    """`state` is working, failing (since `at`), hanging (what it is to do takes too long, since `at`) or paused (until `at`)."""

    state: str = "working"
    at: int | None = None


def health(desk: Desk, who: Who, now: int) -> dict[str, Health]:
    """Of each plugin that is named. Whoever is paused is so in this process; what fails after the commit fails in all of them."""
    require(who, "clinic")
    found = {name: Health() for name in desk.registry.names}
    for row in desk.database.read(lambda tx: failing.failing(tx, who.clinic_id)):
        if row.plugin in found:  # else it is no longer named
            since = found[row.plugin].at or row.since or made_at(row.id)
            found[row.plugin] = Health("hanging" if row.fault == TOO_LONG else "failing", since)
    for name in desk.registry.names:
        if paused := desk.registry.paused(name):
            found[name] = Health("paused", now + int(max(paused.values()) * SECOND))
    return found
