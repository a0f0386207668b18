"""Which pools somebody looks after: what is in one where nobody reads would be before nobody's eyes."""

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.pools import Pools, pools_of
from securemsg.store import pools as store_pools


def readers(desk: Desk, clinic_id: str) -> frozenset[str]:
    """Who has signed in once and may read what waits where they work, by id."""
    return _who_may(desk, clinic_id, "inbox", "read")


def empty(desk: Desk, clinic_id: str, found: Pools) -> frozenset[str]:
    """The pools in which no reader works. Until somebody does it is as if what they hold were in no pool."""
    there = readers(desk, clinic_id)
    return frozenset(id for id in found.names if not there & found.members[id])


def unseen(desk: Desk, clinic_id: str, found: Pools) -> frozenset[str | None]:
    """Those of them that topics go to or where something is open; None where nobody looks after what is in no pool."""
    if without := empty(desk, clinic_id, found):
        used = desk.database.read(lambda tx: store_pools.with_open(tx, clinic_id))
        without &= {*found.routed.values(), *used}
    nowhere = not found.names or _who_may(desk, clinic_id, "inbox", "read", "unrouted")
    return without if nowhere or not (without or None in found.routed.values()) else without | {None}


def warnings(desk: Desk, clinic_id: str) -> list[str]:
    """A sentence for each such pool, for whoever has just changed who works where."""
    found = pools_of(desk, clinic_id, fresh=True)
    known = unseen(desk, clinic_id, found)
    until = "nobody sees what is in it" if None in known else "those see what is in it who look after what is in no pool"
    labels = sorted((found.labels[id] for id in known if id), key=str.casefold)
    return [f"Nobody who reads works in the pool {label} now: until somebody does, {until}." for label in labels]


def _who_may(desk: Desk, clinic_id: str, *acts: str) -> frozenset[str]:
    return frozenset(each.id for each in people.everyone(desk, clinic_id).values()
                     if each.enrolled_at and Who("staff", clinic_id, each.id, roles=each.roles).may(*acts))
