"""Which conversations somebody may see: one rule, for a single one and for every list.

A category's conversations go to a pool, and its people see them; one that was sent to another pool is seen there instead. Who
took a conversation sees it. What is in no pool, or in one where nobody reads (looked_after.py), is seen by those who look after
it ("unrouted"), so that nothing waits unseen. Without pools, everybody at work sees everything. In all pools ("every_pool") a
person does only what the same role allows: who lists them all by one role reads by another those of their own pools.
"""

from securemsg.desk import glass, looked_after, placed
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import read_entry
from securemsg.desk.placed import as_written
from securemsg.desk.pools import Pools, pools_of
from securemsg.errors import Missing
from securemsg.store import Row, conversations
from securemsg.store.pools import EVERYTHING, Within
from securemsg.words import say

_NONE = say("There is no such conversation.")
_ERASED = say("This conversation was erased. Nothing of it is kept.")


def within(desk: Desk, who: Who, act: str) -> Within:
    """The conversations in this person's reach for `act`, as a role names it, and those opened in an emergency for a while."""
    if who.kind != "staff" or who.may(act, "every_pool"):
        return EVERYTHING
    pools = pools_of(desk, who.clinic_id)
    if not pools.names and who.may("inbox"):
        return EVERYTHING
    mine, unrouted = pools.of(who.id), who.may("unrouted")
    if unrouted:
        mine |= looked_after.empty(desk, who.clinic_id, pools)
    categories = tuple(id for id, pool in pools.routed.items() if (pool in mine if pool else unrouted))
    categories += (placed.LOST,) * unrouted
    lost = tuple(desk.lost_topics.get(who.clinic_id, ())) if unrouted else ()
    return Within(False, categories, tuple(sorted(mine)), who.id, glass.open_for(desk, who) + lost)


def may_see(desk: Desk, who: Who, row: Row, act: str = "read") -> bool:
    """Whether a conversation of the clinic, a row as conversations.one gives it, is in reach."""
    return holds(desk, within(desk, who, act), row)


def holds(desk: Desk, found: Within, row: Row) -> bool:
    """Whether it is among those `found`. A pool, a topic or a holder that somebody else than this service wrote beside it lets
    nobody in."""
    return found.everything or found.holds(as_written(desk, row))


def pool_of(desk: Desk, found: Pools, row: Row) -> str | None:
    """The pool that a conversation is with: the one that it was sent to, else its category's, if that has one."""
    true = as_written(desk, row)
    return true.pool_id or found.routed.get(true.category_id)


def may_take(desk: Desk, who: Who, row: Row) -> bool:
    """Whether it may become theirs, and so stay in reach: by its pool, not only while a glass is broken."""
    found = within(desk, who, "read" if who.may("read") else "claim")
    return found.everything or found.shares(as_written(desk, row))


def includes(desk: Desk, who: Who, id: str, act: str = "read") -> bool:
    """The same as `may_see` by its id, for who had it before: nothing is put on record, nor looked up for who sees everything."""
    found = within(desk, who, act)
    row = None if found.everything else desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
    return found.everything or (row is not None and holds(desk, found, row))


def own(desk: Desk, who: Who, id: str, act: str = "read") -> Row:
    """A conversation of this person's clinic and in their reach, for what shows its words or adds to them, or for another `act`.
    Missing otherwise: another clinic's and another pool's look like none at all, and that somebody came to another pool's is in
    the audit log."""
    row = desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
    if row is None:
        raise Missing(_NONE)
    if row.erased_at:
        raise Missing(_ERASED)
    if not may_see(desk, who, row, act):
        refused = read_entry(desk, who, "conversation.refused", id, desk.clock(), outcome="refused")
        desk.database.write(refused.write)
        raise Missing(_NONE)
    return placed.mended(desk, row, desk.clock())
