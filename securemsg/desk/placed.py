"""Where a conversation is, and in whose hands: as this service wrote it, whatever somebody else put into the database.

Its row holds a pool that it was sent to, its topic, and who took it. The first has a MAC of its own, topic and holder have one
together. Where that fits neither, those are looked for that it fits: what was there before it was altered. Where it fits none,
nobody holds the conversation and it has no topic; then those see it who look after what is in no pool.
"""

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


def pool_facts(row: Row, pool_id: str) -> tuple[str, ...]:
    """What the MAC of a conversation's own pool covers."""
    return "conversations.pool", row.clinic_id, row.id, pool_id


def place_facts(clinic_id: str, id: str, category_id: str, holder: str | None) -> tuple[str, str, str, str, str | None]:
    """What the MAC of its topic and of who took it covers."""
    return "conversations.place", clinic_id, id, category_id, holder


def vouch(desk: Desk, row: Row, holder: str | None) -> bytes:
    """The MAC for who has it from now on; Unverified where the topic is not known any more: nobody vouches for what is there."""
    if (category_id := as_written(desk, row).category_id) == LOST:
        raise Unverified
    return desk.vouch(*place_facts(row.clinic_id, row.id, category_id, holder))


def as_written(desk: Desk, row: Row) -> Row:
    """The same row where all of it is genuine; else one without a pool that nobody vouches for, with the topic and the holder
    that the MAC fits."""
    genuine = row.pool_id is None or desk.vouched(row.pool_mac, *pool_facts(row, row.pool_id))
    if _fits(desk, row, row.category_id, row.claimed_by):
        return row if genuine else row._replace(pool_id=None)
    category_id, holder = _before(desk, row)
    return row._replace(pool_id=row.pool_id if genuine else None, category_id=category_id, claimed_by=holder)


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


def _before(desk: Desk, row: Row) -> tuple[str, str | None]:
    """The topic and the holder that the MAC was made for."""
    holders = dict.fromkeys([row.claimed_by, None, *people.everyone(desk, row.clinic_id)])
    for category_id in dict.fromkeys([row.category_id, *pools_of(desk, row.clinic_id).routed]):
        for holder in holders:
            if _fits(desk, row, category_id, holder):
                return category_id, holder
    return LOST, None


def _fits(desk: Desk, row: Row, category_id: str, holder: str | None) -> bool:
    """A list asks it of 200 rows: what fitted once is known to."""
    asked, known = (row.place_mac, row.id, row.clinic_id, category_id, holder), desk.fitting_places
    if asked in known:
        return True
    if fits := desk.vouched(row.place_mac, *place_facts(row.clinic_id, row.id, category_id, holder)):
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known.add(asked)
    return fits
