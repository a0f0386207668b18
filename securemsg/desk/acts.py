"""What staff do that the visitor sees. All of it is a message: a reply, and that somebody claims, closes, reopens."""

from dataclasses import dataclass

import orjson

from securemsg.crypto import heads
from securemsg.desk import drafts, placed, reach, stale, thread
from securemsg.desk.access import Who, require
from securemsg.desk.canned import templates
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.reach import own
from securemsg.desk.reading import tell
from securemsg.desk.thread import Draft, sealed_message
from securemsg.errors import Conflict
from securemsg.store import Row, Tx, conversations, pending
from securemsg.store.conversations import MessageRow
from securemsg.words import say


@dataclass(frozen=True, slots=True)
class Act:
    """`name` is what a role must allow, `action` the word in the audit log, `waiting_on` who is next (None: as before)."""

    name: str
    action: str
    waiting_on: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person wants: `seen` is the last message this person has seen, `reason` why a conversation ends. A visitor who
    has written what the reply does not answer goes on waiting, `unanswered_since` then. `version` is that of the draft that
    it was typed over, where that is known."""

    who: Who
    id: str
    act: Act
    draft: Draft
    seen: int | None = None
    reason: str | None = None
    unanswered_since: int | None = None
    version: int | None = None


REPLY = Act("reply", "message.sent", waiting_on="visitor")
CLAIM = Act("claim", "conversation.claimed")
CLOSE = Act("close", "conversation.closed", waiting_on="nobody")
ALTERED = say("Something in this conversation was altered or taken away, so nothing was added to it. Please tell whoever runs "
              "this service, and reach the visitor in another way.")
_ELSEWHERE = say("This conversation belongs to another team, so you cannot take it.")
REOPEN = Act("reopen", "conversation.reopened", waiting_on="staff")


def do(desk: Desk, wish: Wish, key: str, now: int) -> None:
    """Once for each key. Conflict with a sentence when it makes no sense any more."""
    require(wish.who, wish.act.name)
    body = orjson.dumps([wish.draft.kind, wish.draft.data, wish.reason])
    answer = once(desk, key_of(wish.who, wish.id, wish.act.name, key, body), now, lambda attempt: _doing(desk, wish, now))
    tell(desk, wish.who.clinic_id, wish.id, "message", answer["seq"])


def key_of(who: Who, id: str, act: str, key: str, body: bytes) -> Key:
    """This person's key for this act on this conversation."""
    return Key(key, who.clinic_id, f"{act} {id} {who.id}", body, id)


def _doing(desk: Desk, wish: Wish, now: int) -> Prepared:
    before = own(desk, wish.who, wish.id, wish.act.name)
    if wish.act is REPLY:
        templates.refuse_unfilled(desk, before.clinic_id, wish.draft.data.get("text", ""))
    refuse_untimely(desk, wish, before)
    answer, write = step(desk, wish, before, now)
    if wish.act is not REPLY:
        return answer, write
    cleared = drafts.cleared(desk, wish.who, before, now, wish.version, reply=wish.draft.data["text"])
    return answer, lambda tx: write(tx) and cleared(tx)


def step(desk: Desk, wish: Wish, before: Row, now: int, id: str = "") -> Prepared:
    """The next message of a conversation that is as `before`; the write returns False when it moved in between."""
    who, keys = wish.who, thread.keys_to_write(desk, before, ALTERED)
    row = sealed_message(keys, who.clinic_id, wish.id, before.last_seq, before.head, wish.draft, now, id)
    mac = heads.whole(keys.head, row.seq, row.head, before.note_seq)
    written = entry(desk, who, wish.act.action, "conversation", wish.id, now, conversation_id=wish.id, message_id=row.id,
                    seq=row.seq, detail={"reason": wish.reason} if wish.reason else None)
    place_mac = placed.vouch(desk, before, who.id) if wish.act is CLAIM else b""
    return {"seq": row.seq}, lambda tx: _write(tx, wish, before, row, (mac, place_mac), written)


def _write(tx: Tx, wish: Wish, before: Row, row: MessageRow, macs: tuple[bytes, bytes], written: Entry) -> bool:
    now, since = row.received_at, wish.unanswered_since
    waits = "staff" if since else wish.act.waiting_on or before.waiting_on
    if not conversations.advance(  # a reply that waited while the visitor closed opens the conversation: it is to be read
            tx, before, row.head, macs[0], now, by=wish.draft.author_kind, waiting_on=waits, closed_reason=wish.reason,
            closed_at=now if wish.act is CLOSE else None,
            waiting_since=(since or before.waiting_since or now) if waits == "staff" else None):
        return False
    if wish.act in (REPLY, CLOSE) and pending.one(tx, before.clinic_id, before.id):  # somebody was quicker to press Send
        return False
    if wish.act is CLAIM and not conversations.claim(tx, before, wish.who.id, macs[1], now):
        return False
    conversations.insert_message(tx, row)
    written.write(tx)
    return True


def refuse_untimely(desk: Desk, wish: Wish, before: Row) -> None:
    """What the person wants must still make sense; Conflict with a sentence otherwise."""
    if wish.act is REOPEN and not before.closed_at:
        raise Conflict(say("This conversation is open."))
    if wish.seen is not None:
        stale.refuse(desk, wish.who, before, wish.seen)
    if wish.act is not REOPEN and before.closed_at:
        raise Conflict(say("This conversation is closed. Reopen it first."))
    if wish.act is CLAIM and before.claimed_by == wish.who.id:
        raise Conflict(say("You have this conversation already."))
    if wish.act is CLAIM and before.claimed_by:
        raise Conflict(say("{name} has taken this conversation already.",
                           name=stale.name(desk, wish.who.clinic_id, before.claimed_by)))
    if wish.act is CLAIM and not reach.may_take(desk, wish.who, before):
        raise Conflict(_ELSEWHERE)
    if wish.act in (REPLY, CLOSE):
        stale.refuse_beside(desk, wish.who, before)
