"""Which conversations somebody may see: one rule, for a single one and for every list.

A category's conversations go to a pool, and its people see them. Who took a conversation sees it. What is in no pool is seen by
those who look after it ("unrouted"), so that nothing waits unseen. Without pools, everybody at work sees everything.
"""

from securemsg.desk import glass
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import read_entry
from securemsg.desk.pools import pools_of
from securemsg.errors import Missing
from securemsg.store import Row, conversations
from securemsg.store.pools import EVERYTHING, Within
from securemsg.words import say

_NONE = say("There is no such conversation.")
_ERASED = say("This conversation was erased. Nothing of it is kept.")


def within(desk: Desk, who: Who) -> Within:
    """The conversations that lists show: those in this person's reach, and those opened in an emergency for a while."""
    if who.kind != "staff" or who.may("every_pool"):
        return EVERYTHING
    pools = pools_of(desk, who.clinic_id)
    if not pools.names and who.may("inbox"):
        return EVERYTHING
    mine, unrouted = pools.of(who.id), who.may("unrouted")
    categories = tuple(id for id, pool in pools.routed.items() if (pool in mine if pool else unrouted))
    return Within(False, categories, who.id, glass.open_for(desk, who))


def may_see(desk: Desk, who: Who, row: Row) -> bool:
    """Whether a conversation of the clinic, a row with `id, category_id, claimed_by`, is in reach."""
    return within(desk, who).holds(row)


def includes(desk: Desk, who: Who, id: str) -> bool:
    """The same by its id, for who had it before: nothing is put on record."""
    row = desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
    return row is not None and may_see(desk, who, row)


def own(desk: Desk, who: Who, id: str) -> Row:
    """A conversation of this person's clinic and in their reach. Missing otherwise: another clinic's and another pool's look like
    none at all, and that somebody came to another pool's is in the audit log."""
    row = desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
    if row is None:
        raise Missing(_NONE)
    if row.erased_at:
        raise Missing(_ERASED)
    if not may_see(desk, who, row):
        refused = read_entry(desk, who, "conversation.refused", id, desk.clock(), outcome="refused")
        desk.database.write(refused.write)
        raise Missing(_NONE)
    return row
