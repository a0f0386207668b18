"""Who sets pools and reads in one too does not decide what comes before their own eyes: an owner does, or another manager."""

from securemsg.desk import looked_after
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.pools import Pools
from securemsg.errors import Refused
from securemsg.store import pools as store_pools

_MEMBER = "Which pools you work in yourself is for somebody else to say: an owner, or another manager."
_MORE = "With this you would say yourself what you read. That is for somebody else to say: an owner, or another manager."


def refuse(desk: Desk, who: Who, before: Pools, after: Pools) -> None:
    """Refused where this person's pools would be others, where they would read more, or a topic would leave a pool of theirs;
    never for who decides about people anyway, nor for whoever runs the service."""
    if who.kind == "service" or who.may("people"):
        return
    if before.of(who.id) != after.of(who.id):
        raise Refused(_MEMBER)
    mine = before.of(who.id)
    leave = any(pool in mine and after.routed[topic] != pool for topic, pool in before.routed.items())
    if who.may("read") and (leave or _seen(desk, who, after) - _seen(desk, who, before)):
        raise Refused(_MORE)


def refuse_return(desk: Desk, who: Who, found: Pools, pool_id: str) -> None:
    """Refused where what was closed in this pool would come before them, once the pool is gone."""
    if who.kind == "service" or who.may("people") or not who.may("read"):
        return
    topics = desk.database.read(lambda tx: store_pools.topics_in(tx, who.clinic_id, pool_id))
    if topics & _seen(desk, who, found):
        raise Refused(_MORE)


def _seen(desk: Desk, who: Who, found: Pools) -> frozenset[str]:
    """The pools and topics, by id, that this person reads; reach.py says so of conversations."""
    unrouted = who.may("unrouted")
    mine = found.of(who.id) | (looked_after.empty(desk, who.clinic_id, found) if unrouted else frozenset())
    return mine | {topic for topic, pool in found.routed.items() if (pool in mine if pool else unrouted)}
