"""Who works in which pool, and which pool a category's conversations go to: changed by owner or manager, or by whoever runs the
service.

All of it decides who reads what. So each change is on record, and one that rests on pools that a colleague has changed since is
refused.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from securemsg.crypto.tokens import SLUG
from securemsg.desk import own_reach, people, pool_changes
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.legible import alike, is_name
from securemsg.desk.people import Person
from securemsg.desk.pool_changes import Seen, Step
from securemsg.desk.pools import Pools, pools_of
from securemsg.errors import Conflict, Missing, Refused
from securemsg.store import Tx
from securemsg.store.ids import new_id

LONGEST = 60  # characters of what people call a pool
_MOVED = "A colleague has changed the pools in the meantime, so nothing was done. They are shown as they are now."
NO_NAME = "A pool's short name has 2 to 41 small letters, digits and hyphens, and begins with a letter or digit."
TAKEN = "There is a pool of this name already."


def add(desk: Desk, who: Who, clinic: Clinic, name: str, label: str, now: int) -> str:
    """A new pool, nobody in it yet: its id. Refused when the name or the label cannot be one or is taken."""
    pool_changes.allow(who)
    if not re.fullmatch(SLUG, name):
        raise Refused(NO_NAME)
    id, told = new_id(), checked_label(label)
    if is_taken(told, pools_of(desk, clinic.id, fresh=True)):
        raise Refused(TAKEN, errors={"label": [TAKEN]})
    if not _write(desk, clinic, pool_changes.adding(desk, who, clinic, id, name, told, now)):
        raise Refused(f"There is a pool {name} already.", errors={"label": [TAKEN]})
    return id


def checked_label(label: str) -> str:
    """What people call a pool; Refused where it cannot be that."""
    if not is_name(label) or len(label.strip()) > LONGEST:
        raise Refused(errors={"label": [
            f"Please say what people call this pool, in {LONGEST} characters at most and one line that can be read."]})
    return label.strip()


def short_name(label: str, found: Pools) -> str:
    """What commands call a pool of that label beside those there are: `Front desk` is `front-desk`. Of other scripts, that it is
    a pool; and where another pool has that name, something behind it."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:41].strip("-")
    if not re.fullmatch(SLUG, name):
        return f"pool-{new_id()[-6:]}"
    return f"{name[:34].strip('-')}-{new_id()[-6:]}" if name in found.names.values() else name


def is_taken(label: str, found: Pools, but: str = "") -> bool:
    """Whether people call a pool that already, or take it for that, other than the one of the id `but`."""
    return alike(label) in {alike(each) for id, each in found.labels.items() if id != but}


def remove(desk: Desk, who: Who, clinic: Clinic, id: str, now: int) -> None:
    """A pool that nothing goes to and that holds nothing open. Conflict otherwise: nothing that waits falls out of sight."""
    pool_changes.allow(who)
    found = pools_of(desk, clinic.id, fresh=True)
    _write(desk, clinic, pool_changes.removing(desk, who, clinic, found, id, now))


def put_members(desk: Desk, who: Who, clinic: Clinic, person: Person, names: tuple[str, ...], now: int) -> None:
    """A person works in these pools, and in no other. Missing for a name that no pool has."""
    pool_changes.allow(who)
    seen = pool_changes.seen(desk, clinic)
    ids = sorted(_named(seen.pools, name) for name in names)
    _together(desk, clinic, seen, [pool_changes.belonging(desk, who, clinic, seen, person.id, ids, now)])


def put_people(desk: Desk, who: Who, clinic: Clinic, id: str, ids: frozenset[str], version: str, now: int) -> None:
    """These people work in this pool, and nobody else; in which others they work stays. `version` is that of the pools as this
    was decided: Conflict when they are others by now."""
    pool_changes.allow(who)
    if id not in pools_of(desk, clinic.id, fresh=True).names:
        raise Missing
    seen = _seen(desk, clinic, version)
    if not ids <= people.at_work(desk, clinic.id):
        raise Refused("Somebody who was chosen does not work here any more. Please look again.")
    own_reach.refuse(desk, who, seen.pools, replace(seen.pools, members=seen.pools.members | {id: ids}))
    _together(desk, clinic, seen, pool_changes.filling(desk, who, clinic, seen, id, ids, now))


def route(desk: Desk, who: Who, clinic: Clinic, category: str, name: str | None, now: int) -> None:
    """The conversations of a category go to this pool, or (None) to whoever is there. Missing for a name that nothing has."""
    pool_changes.allow(who)
    seen = pool_changes.seen(desk, clinic)
    found = next((each for each in clinic.categories if each.name == category), None)
    if found is None:
        raise Missing(f"There is no topic {category!r}. There are: {', '.join(each.name for each in clinic.categories)}.")
    id = _named(seen.pools, name) if name else None
    _together(desk, clinic, seen, [pool_changes.leading(desk, who, clinic, seen, found.id, id, now)])


def route_all(desk: Desk, who: Who, clinic: Clinic, to: dict[str, str | None], version: str, now: int) -> None:
    """The conversations of each category (by id) go to a pool (by id) or to none; what is not named stays. Conflict as above."""
    pool_changes.allow(who)
    seen = _seen(desk, clinic, version)
    for category, id in to.items():
        if category not in seen.pools.routed or (id and id not in seen.pools.names):
            raise Refused("A topic or a pool that was chosen is not there any more. Please look again.")
    own_reach.refuse(desk, who, seen.pools, replace(seen.pools, routed=seen.pools.routed | to))
    _together(desk, clinic, seen, pool_changes.routing(desk, who, clinic, seen, to, now))


def _seen(desk: Desk, clinic: Clinic, version: str) -> Seen:
    """The pools as they are now; Conflict when somebody decided by others."""
    found = pool_changes.seen(desk, clinic)
    if version != found.pools.version:
        raise Conflict(_MOVED)
    return found


def _together(desk: Desk, clinic: Clinic, seen: Seen, steps: list[Step]) -> None:
    """All of it, or Conflict where the pools are not as they were seen."""
    if not _write(desk, clinic, pool_changes.held(clinic, seen, steps)):
        raise Conflict(_MOVED)


def _named(found: Pools, name: str) -> str:
    id = next((id for id, known in found.names.items() if known == name), None)
    if id is None:
        raise Missing(f"There is no pool {name!r}. There are: {', '.join(found.names.values()) or 'none yet'}.")
    return id


def _write(desk: Desk, clinic: Clinic, write: Callable[[Tx], bool]) -> bool:
    done = desk.database.write(write)
    pool_changes.forget(desk, clinic)
    return done
