"""Who works in which pool, and which pool a category's conversations go to: set by the owner, or by whoever runs the service."""

import re
import time
from dataclasses import dataclass, field

from securemsg.crypto.tokens import SLUG
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.people import Person
from securemsg.errors import Missing, Refused
from securemsg.store import Row, Tx, pools
from securemsg.store.ids import new_id

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


def pools_of(desk: Desk, clinic_id: str) -> Pools:
    """The pools of a clinic, as far as their rows are as this service wrote them: one that was altered lets nobody in."""
    known = desk.known_pools.get(clinic_id)
    if known and known[0] > time.monotonic():
        return known[1]
    there, members, categories = desk.database.read(lambda tx: (
        pools.everyone(tx, clinic_id), pools.members(tx, clinic_id), pools.categories(tx, clinic_id)))
    held = [row for row in members if _is_member(desk, clinic_id, row)]
    found = Pools({row.id: row.name for row in there}, {row.id: row.label for row in there},
                  {row.id: frozenset(each.person_id for each in held if each.pool_id == row.id) for row in there},
                  {row.id: _routed(desk, clinic_id, row) for row in categories})
    desk.known_pools[clinic_id] = (time.monotonic() + _FRESH_SECONDS, found)
    return found


def add(desk: Desk, who: Who, clinic: Clinic, name: str, label: str, now: int) -> str:
    """A new pool, nobody in it yet: its id. Refused when the name cannot be one or is taken."""
    _allow(who)
    if not re.fullmatch(SLUG, name):
        raise Refused("A pool's short name has 2 to 41 small letters, digits and hyphens, and begins with a letter or digit.")
    if not label.strip():
        raise Refused("Please say what people call this pool.")
    id = new_id()
    written = entry(desk, who, "pool.added", "pool", id, now, detail={"name": name}, event=False)
    if not _write(desk, clinic, written.after(lambda tx: pools.insert(tx, clinic.id, id, name, label.strip()))):
        raise Refused(f"There is a pool {name} already.")
    return id


def put_members(desk: Desk, who: Who, clinic: Clinic, person: Person, names: tuple[str, ...], now: int) -> None:
    """A person works in these pools, and in no other. Missing for a name that no pool has."""
    _allow(who)
    ids = [_named(desk, clinic, name) for name in names]
    macs = {id: desk.vouch("pool_members", clinic.id, id, person.id, now + 1) for id in ids}
    written = entry(desk, who, "person.pools_changed", "person", person.id, now, detail={"pools": sorted(names)}, event=False)
    _write(desk, clinic, _always(written, lambda tx: pools.put_memberships(tx, clinic.id, person.id, macs, now, now + 1)))


def route(desk: Desk, who: Who, clinic: Clinic, category: str, name: str | None, now: int) -> None:
    """The conversations of a category go to this pool, or (None) to whoever is there. Missing for a name that nothing has."""
    _allow(who)
    found = next((each for each in clinic.categories if each.name == category), None)
    if found is None:
        raise Missing(f"There is no topic {category!r}. There are: {', '.join(each.name for each in clinic.categories)}.")
    id = _named(desk, clinic, name) if name else None
    mac = desk.vouch("categories", clinic.id, found.id, id) if id else None
    written = entry(desk, who, "category.routed", "category", found.id, now, detail={"pool": name}, event=False)
    _write(desk, clinic, _always(written, lambda tx: pools.route(tx, clinic.id, found.id, id, mac)))


def _allow(who: Who) -> None:
    if who.kind != "service":
        require(who, "people")


def _named(desk: Desk, clinic: Clinic, name: str) -> str:
    names = pools_of(desk, clinic.id).names
    found = next((id for id, known in names.items() if known == name), None)
    if found is None:
        raise Missing(f"There is no pool {name!r}. There are: {', '.join(names.values()) or 'none yet'}.")
    return found


def _write(desk: Desk, clinic: Clinic, write) -> bool:
    done = desk.database.write(write)
    desk.known_pools.pop(clinic.id, None)
    return done


def _always(written: Entry, change):
    def write(tx: Tx) -> bool:
        change(tx)
        written.write(tx)
        return True

    return write


def _is_member(desk: Desk, clinic_id: str, row: Row) -> bool:
    """Also that it was not ended since: a row of before, put back, lets nobody in."""
    ended_at = desk.ended.at("pools", row.person_id) or 0
    vouched = desk.vouched(row.mac, "pool_members", clinic_id, row.pool_id, row.person_id, row.granted_at)
    return vouched and row.granted_at > ended_at


def _routed(desk: Desk, clinic_id: str, row: Row) -> str | None:
    """The category's pool; one that nobody vouches for counts as none: then those see it who look after what is in no pool."""
    return row.pool_id if row.pool_id and desk.vouched(row.pool_mac, "categories", clinic_id, row.id, row.pool_id) else None
