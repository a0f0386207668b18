"""What staff do that the visitor sees. All of it is a message: a reply, and that somebody claims, closes, reopens."""

from dataclasses import dataclass

import orjson

from securemsg.crypto import heads
from securemsg.desk import people, thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.reading import own, tell
from securemsg.desk.thread import Draft, sealed_message
from securemsg.errors import Conflict
from securemsg.store import Row, Tx, conversations
from securemsg.store.conversations import MessageRow


@dataclass(frozen=True, slots=True)
class Act:
    """`name` is what a role must allow, `action` the word in the audit log, `waiting_on` who is next (None: as before)."""

    name: str
    action: str
    waiting_on: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person wants: `seen` is the last message this person has seen, `reason` why a conversation ends."""

    who: Who
    id: str
    act: Act
    draft: Draft
    seen: int | None = None
    reason: str | None = None


REPLY = Act("reply", "message.sent", waiting_on="visitor")
CLAIM = Act("claim", "conversation.claimed")
CLOSE = Act("close", "conversation.closed", waiting_on="nobody")
REOPEN = Act("reopen", "conversation.reopened", waiting_on="staff")


def do(desk: Desk, wish: Wish, key: str, now: int) -> None:
    """Once for each key. Conflict with a sentence when it makes no sense any more."""
    require(wish.who, wish.act.name)
    body = orjson.dumps([wish.draft.kind, wish.draft.data, wish.reason])
    answer = once(desk, key_of(wish.who, wish.id, wish.act.name, key, body), now, lambda attempt: _doing(desk, wish, now))
    tell(desk, wish.who.clinic_id, wish.id, "message", answer["seq"])


def key_of(who: Who, id: str, act: str, key: str, body: bytes) -> Key:
    """This person's key for this act on this conversation."""
    return Key(key, who.clinic_id, f"{act} {id} {who.id}", body)


def _doing(desk: Desk, wish: Wish, now: int) -> Prepared:
    who, before = wish.who, own(desk, wish.who, wish.id)
    _refuse_untimely(desk, wish, before)
    keys = thread.keys_of(desk, before)
    row = sealed_message(keys, who.clinic_id, wish.id, before.last_seq, before.head, wish.draft, now)
    mac = heads.whole(keys.head, row.seq, row.head, before.note_seq)
    written = entry(desk, who, wish.act.action, "conversation", wish.id, now, conversation_id=wish.id, message_id=row.id,
                    seq=row.seq, detail={"reason": wish.reason} if wish.reason else None)
    return {"seq": row.seq}, lambda tx: _write(tx, wish, before, row, mac, written)


def _write(tx: Tx, wish: Wish, before: Row, row: MessageRow, mac: bytes, written: Entry) -> bool:
    now, waits = row.received_at, wish.act.waiting_on or before.waiting_on
    if not conversations.advance(
            tx, before, row.head, mac, now, by=wish.draft.author_kind, waiting_on=waits, closed_reason=wish.reason,
            closed_at=now if wish.act is CLOSE else None,
            waiting_since=(before.waiting_since or now) if waits == "staff" else None):
        return False
    if wish.act is CLAIM and not conversations.claim(tx, before.clinic_id, before.id, wish.who.id, before.claimed_by, now):
        return False
    conversations.insert_message(tx, row)
    written.write(tx)
    return True


def _refuse_untimely(desk: Desk, wish: Wish, before: Row) -> None:
    """What the person wants must still make sense."""
    if wish.act is REOPEN and not before.closed_at:
        raise Conflict("This conversation is open.")
    if wish.act is not REOPEN and before.closed_at:
        raise Conflict("This conversation is closed. Reopen it first.")
    if wish.act is CLAIM and before.claimed_by == wish.who.id:
        raise Conflict("You have this conversation already.")
    if wish.act is CLAIM and before.claimed_by:
        raise Conflict(f"{_name(desk, wish.who.clinic_id, before.claimed_by)} has taken this conversation already.")
    if wish.seen is not None and _visitor_wrote_after(desk, before, wish.seen):
        raise Conflict("The visitor has written again in the meantime. Your text is kept: read the new message, then send.")


def _visitor_wrote_after(desk: Desk, before: Row, seen: int) -> bool:
    if before.last_seq <= seen:
        return False
    rows = desk.database.read(lambda tx: conversations.messages(tx, before.clinic_id, before.id, seen + 1, thread.PAGE))
    return any(row.author_kind == "visitor" for row in rows)


def _name(desk: Desk, clinic_id: str, person_id: str) -> str:
    person = people.everyone(desk, clinic_id).get(person_id)
    return person.name if person else "Somebody else"
