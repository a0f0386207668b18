"""What changes pools, each as a write with its row of the audit log, prepared for whoever decides: pooling.py, system/pools.py.

All of it rests on the pools as somebody saw them: `held` writes nothing where a colleague has changed them since.
"""

from collections.abc import Callable
from dataclasses import dataclass

from securemsg.desk import own_reach, placed
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.pools import Pools, pools_of
from securemsg.errors import Conflict, Missing
from securemsg.store import Tx, clinics, pools

Step = tuple[Callable[[Tx], object], Entry]  # a change, and its row of the audit log


@dataclass(frozen=True, slots=True)
class Seen:
    """The pools that something is decided by, and the rows that say so."""

    rows: list[list[tuple]]
    pools: Pools


def allow(who: Who) -> None:
    """Forbidden for who may not change pools; whoever runs the service may."""
    if who.kind != "service":
        require(who, "pools")


def seen(desk: Desk, clinic: Clinic) -> Seen:
    """The pools as they are now."""
    rows = desk.database.read(lambda tx: _rows(tx, clinic))  # first, so that what is decided rests on nothing newer
    return Seen(rows, pools_of(desk, clinic.id, fresh=True))


def held(clinic: Clinic, seen: Seen, steps: list[Step]) -> Callable[[Tx], bool]:
    """Writes all the steps; nothing, and False, where the pools are not as they were seen."""
    def write(tx: Tx) -> bool:
        clinics.hold(tx, clinic.id)
        if _rows(tx, clinic) != seen.rows:
            return False
        for change, written in steps:
            change(tx)
            written.write(tx)
        return True

    return write


def adding(desk: Desk, who: Who, clinic: Clinic, id: str, name: str, label: str, now: int) -> Callable[[Tx], bool]:
    """A new pool, nobody in it yet; the write gives False where another one has that name."""
    written = entry(desk, who, "pool.added", "pool", id, now, detail={"name": name}, event=False)
    return written.after(lambda tx: pools.insert(tx, clinic.id, id, name, label))


def renaming(desk: Desk, who: Who, clinic: Clinic, id: str, label: str, now: int) -> Step:
    """What people call a pool is something else."""
    written = entry(desk, who, "pool.renamed", "pool", id, now, detail={"label": label}, event=False)
    return (lambda tx: pools.relabel(tx, clinic.id, id, label)), written


def removing(desk: Desk, who: Who, clinic: Clinic, found: Pools, id: str, now: int) -> Callable[[Tx], bool]:
    """A pool that nothing goes to and that holds nothing open. The write raises Conflict otherwise, so that nothing that waits
    falls out of sight, and Missing where it is gone. Refused as own_reach.py has it."""
    own_reach.refuse_return(desk, who, found, id)
    written = entry(desk, who, "pool.removed", "pool", id, now, detail={"name": found.names.get(id)}, event=False)
    closed = [placed.without_pool(desk, row, id) for row in desk.database.read(lambda tx: pools.sent_to(tx, clinic.id, id))]

    def write(tx: Tx) -> bool:
        if not pools.hold(tx, clinic.id, id):
            raise Missing
        if pools.is_in_use(tx, clinic.id, id):
            raise Conflict("Topics still go to this pool, or conversations in it are open. Send them to another pool first.")
        if not pools.remove(tx, clinic.id, id, closed):
            raise Conflict
        return True

    return written.after(write)


def filling(desk: Desk, who: Who, clinic: Clinic, seen: Seen, id: str, ids: frozenset[str], now: int) -> list[Step]:
    """These people work in the pool, and nobody else; in which others they work stays."""
    return [belonging(desk, who, clinic, seen, person, sorted(seen.pools.of(person) ^ {id}), now)
            for person in sorted(ids ^ seen.pools.members[id])]


def belonging(desk: Desk, who: Who, clinic: Clinic, seen: Seen, person_id: str, ids: list[str], now: int) -> Step:
    """A person works in these pools and no others."""
    macs = {id: desk.vouch("pool_members", clinic.id, id, person_id, now + 1) for id in ids}
    written = entry(desk, who, "person.pools_changed", "person", person_id, now, event=False,
                    detail={"pools": sorted(seen.pools.names[id] for id in ids)})
    return (lambda tx: pools.put_memberships(tx, clinic.id, person_id, macs, now, now + 1)), written


def routing(desk: Desk, who: Who, clinic: Clinic, seen: Seen, to: dict[str, str | None], now: int) -> list[Step]:
    """The conversations of each category (by id) go to a pool (by id) or to none; what is not named stays."""
    others = {category: id for category, id in to.items() if seen.pools.routed[category] != id}
    return [leading(desk, who, clinic, seen, category, id, now) for category, id in others.items()]


def leading(desk: Desk, who: Who, clinic: Clinic, seen: Seen, category_id: str, id: str | None, now: int) -> Step:
    """One category's conversations go to this pool, or to none."""
    mac = desk.vouch("categories", clinic.id, category_id, id) if id else None
    written = entry(desk, who, "category.routed", "category", category_id, now, event=False,
                    detail={"pool": seen.pools.names.get(id or "")})
    return (lambda tx: pools.route(tx, clinic.id, category_id, id, mac)), written


def forget(desk: Desk, clinic: Clinic) -> None:
    """After a change: read the pools anew."""
    desk.known_pools.pop(clinic.id, None)


def _rows(tx: Tx, clinic: Clinic) -> list[list[tuple]]:
    """All that says what pools there are, in an order of its own."""
    found = pools.everyone(tx, clinic.id), pools.members(tx, clinic.id), pools.categories(tx, clinic.id)
    return [sorted(tuple(map(str, row)) for row in rows) for rows in found]
