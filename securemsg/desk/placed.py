"""Where a conversation is, and in whose hands: as this service wrote it, whatever somebody else put into the database.

Its row holds a pool where it was sent to one, its topic, and who took it; one MAC covers all three, so that none of them can be
written or taken out beside the others. Where it does not fit, those are looked for that it fits: what was there before it was
altered. Where it fits none, nobody holds the conversation and it has neither pool nor topic; then those see it who look after
what is in no pool.
"""

from itertools import product

from securemsg.crypto.keyring import SERVICE
from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.pools import pools_of
from securemsg.errors import Error, Unverified
from securemsg.store import Row, conversations, pools

LOST = SERVICE  # in place of a topic's id: no topic has it
_MOST_KNOWN = 20_000  # rows; about 8 MB
_Place = tuple[str | None, str, str | None]  # pool, topic, holder


def place_facts(clinic_id: str, id: str, pool_id: str | None, category_id: str,
                holder: str | None) -> tuple[str, str, str, str | None, str, str | None]:
    """What the MAC covers; `pool_id` None is where its topic goes."""
    return "conversations.place", clinic_id, id, pool_id, category_id, holder


def vouch(desk: Desk, row: Row, holder: str | None) -> bytes:
    """The MAC for who has it from now on, in the pool where it is. Unverified where that is not known any more: nobody vouches
    for what is there."""
    return vouch_in(desk, row, as_written(desk, row).pool_id, holder)


def vouch_in(desk: Desk, row: Row, pool_id: str | None, holder: str | None) -> bytes:
    """The same for a pool to which it is sent, None being its topic's."""
    if (category_id := as_written(desk, row).category_id) == LOST:
        raise Unverified
    return desk.vouch(*place_facts(row.clinic_id, row.id, pool_id, category_id, holder))


def without_pool(desk: Desk, row: Row, pool_id: str) -> dict[str, object]:
    """The columns of one that was closed, or erased, in a pool that goes: it is again where its topic is. One that somebody else
    put there is again where it was."""
    true = row if row.place_mac is None else as_written(desk, row)
    found = {"clinic_id": row.clinic_id, "id": row.id, "version": row.version}
    if true.pool_id != pool_id or true.place_mac is None:
        return {**found, "pool_id": None if true.pool_id == pool_id else true.pool_id, "place_mac": row.place_mac}
    return {**found, "pool_id": None, "place_mac": vouch_in(desk, row, None, true.claimed_by)}


def as_written(desk: Desk, row: Row) -> Row:
    """The same row where all of it is genuine; else one with the pool, the topic and the holder that the MAC fits."""
    there = (row.pool_id, row.category_id, row.claimed_by)
    if _fits(desk, row, there):
        return row
    pool_id, category_id, holder = _before(desk, row, there)
    return row._replace(pool_id=pool_id, category_id=category_id, claimed_by=holder)


def mended(desk: Desk, row: Row, now: int) -> Row:
    """As `as_written`, and so in the database from now on, on record; where nothing can be written it is mended in the answer
    alone. A topic that is not known any more stays in the database as it is, and is on record once."""
    true = as_written(desk, row)
    if true is row:
        return row
    try:
        return _written(desk, row, true, now)
    except Error:
        return true


def _written(desk: Desk, row: Row, true: Row, now: int) -> Row:
    lost = true.category_id == LOST
    if lost and (row.id, "lost") in desk.reported:
        return true
    detail = {"pool": row.pool_id, "category": row.category_id, "holder": row.claimed_by}
    on_record = entry(desk, Who("service", row.clinic_id), "conversation.put_back", "conversation", row.id, now, event=False,
                      outcome="failed" if lost else "ok", conversation_id=row.id, detail=detail)
    desk.database.write(on_record.after(lambda tx: lost or pools.put_back(tx, row, true)))
    if lost:
        desk.reported.add((row.id, "lost"))
        return true
    return desk.database.read(lambda tx: conversations.one(tx, row.clinic_id, row.id)) or true


def _before(desk: Desk, row: Row, there: _Place) -> _Place:
    """What the MAC was made for, what differs least from what is there first; of what was altered in all three ways nothing is
    known any more. A row that fitted nothing fits nothing later, but where there are more pools, topics or people by now."""
    found = pools_of(desk, row.clinic_id)
    pool_ids, topics, holders = {*found.names, None}, {*found.routed}, {*people.everyone(desk, row.clinic_id), None}
    tried = (len(pool_ids), len(topics), len(holders))
    asked, lost = (row.place_mac, row.id, row.clinic_id, *there), desk.lost_places
    if lost.get(asked) == tried:
        return None, LOST, None
    for place in _nearby(there, pool_ids, topics, holders):
        if _fits(desk, row, place):
            return place
    _remember(lost, asked, tried)
    return None, LOST, None


def _nearby(there: _Place, pool_ids: set[str | None], topics: set[str], holders: set[str | None]) -> list[_Place]:
    """Those that differ from it in one or two ways, in one first."""
    every_pool, every_topic, everyone = pool_ids | {there[0]}, topics | {there[1]}, holders | {there[2]}
    found = {*product(every_pool, every_topic, there[2:]), *product(every_pool, there[1:2], everyone),
             *product(there[:1], every_topic, everyone)}
    return sorted(found, key=lambda each: sum(one != other for one, other in zip(each, there, strict=True)))


def _fits(desk: Desk, row: Row, place: _Place) -> bool:
    """A list asks it of 200 rows: what fitted once is known to."""
    asked, known = (row.place_mac, row.id, row.clinic_id, *place), desk.fitting_places
    if asked in known:
        return True
    if fits := desk.vouched(row.place_mac, *place_facts(row.clinic_id, row.id, *place)):
        _remember(known, asked, fits)
    return fits


def _remember(known: dict, asked: tuple, found: object) -> None:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[asked] = found
