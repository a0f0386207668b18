"""How a clinic stands, for who answers for it: counts and waiting times by pool and by person, and not a word of anybody's."""

from dataclasses import dataclass

from securemsg.desk import looked_after, reach, strays
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.pools import pools_of
from securemsg.store import Row, overview
from securemsg.store import inbox as store_inbox

MOST = 20  # conversations that wait longest


@dataclass(frozen=True, slots=True)
class Standing:
    """`late`: an answer was promised by now. `since`: when the one that waits longest began to; None where nobody waits."""

    open: int = 0
    waiting: int = 0
    urgent: int = 0
    late: int = 0
    since: int | None = None

    def __add__(self, row: "Row | Standing") -> "Standing":
        since = [at for at in (self.since, row.since) if at is not None]
        return Standing(self.open + row.open, self.waiting + row.waiting, self.urgent + row.urgent, self.late + row.late,
                        min(since, default=None))


@dataclass(frozen=True, slots=True)
class Overview:
    """By the ids of pools (None: in no pool) and of people. `readers`: how many people could read what waits; `unseen`: the pools
    in use in which none of them works."""

    pools: dict[str | None, Standing]
    people: dict[str, Standing]
    readers: int
    unseen: frozenset[str | None]


def stands(desk: Desk, who: Who, now: int) -> Overview:
    """All pools stand in it, also those where nothing is open."""
    require(who, "counts")
    strays.put_back(desk, who.clinic_id, now)
    found = pools_of(desk, who.clinic_id)
    topics, held = desk.database.read(lambda tx: (overview.by_topic(tx, who.clinic_id, now),
                                                  overview.by_person(tx, who.clinic_id, now)))
    pools: dict[str | None, Standing] = dict.fromkeys([*found.names, None], Standing())
    for row in topics:
        pool = row.pool_id if row.pool_id in found.names else found.routed.get(row.category_id)
        pools[pool] = pools[pool] + row
    return Overview(pools, {row.person_id: Standing() + row for row in held},
                    len(looked_after.readers(desk, who.clinic_id)), looked_after.unseen(desk, who.clinic_id, found))


def waiting_longest(desk: Desk, who: Who) -> list[Row]:
    """References and topics, for who may send them on: what is urgent first."""
    if not who.may("inbox", "every_pool"):
        return []
    return desk.database.read(lambda tx: store_inbox.waiting(tx, who.clinic_id, reach.within(desk, who, "inbox"), MOST))
