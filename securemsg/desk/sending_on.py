"""A conversation goes to another pool, with a note that says why: it is in nobody's hands then, and those see it who work there.

The visitor notices nothing, what is unread stays unread, and whoever sees it no longer keeps what was begun, sealed, until it
comes back.
"""

from securemsg.desk import looked_after, placed, reach, sending, staff, stale
from securemsg.desk.access import Who, require
from securemsg.desk.acts import key_of
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import LEAST, legible
from securemsg.desk.once import Prepared, once, was_done
from securemsg.desk.pools import pools_of
from securemsg.desk.reach import own
from securemsg.desk.reading import tell
from securemsg.errors import Conflict, Refused
from securemsg.store import Row, Tx, conversations, pending
from securemsg.store import pools as store_pools
from securemsg.words import say

LONGEST = 2_000  # characters of why
_CLOSED = say("This conversation is closed, so it goes nowhere.")
_NOT_YOURS = say("This conversation belongs to another team, so it is theirs to send on.")
_HELD = say("{name} has taken this conversation. Ask for it to be handed back first.")
_NOWHERE = say("Please choose a pool in which somebody works. It has to be another one than now.")
_WHY = say("Please write why, so that whoever takes it need not ask: between 3 and {most} characters.", most=LONGEST)


def targets(desk: Desk, row: Row) -> dict[str, str]:
    """Where a conversation can go, ids and what people call them: pools in which somebody works who reads, but its own."""
    found = pools_of(desk, row.clinic_id)
    apart = {reach.pool_of(desk, found, row), *looked_after.empty(desk, row.clinic_id, found)}
    return {id: found.labels[id] for id in sorted(found.labels, key=lambda id: found.labels[id].casefold()) if id not in apart}


def may(desk: Desk, who: Who, row: Row) -> bool:
    """Whether this person could send it on: it is open, in their hands or with their team, and there is somewhere to go."""
    return _why_not(desk, who, row) is None and bool(targets(desk, row))


def send_on(desk: Desk, who: Who, id: str, pool_id: str, why: str, key: str, now: int) -> None:
    """Refused for a pool where nobody would read it, or without a reason. Conflict when it is closed, somebody else's, or an
    answer is on its way: that goes out first. One's own that still waits goes out now, once nothing speaks against it."""
    require(who, "claim")
    text = why.strip()
    if legible(text) < LEAST or len(text) > LONGEST or "\0" in text:
        raise Refused(errors={"why": [_WHY]})
    asked = key_of(who, id, "send-on", key, f"{pool_id} {text}".encode())
    if who.may("reply") and not was_done(desk, asked):
        _check(desk, who, own(desk, who, id, "claim"), pool_id)
        sending.release(desk, who, id, now)
    once(desk, asked, now, lambda attempt: _sending_on(desk, who, id, pool_id, text, now))
    tell(desk, who.clinic_id, id, "changed", own(desk, Who("service", who.clinic_id), id).last_seq)


def _sending_on(desk: Desk, who: Who, id: str, pool_id: str, text: str, now: int) -> Prepared:
    before, found = own(desk, who, id, "claim"), pools_of(desk, who.clinic_id, fresh=True)
    _check(desk, who, before, pool_id)
    stale.refuse_beside(desk, who, before)
    here = reach.pool_of(desk, found, before)
    answer, noted = staff.noted(desk, who, before, f"→ {found.labels[pool_id]}\n\n{text}", now)
    written = entry(desk, who, "conversation.sent_on", "conversation", id, now, conversation_id=id,
                    detail={"from": found.labels.get(here or ""), "to": found.labels[pool_id]})
    own_pool = None if found.routed.get(before.category_id) == pool_id else pool_id  # back where its topic goes
    place_mac = placed.vouch_in(desk, before, own_pool, None)

    def write(tx: Tx) -> bool:
        """False when it moved in between, the pool is gone, or somebody was quicker to press Send."""
        return (store_pools.hold(tx, before.clinic_id, pool_id) and conversations.send_on(tx, before, own_pool, place_mac)
                and pending.one(tx, before.clinic_id, id) is None and noted(tx))

    return answer, written.after(write)


def _check(desk: Desk, who: Who, row: Row, pool_id: str) -> None:
    """Conflict, or Refused, where this person cannot send it there."""
    if sentence := _why_not(desk, who, row):
        raise Conflict(sentence)
    if pool_id not in targets(desk, row):
        raise Refused(errors={"pool": [_NOWHERE]})


def _why_not(desk: Desk, who: Who, row: Row) -> str | None:
    """The sentence that says why this person cannot send it on, or None."""
    if row.closed_at:
        return _CLOSED
    if row.claimed_by == who.id:
        return None
    if not reach.may_take(desk, who, row):
        return _NOT_YOURS
    if row.claimed_by and not who.may("claim", "every_pool"):  # who manages may take it out of somebody's hands
        return _HELD.format(name=stale.name(desk, who.clinic_id, row.claimed_by))
    return None
