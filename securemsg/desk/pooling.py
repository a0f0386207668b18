"""Who works in which pool, and which pool a category's conversations go to: changed by owner or manager, or by whoever runs the
service.

All of it decides who reads what. So each change is on record, and one that rests on pools that a colleague has changed since is
refused.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from securemsg.crypto.tokens import SLUG
from securemsg.desk import own_reach, people
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.people import Person
from securemsg.desk.pools import Pools, pools_of
from securemsg.errors import Conflict, Missing, Refused
from securemsg.store import Tx, clinics, pools
from securemsg.store.ids import new_id

LONGEST = 60  # characters of what people call a pool
_MOVED = "A colleague has changed the pools in the meantime, so nothing was done. They are shown as they are now."
_TAKEN = "There is a pool of this name already."
Step = tuple[Callable[[Tx], object], Entry]  # a change, and its row of the audit log


@dataclass(frozen=True, slots=True)
class Seen:
    """The pools that something is decided by, and the rows that say so."""

    rows: list[list[tuple]]
    pools: Pools


def add(desk: Desk, who: Who, clinic: Clinic, name: str, label: str, now: int) -> str:
    """A new pool, nobody in it yet: its id. Refused when the name cannot be one or is taken."""
    _allow(who)
    if not re.fullmatch(SLUG, name):
        raise Refused("A pool's short name has 2 to 41 small letters, digits and hyphens, and begins with a letter or digit.")
    if not label.strip() or "\0" in label or len(label.strip()) > LONGEST:
        raise Refused(errors={"label": [f"Please say what people call this pool, in {LONGEST} characters at most."]})
    id = new_id()
    written = entry(desk, who, "pool.added", "pool", id, now, detail={"name": name}, event=False)
    if not _write(desk, clinic, written.after(lambda tx: pools.insert(tx, clinic.id, id, name, label.strip()))):
        raise Refused(f"There is a pool {name} already.", errors={"label": [_TAKEN]})
    return id


def short_name(label: str, found: Pools) -> str:
    """What commands call a pool of that label beside those there are: `Front desk` is `front-desk`. Of other scripts, that it is
    a pool; and where another pool has that name, something behind it. Refused where people call another one that already."""
    if label.strip().casefold() in {each.casefold() for each in found.labels.values()}:
        raise Refused(_TAKEN, errors={"label": [_TAKEN]})
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:41].strip("-")
    if not re.fullmatch(SLUG, name):
        return f"pool-{new_id()[-6:]}"
    return f"{name[:34].strip('-')}-{new_id()[-6:]}" if name in found.names.values() else name


def remove(desk: Desk, who: Who, clinic: Clinic, id: str, now: int) -> None:
    """A pool that nothing goes to and that holds nothing open. Conflict otherwise: nothing that waits falls out of sight."""
    _allow(who)
    found = pools_of(desk, clinic.id, fresh=True)
    own_reach.refuse_return(desk, who, found, id)
    name = found.names.get(id)
    written = entry(desk, who, "pool.removed", "pool", id, now, detail={"name": name}, event=False)

    def write(tx: Tx) -> bool:
        if not pools.hold(tx, clinic.id, id):
            raise Missing
        if pools.is_in_use(tx, clinic.id, id):
            raise Conflict("Topics still go to this pool, or conversations in it are open. Send them to another pool first.")
        pools.remove(tx, clinic.id, id)
        return True

    _write(desk, clinic, written.after(write))


def put_members(desk: Desk, who: Who, clinic: Clinic, person: Person, names: tuple[str, ...], now: int) -> None:
    """A person works in these pools, and in no other. Missing for a name that no pool has."""
    _allow(who)
    seen = _seen(desk, clinic)
    ids = sorted(_named(seen.pools, name) for name in names)
    _together(desk, clinic, seen, [_belonging(desk, who, seen, clinic, person.id, ids, now)])


def put_people(desk: Desk, who: Who, clinic: Clinic, id: str, ids: frozenset[str], version: str, now: int) -> None:
    """These people work in this pool, and nobody else; in which others they work stays. `version` is that of the pools as this
    was decided: Conflict when they are others by now."""
    _allow(who)
    if id not in pools_of(desk, clinic.id, fresh=True).names:
        raise Missing
    seen = _seen(desk, clinic, version)
    if not ids <= {each.id for each in people.everyone(desk, clinic.id).values() if not each.disabled_at}:
        raise Refused("Somebody who was chosen does not work here any more. Please look again.")
    changed = sorted(ids ^ seen.pools.members[id])
    own_reach.refuse(desk, who, seen.pools, replace(seen.pools, members=seen.pools.members | {id: ids}))
    _together(desk, clinic, seen, [
        _belonging(desk, who, seen, clinic, person, sorted(seen.pools.of(person) ^ {id}), now) for person in changed])


def route(desk: Desk, who: Who, clinic: Clinic, category: str, name: str | None, now: int) -> None:
    """The conversations of a category go to this pool, or (None) to whoever is there. Missing for a name that nothing has."""
    _allow(who)
    seen = _seen(desk, clinic)
    found = next((each for each in clinic.categories if each.name == category), None)
    if found is None:
        raise Missing(f"There is no topic {category!r}. There are: {', '.join(each.name for each in clinic.categories)}.")
    _together(desk, clinic, seen, [_routing(desk, who, seen, clinic, found.id, _named(seen.pools, name) if name else None, now)])


def route_all(desk: Desk, who: Who, clinic: Clinic, to: dict[str, str | None], version: str, now: int) -> None:
    """The conversations of each category (by id) go to a pool (by id) or to none; what is not named stays. Conflict as above."""
    _allow(who)
    seen = _seen(desk, clinic, version)
    for category, id in to.items():
        if category not in seen.pools.routed or (id and id not in seen.pools.names):
            raise Refused("A topic or a pool that was chosen is not there any more. Please look again.")
    own_reach.refuse(desk, who, seen.pools, replace(seen.pools, routed=seen.pools.routed | to))
    _together(desk, clinic, seen, [_routing(desk, who, seen, clinic, category, id, now) for category, id in to.items()
                                   if seen.pools.routed[category] != id])


def _allow(who: Who) -> None:
    if who.kind != "service":
        require(who, "pools")


def _seen(desk: Desk, clinic: Clinic, version: str | None = None) -> Seen:
    """The pools as they are now; Conflict when somebody decided by others."""
    rows = desk.database.read(lambda tx: _rows(tx, clinic))  # first, so that what is decided rests on nothing newer
    found = pools_of(desk, clinic.id, fresh=True)
    if version not in (None, found.version):
        raise Conflict(_MOVED)
    return Seen(rows, found)


def _rows(tx: Tx, clinic: Clinic) -> list[list[tuple]]:
    """All that says what pools there are, in an order of its own."""
    found = pools.everyone(tx, clinic.id), pools.members(tx, clinic.id), pools.categories(tx, clinic.id)
    return [sorted(tuple(map(str, row)) for row in rows) for rows in found]


def _belonging(desk: Desk, who: Who, seen: Seen, clinic: Clinic, person_id: str, ids: list[str], now: int) -> Step:
    """What puts one person into these pools and no others, and its row of the audit log."""
    macs = {id: desk.vouch("pool_members", clinic.id, id, person_id, now + 1) for id in ids}
    written = entry(desk, who, "person.pools_changed", "person", person_id, now, event=False,
                    detail={"pools": sorted(seen.pools.names[id] for id in ids)})
    return (lambda tx: pools.put_memberships(tx, clinic.id, person_id, macs, now, now + 1)), written


def _routing(desk: Desk, who: Who, seen: Seen, clinic: Clinic, category_id: str, id: str | None, now: int) -> Step:
    mac = desk.vouch("categories", clinic.id, category_id, id) if id else None
    written = entry(desk, who, "category.routed", "category", category_id, now, event=False,
                    detail={"pool": seen.pools.names.get(id or "")})
    return (lambda tx: pools.route(tx, clinic.id, category_id, id, mac)), written


def _together(desk: Desk, clinic: Clinic, seen: Seen, steps: list[Step]) -> None:
    """All of it, or Conflict where the pools are not as they were seen."""
    def write(tx: Tx) -> bool:
        clinics.hold(tx, clinic.id)
        if _rows(tx, clinic) != seen.rows:
            raise Conflict(_MOVED)
        for change, written in steps:
            change(tx)
            written.write(tx)
        return True

    _write(desk, clinic, write)


def _named(found: Pools, name: str) -> str:
    id = next((id for id, known in found.names.items() if known == name), None)
    if id is None:
        raise Missing(f"There is no pool {name!r}. There are: {', '.join(found.names.values()) or 'none yet'}.")
    return id


def _write(desk: Desk, clinic: Clinic, write: Callable[[Tx], bool]) -> bool:
    done = desk.database.write(write)
    desk.known_pools.pop(clinic.id, None)
    return done
