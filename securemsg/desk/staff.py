"""What staff can do in a conversation: reply, note, claim, flag, close, reopen. How they see it: reading.py."""

import hashlib

import orjson

from securemsg.crypto import heads
from securemsg.crypto.envelope import seal
from securemsg.desk import people, thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.reading import note_place, own, tell
from securemsg.desk.thread import Draft, sealed_message
from securemsg.errors import Conflict, Refused
from securemsg.live import Signal
from securemsg.store import Tx, conversations
from securemsg.store.ids import new_id

CLOSE_REASONS = {
    "answered": "Answered", "appointment": "Appointment made", "called": "Called", "redirected": "Redirected",
    "no_reply": "No reply", "duplicate": "Duplicate", "emergency": "Sent to emergency care", "spam": "Spam"}


def reply(desk: Desk, who: Who, id: str, text: str, seen: int | None, key: str, now: int) -> None:
    """Answer the visitor. Conflict when the visitor wrote more than this person has seen."""
    require(who, "reply")
    _say(desk, who, id, key, now, Draft("staff", "text", {"text": text}, who.id), "reply", waiting_on="visitor", seen=seen)


def claim(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Take the conversation; the visitor sees who answers. Conflict when somebody else holds it."""
    require(who, "claim")
    draft = Draft("system", "system.claimed", {"name": who.name, "role": who.title}, who.id)
    _say(desk, who, id, key, now, draft, "claim", claimed=True)


def close(desk: Desk, who: Who, id: str, reason: str, seen: int | None, key: str, now: int) -> None:
    """End the conversation with a reason; the visitor can still write within two weeks. Conflict when the visitor wrote
    more than this person has seen: no message is closed away unread."""
    require(who, "close")
    if reason not in CLOSE_REASONS:
        raise Refused(errors={"reason": ["Please choose a reason."]})
    _say(desk, who, id, key, now, Draft("system", "system.closed", {}, who.id), "close", waiting_on="nobody",
         closed_reason=reason, seen=seen)


def reopen(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Take up a closed conversation again."""
    require(who, "reopen")
    _say(desk, who, id, key, now, Draft("system", "system.reopened", {}, who.id), "reopen", waiting_on="staff")


def release(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Hand the conversation back: whoever is free takes it."""
    require(who, "claim")
    row = own(desk, who, id)
    written = entry(desk, who, "conversation.released", "conversation", id, now, conversation_id=id)

    def write(tx: Tx) -> bool:
        if not conversations.claim(tx, who.clinic_id, id, None, who.id, now):
            return False
        written.write(tx)
        return True

    once(desk, _key(who, id, "release", key, b""), now, lambda attempt: _or_conflict(row.claimed_by == who.id, write))
    tell(desk, who.clinic_id, id, "changed", row.last_seq)


def flag(desk: Desk, who: Who, id: str, urgent: bool, key: str, now: int) -> None:
    """Put the conversation first in the inbox, or back in line."""
    require(who, "claim")
    row = own(desk, who, id)
    urgency = "urgent" if urgent else "normal"
    written = entry(desk, who, f"conversation.{urgency}", "conversation", id, now, conversation_id=id)

    def write(tx: Tx) -> bool:
        if conversations.set_urgency(tx, who.clinic_id, id, urgency):
            written.write(tx)
        return True

    once(desk, _key(who, id, "flag", key, urgency.encode()), now, lambda attempt: ({}, write))
    tell(desk, who.clinic_id, id, "changed", row.last_seq)


def note(desk: Desk, who: Who, id: str, text: str, key: str, now: int) -> None:
    """Write for colleagues only; it can never reach the visitor."""
    require(who, "note")

    def prepare(attempt: int) -> Prepared:
        before, note_id = own(desk, who, id), new_id()
        keys = thread.keys_of(desk, before)
        content = orjson.dumps({"text": text, "author": who.id, "at": now})
        sealed = seal(keys.note, note_place(who.clinic_id, id, note_id), content)
        mac = heads.whole(keys.head, before.last_seq, before.head, before.note_seq + 1)
        written = entry(desk, who, "note.added", "conversation", id, now, conversation_id=id, message_id=note_id)

        def write(tx: Tx) -> bool:
            if not conversations.add_note(tx, before, note_id, who.id, now, hashlib.sha256(sealed).digest(), sealed, mac):
                return False
            written.write(tx)
            return True

        return {}, write

    once(desk, _key(who, id, "note", key, text.encode()), now, prepare)
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", id))


def _say(desk: Desk, who: Who, id: str, key: str, now: int, draft: Draft, act: str, *, waiting_on: str | None = None,
         closed_reason: str | None = None, claimed: bool = False, seen: int | None = None) -> None:
    """Everything a visitor can see happen is a message: replies, and that somebody claims, closes, reopens."""
    def prepare(attempt: int) -> Prepared:
        before = own(desk, who, id)
        _refuse_untimely(desk, who, before, act, seen)
        keys = thread.keys_of(desk, before)
        row = sealed_message(keys, who.clinic_id, id, before.last_seq, before.head, draft, now)
        mac = heads.whole(keys.head, row.seq, row.head, before.note_seq)
        action = {"reply": "message.sent", "claim": "conversation.claimed", "close": "conversation.closed",
                  "reopen": "conversation.reopened"}[act]
        written = entry(desk, who, action, "conversation", id, now, conversation_id=id, message_id=row.id, seq=row.seq,
                        detail={"reason": closed_reason} if closed_reason else None)
        waits = waiting_on or before.waiting_on

        def write(tx: Tx) -> bool:
            if not conversations.advance(
                    tx, before, row.head, mac, now, by=draft.author_kind, waiting_on=waits, closed_reason=closed_reason,
                    closed_at=now if act == "close" else None,
                    waiting_since=(before.waiting_since or now) if waits == "staff" else None):
                return False
            if claimed and not conversations.claim(tx, who.clinic_id, id, who.id, before.claimed_by, now):
                return False
            conversations.insert_message(tx, row)
            written.write(tx)
            return True

        return {"seq": row.seq}, write

    body = orjson.dumps([draft.kind, draft.data, closed_reason])
    answer = once(desk, _key(who, id, act, key, body), now, prepare)
    tell(desk, who.clinic_id, id, "message", answer["seq"])


def _refuse_untimely(desk: Desk, who: Who, before, act: str, seen: int | None) -> None:
    """What the person wants must still make sense."""
    if act == "claim" and before.claimed_by and before.claimed_by != who.id:
        raise Conflict(f"{_name(desk, who.clinic_id, before.claimed_by)} has taken this conversation already.")
    if act == "claim" and before.claimed_by == who.id:
        raise Conflict("You have this conversation already.")
    if act == "reopen" and not before.closed_at:
        raise Conflict("This conversation is open.")
    if act in ("close", "claim", "reply") and before.closed_at:
        raise Conflict("This conversation is closed. Reopen it first.")
    if seen is not None and _visitor_wrote_after(desk, before, seen):
        raise Conflict("The visitor has written again in the meantime. Your text is kept: read the new message, then send.")


def _visitor_wrote_after(desk: Desk, before, seen: int) -> bool:
    if before.last_seq <= seen:
        return False
    rows = desk.database.read(lambda tx: conversations.messages(tx, before.clinic_id, before.id, seen + 1, thread.PAGE))
    return any(row.author_kind == "visitor" for row in rows)


def _name(desk: Desk, clinic_id: str, person_id: str) -> str:
    person = people.everyone(desk, clinic_id).get(person_id)
    return person.name if person else "Somebody else"


def _or_conflict(still: bool, write) -> Prepared:
    if not still:
        raise Conflict("You do not hold this conversation.")
    return {}, write


def _key(who: Who, id: str, act: str, key: str, body: bytes) -> Key:
    return Key(key, who.clinic_id, f"{act} {id} {who.id}", body)
