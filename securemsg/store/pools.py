"""Pools: groups of staff to whom a category's conversations go; who belongs to one, and which conversations a person sees so."""

from dataclasses import dataclass
from typing import Any

from securemsg.store.database import Row, Tx, placed, places
from securemsg.store.outbox import insert_revocation

_POOL = "SELECT id, name, label FROM pools WHERE clinic_id = :clinic_id"
_PLACE = ("SELECT clinic_id, id, version, pool_id, category_id, claimed_by, place_mac FROM conversations WHERE clinic_id ="
          " :clinic_id")
_FIRST = "00000000-0000-0000-0000-000000000000"  # sorts before every other


@dataclass(frozen=True, slots=True)
class Within:
    """Which conversations somebody sees: all, or those of some categories and pools, those they took themselves, and some by
    their ids. A conversation that was sent to a pool is there, and no longer where its category's are.

    One rule in two forms: `holds` asks it of a row that has `id, category_id, pool_id, claimed_by`, `where` of the database.
    """

    everything: bool = True
    categories: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    person_id: str = ""
    conversations: tuple[str, ...] = ()

    def holds(self, row: Row) -> bool:
        """Whether this conversation is one of them."""
        return (self.everything or self.shares(row) or row.id in self.conversations
                or (row.claimed_by is not None and row.claimed_by == self.person_id))

    def shares(self, row: Row) -> bool:
        """Whether it is with a pool of theirs, whoever took it."""
        return row.pool_id in self.pools if row.pool_id else row.category_id in self.categories

    @property
    def where(self) -> str:
        """What a query of conversations, called c, adds to its conditions; its values are `values`."""
        if self.everything:
            return ""
        of_topics = f"c.pool_id IS NULL AND c.category_id IN ({places('within_category', self.categories)})"
        named = [of_topics] * bool(self.categories)
        named += [f"c.pool_id IN ({places('within_pool', self.pools)})"] * bool(self.pools)
        named += [f"c.id IN ({places('within_id', self.conversations)})"] * bool(self.conversations)
        return f" AND ({' OR '.join([*named, 'c.claimed_by = :within_person'])})"

    @property
    def values(self) -> dict[str, Any]:
        """By the names that stand in `where`."""
        if self.everything:
            return {}
        lists = placed("within_category", self.categories) | placed("within_pool", self.pools)
        return {"within_person": self.person_id} | lists | placed("within_id", self.conversations)


EVERYTHING = Within()


def everyone(tx: Tx, clinic_id: str) -> list[Row]:
    """`id, name, label` of a clinic's pools."""
    return tx.all(f"{_POOL} ORDER BY name", clinic_id=clinic_id)


def members(tx: Tx, clinic_id: str) -> list[Row]:
    """`pool_id, person_id, mac, granted_at` of all of them."""
    return tx.all("SELECT pool_id, person_id, mac, granted_at FROM pool_members WHERE clinic_id = :clinic_id",
                  clinic_id=clinic_id)


def categories(tx: Tx, clinic_id: str) -> list[Row]:
    """`id, name, pool_id, pool_mac` of all categories, also of those that are listed no more."""
    return tx.all("SELECT id, name, pool_id, pool_mac FROM categories WHERE clinic_id = :clinic_id ORDER BY position, id",
                  clinic_id=clinic_id)


def insert(tx: Tx, clinic_id: str, id: str, name: str, label: str) -> bool:
    """A new pool; False when the name is taken."""
    return tx.insert("pools", clinic_id=clinic_id, id=id, name=name, label=label, or_nothing=True)


