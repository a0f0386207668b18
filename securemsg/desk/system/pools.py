"""Pools for systems: a page of them, one, and changes on condition that it is as the caller saw it; all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

from securemsg.desk import own_reach, people, pool_changes, pooling
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.pool_changes import Seen, Step
from securemsg.desk.pools import Pools, pools_of
from securemsg.desk.system import cursors
from securemsg.desk.system.pool_facts import shown
from securemsg.errors import Conflict, Refused, Stale
from securemsg.store.ids import new_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pool is to be: its label, who works in it (ids), which categories go to it (names); None: as before."""

    label: str | None = None
    members: frozenset[str] | None = None
    categories: frozenset[str] | None = None

    @property
    def body(self) -> bytes:
        """The same for what is the same."""
        lists = (each if each is None else sorted(each) for each in (self.members, self.categories))
        return orjson.dumps([self.label, *lists])


def page(desk: Desk, home: Clinic, who: Who, cursor: str | None, limit: int) -> tuple[list[dict], str | None]:
    """At most `limit` pools as facts, by their short names, and the cursor of the next page."""
    require(who, "see_pools")
    found = shown(desk, home, pools_of(desk, home.id, fresh=True))
    ids, more = cursors.part(desk, cursors.Place(who.clinic_id, "pools"), cursor, limit,
                             {name: id for id, name in found.pools.names.items()})
    return [found.of(id) for id in ids], more


def one(desk: Desk, home: Clinic, who: Who, id: str) -> dict:
    """The facts of one; another clinic's id looks like no id at all."""
    require(who, "see_pools")
    return shown(desk, home, pools_of(desk, home.id, fresh=True)).of(id)


def add(desk: Desk, home: Clinic, who: Who, label: str, name: str | None, key: str, now: int) -> dict:
    """The facts of a new pool, in which nobody works yet. Conflict where another one has its name or label."""
    require(who, "pools")

    def prepare(attempt: int) -> Prepared:
        found, told = pools_of(desk, home.id, fresh=True), pooling.checked_label(label)
        if name in found.names.values() or pooling.is_taken(told, found):
            raise Conflict(pooling.TAKEN)
        id, short = new_id(), name or pooling.short_name(told, found)
        after = Pools(found.names | {id: short}, found.labels | {id: told}, found.members | {id: frozenset()}, found.routed)
        return shown(desk, home, after).of(id), pool_changes.adding(desk, who, home, id, short, told, now)

    return _once(desk, home, Key(key, home.id, f"pool.add {who.id}", orjson.dumps([label, name])), now, prepare)


def change(desk: Desk, home: Clinic, who: Who, id: str, wanted: Wanted, expected: frozenset[str], key: str, now: int) -> dict:
    """The facts of the pool as it is then. Stale with the present ones when it changed in between."""
    require(who, "pools")

    def prepare(attempt: int) -> Prepared:
        seen = _as_expected(desk, home, id, expected)
        after = _after(desk, home, seen.pools, id, wanted)
        own_reach.refuse(desk, who, seen.pools, after)
        return shown(desk, home, after).of(id), pool_changes.held(home, seen, _steps(desk, home, who, seen, after, id, now))

    return _once(desk, home, Key(key, home.id, f"pool.change {id} {who.id}", wanted.body), now, prepare)


def remove(desk: Desk, home: Clinic, who: Who, id: str, expected: frozenset[str], key: str, now: int) -> None:
    """Conflict while topics go to it or something is open in it; Stale as above."""
    require(who, "pools")

    def prepare(attempt: int) -> Prepared:
        seen = _as_expected(desk, home, id, expected)
        unmoved, write = pool_changes.held(home, seen, []), pool_changes.removing(desk, who, home, seen.pools, id, now)
        return {}, lambda tx: unmoved(tx) and write(tx)

    _once(desk, home, Key(key, home.id, f"pool.remove {id} {who.id}", b""), now, prepare)


def _as_expected(desk: Desk, home: Clinic, id: str, expected: frozenset[str]) -> Seen:
    """The pools as they are; Stale where this one is not of a version that the caller knows."""
    seen = pool_changes.seen(desk, home)
    facts = shown(desk, home, seen.pools).of(id)
    if facts["version"] not in expected:
        raise Stale(members={"current": facts})
    return seen


def _after(desk: Desk, home: Clinic, pools: Pools, id: str, wanted: Wanted) -> Pools:
    """The pools as they are to be; Refused or Conflict, with a sentence, where they cannot be so."""
    label, members, routed = pools.labels[id], pools.members[id], pools.routed
    if wanted.label is not None:
        label = pooling.checked_label(wanted.label)
        if pooling.is_taken(label, pools, id):
            raise Conflict(pooling.TAKEN)
    if wanted.members is not None:
        members = wanted.members
        if not members <= people.at_work(desk, home.id):
            raise Refused(errors={"members": ["Not all of these work at this clinic."]})
    if wanted.categories is not None:
        topics = {each.id for each in home.categories if each.name in wanted.categories and each.id in routed}
        if len(topics) < len(wanted.categories):
            raise Refused(errors={"categories": ["This clinic does not have all of these categories."]})
        routed = {topic: id if topic in topics else to if to != id else None for topic, to in routed.items()}
    return replace(pools, labels=pools.labels | {id: label}, members=pools.members | {id: members}, routed=routed)


def _steps(desk: Desk, home: Clinic, who: Who, seen: Seen, after: Pools, id: str, now: int) -> list[Step]:
    """What leads there, each with its row of the audit log."""
    renamed = [pool_changes.renaming(desk, who, home, id, after.labels[id], now)] * (after.labels != seen.pools.labels)
    return [*renamed, *pool_changes.filling(desk, who, home, seen, id, after.members[id], now),
            *pool_changes.routing(desk, who, home, seen, after.routed, now)]


def _once(desk: Desk, home: Clinic, key: Key, now: int, prepare: Callable[[int], Prepared]) -> dict:
    done = once(desk, key, now, prepare)
    pool_changes.forget(desk, home)
    return done
