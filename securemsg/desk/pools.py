"""A clinic's pools: who works in which, and which one a category's conversations go to. How they are changed: pooling.py."""

import hashlib
import time
from dataclasses import dataclass, field

import orjson

from securemsg.desk.desk import Desk
from securemsg.store import Row, pools

_FRESH_SECONDS = 5  # another process may have changed them; in this one a change is seen at once


@dataclass(frozen=True, slots=True)
class Pools:
    """A clinic's pools. `labels` and `names` by id; `members` by pool the ids of people, `routed` by category the pool's id."""

    names: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    routed: dict[str, str | None] = field(default_factory=dict)

    def of(self, person_id: str) -> frozenset[str]:
        """The pools of a person."""
        return frozenset(id for id, people in self.members.items() if person_id in people)

    @property
    def version(self) -> str:
        """Another one where anything is different: for who decides by a page that showed them."""
        members = {id: sorted(people) for id, people in self.members.items()}
        told = orjson.dumps([self.labels, members, self.routed], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(told).hexdigest()[:16]


def pools_of(desk: Desk, clinic_id: str, *, fresh: bool = False) -> Pools:
    """The pools of a clinic, as far as their rows are as this service wrote them: one that was altered lets nobody in. `fresh`:
    as they are now, for who decides by it."""
    known = desk.known_pools.get(clinic_id)
    if known and known[0] > time.monotonic() and not fresh:
        return known[1]
    there, members, categories = desk.database.read(lambda tx: (
        pools.everyone(tx, clinic_id), pools.members(tx, clinic_id), pools.categories(tx, clinic_id)))
    held = [row for row in members if _is_member(desk, clinic_id, row)]
    found = Pools({row.id: row.name for row in there}, {row.id: row.label for row in there},
                  {row.id: frozenset(each.person_id for each in held if each.pool_id == row.id) for row in there},
                  {row.id: _routed(desk, clinic_id, row) for row in categories})
    desk.known_pools[clinic_id] = (time.monotonic() + _FRESH_SECONDS, found)
    return found


def _is_member(desk: Desk, clinic_id: str, row: Row) -> bool:
    """Also that it was not ended since: a row of before, put back, lets nobody in."""
    ended_at = desk.ended.at("pools", row.person_id) or 0
    vouched = desk.vouched(row.mac, "pool_members", clinic_id, row.pool_id, row.person_id, row.granted_at)
    return vouched and row.granted_at > ended_at


def _routed(desk: Desk, clinic_id: str, row: Row) -> str | None:
    """The category's pool; one that nobody vouches for counts as none: then those see it who look after what is in no pool."""
    return row.pool_id if row.pool_id and desk.vouched(row.pool_mac, "categories", clinic_id, row.id, row.pool_id) else None