def relabel(tx: Tx, clinic_id: str, id: str, label: str) -> None:
    """People call it something else."""
    tx.run("UPDATE pools SET label = :label WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id, label=label)


def hold(tx: Tx, clinic_id: str, id: str) -> bool:
    """Until this write ends the pool stays; False where it is gone."""
    return tx.run("UPDATE pools SET label = label WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id) == 1


def is_in_use(tx: Tx, clinic_id: str, id: str) -> bool:
    """Whether topics go to it, or conversations that were sent to it are open."""
    return tx.one("SELECT 1 AS yes FROM categories WHERE clinic_id = :clinic_id AND pool_id = :id UNION ALL SELECT 1 FROM"
                  " conversations WHERE clinic_id = :clinic_id AND pool_id = :id AND closed_at IS NULL LIMIT 1",
                  clinic_id=clinic_id, id=id) is not None


def with_open(tx: Tx, clinic_id: str) -> frozenset[str]:
    """The ids of the pools that something was sent to which is open."""
    rows = tx.all("SELECT DISTINCT pool_id FROM conversations WHERE clinic_id = :clinic_id AND pool_id IS NOT NULL AND"
                  " closed_at IS NULL", clinic_id=clinic_id)
    return frozenset(row.pool_id for row in rows)


def where_they_are(tx: Tx, clinic_id: str) -> list[Row]:
    """`clinic_id, id, version, pool_id, category_id, claimed_by, place_mac` of what is open, or was sent to a pool."""
    return tx.all(f"{_PLACE} AND closed_at IS NULL UNION {_PLACE} AND pool_id IS NOT NULL AND erased_at IS NULL",
                  clinic_id=clinic_id)


def closed_after(tx: Tx, clinic_id: str, id: str, limit: int) -> list[Row]:
    """The same of what is closed, in the order of their ids behind this one; "" is before all."""
    return tx.all(f"{_PLACE} AND closed_at IS NOT NULL AND erased_at IS NULL AND id > :after ORDER BY id LIMIT :limit",
                  clinic_id=clinic_id, after=id or _FIRST, limit=limit)


def put_back(tx: Tx, row: Row, true: Row) -> bool:
    """A conversation is where `true` says; False when its row is another by now."""
    return tx.run("UPDATE conversations SET pool_id = :pool_id, category_id = :category_id, claimed_by = :claimed_by, version ="
                  " version + 1 WHERE clinic_id = :clinic_id AND id = :id AND version = :version", clinic_id=row.clinic_id,
                  id=row.id, version=row.version, pool_id=true.pool_id, category_id=true.category_id,
                  claimed_by=true.claimed_by) == 1


def sent_to(tx: Tx, clinic_id: str, id: str) -> list[Row]:
    """The same of all that was sent to one pool, closed and erased or not."""
    return tx.all(f"{_PLACE} AND pool_id = :id ORDER BY id", clinic_id=clinic_id, id=id)


def topics_in(tx: Tx, clinic_id: str, id: str) -> frozenset[str]:
    """The categories, by id, of what was sent to a pool, closed or not."""
    rows = tx.all("SELECT DISTINCT category_id FROM conversations WHERE clinic_id = :clinic_id AND pool_id = :id",
                  clinic_id=clinic_id, id=id)
    return frozenset(row.category_id for row in rows)


def remove(tx: Tx, clinic_id: str, id: str, closed: list[dict]) -> bool:
    """A pool, and who was in it. `closed` are the conversations in it as they were seen, `clinic_id, id, version`, each with the
    `pool_id` and `place_mac` that it has from now on; False when there is another by now, or one of them has changed."""
    tx.run_all("UPDATE conversations SET pool_id = :pool_id, place_mac = :place_mac, version = version + 1 WHERE clinic_id ="
               " :clinic_id AND id = :id AND version = :version", closed)
    if sent_to(tx, clinic_id, id):
        return False
    tx.run("DELETE FROM pool_members WHERE clinic_id = :clinic_id AND pool_id = :id", clinic_id=clinic_id, id=id)
    tx.run("DELETE FROM pools WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)
    return True


def route(tx: Tx, clinic_id: str, category_id: str, pool_id: str | None, mac: bytes | None) -> None:
    """A category's conversations go to this pool, or (None) to nobody in particular."""
    tx.run("UPDATE categories SET pool_id = :pool_id, pool_mac = :mac WHERE clinic_id = :clinic_id AND id = :id",
           clinic_id=clinic_id, id=category_id, pool_id=pool_id, mac=mac)


def put_memberships(tx: Tx, clinic_id: str, person_id: str, rows: dict[str, bytes], ended_at: int, granted_at: int) -> None:
    """A person's pools are these and no others, by their ids with the MAC of each; what was there before ends at `ended_at`, in
    every restored copy too."""
    insert_revocation(tx, clinic_id, "pools", person_id, ended_at)
    tx.run("DELETE FROM pool_members WHERE clinic_id = :clinic_id AND person_id = :person_id", clinic_id=clinic_id,
           person_id=person_id)
    for pool_id, mac in rows.items():
        tx.insert("pool_members", clinic_id=clinic_id, pool_id=pool_id, person_id=person_id, mac=mac, granted_at=granted_at)
