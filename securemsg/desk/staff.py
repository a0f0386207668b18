"""What staff can do in a conversation: reply, claim, close, reopen; note, release, flag. How they see it: reading.py."""

import hashlib

import orjson

from securemsg.crypto import heads
from securemsg.crypto.envelope import seal
from securemsg.desk import acts, drafts, placed, sending, thread
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Wish, key_of
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Prepared, once
from securemsg.desk.reach import own
from securemsg.desk.reading import note_place, tell
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict, Refused
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations
from securemsg.store.ids import new_id
from securemsg.words import say

CLOSE_REASONS = {
    "answered": say("Answered"), "appointment": say("Appointment made"), "called": say("Called"), "redirected": say("Redirected"),
    "no_reply": say("No reply"), "duplicate": say("Duplicate"), "emergency": say("Sent to emergency care"), "spam": say("Spam")}


def reply(desk: Desk, who: Who, id: str, text: str, seen: int | None, key: str, now: int) -> None:
    """Answer the visitor at once. Conflict when visitor or colleagues did more than this person has seen. As people do it, with
    some seconds to take it back: pending.py."""
    acts.do(desk, Wish(who, id, acts.REPLY, Draft("staff", "text", {"text": text}, who.id), seen), key, now)


def claim(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Take the conversation; the visitor sees who answers. Conflict when somebody else holds it."""
    draft = Draft("system", "system.claimed", {"name": who.name, "role": who.title}, who.id)
    acts.do(desk, Wish(who, id, acts.CLAIM, draft), key, now)


def close(desk: Desk, who: Who, id: str, reason: str, seen: int | None, key: str, now: int) -> None:
    """End the conversation with a reason; the visitor can still write within two weeks. Conflict when visitor or colleagues
    did more than this person has seen: no message is closed away unread. One's own reply that still waits goes out first."""
    require(who, "close")
    if reason not in CLOSE_REASONS:
        raise Refused(errors={"reason": [say("Please choose a reason.")]})
    sending.release(desk, who, id, now)
    acts.do(desk, Wish(who, id, acts.CLOSE, Draft("system", "system.closed", {}, who.id), seen, reason), key, now)


def reopen(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Take up a closed conversation again."""
    acts.do(desk, Wish(who, id, acts.REOPEN, Draft("system", "system.reopened", {}, who.id)), key, now)


def release(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Hand the conversation back: whoever is free takes it, in a pool that may not be this person's. Conflict when this person
    does not hold it."""
    require(who, "claim")
    seq = own(desk, who, id, "claim").last_seq
    written = entry(desk, who, "conversation.released", "conversation", id, now, conversation_id=id)

    def prepare(attempt: int) -> Prepared:
        before = own(desk, who, id, "claim")
        if before.claimed_by != who.id:
            raise Conflict(say("You do not hold this conversation."))
        place_mac = placed.vouch(desk, before, None)
        return {}, written.after(lambda tx: conversations.claim(tx, before, None, place_mac, now))

    once(desk, key_of(who, id, "release", key, b""), now, prepare)
    tell(desk, who.clinic_id, id, "changed", seq)


def flag(desk: Desk, who: Who, id: str, urgent: bool, key: str, now: int) -> None:
    """Put the conversation first in the inbox, or back in line."""
    require(who, "claim")
    row = own(desk, who, id, "claim")
    urgency = "urgent" if urgent else "normal"
    written = entry(desk, who, f"conversation.{urgency}", "conversation", id, now, conversation_id=id)

    def write(tx: Tx) -> bool:
        if conversations.set_urgency(tx, who.clinic_id, id, urgency):
            written.write(tx)
        return True

    once(desk, key_of(who, id, "flag", key, urgency.encode()), now, lambda attempt: ({}, write))
    tell(desk, who.clinic_id, id, "changed", row.last_seq)


def note(desk: Desk, who: Who, id: str, text: str, key: str, now: int, version: int | None = None) -> dict:
    """Write for colleagues only; it can never reach the visitor. Returns `id`, `seq` and `at`."""
    require(who, "note")
    answer = once(desk, key_of(who, id, "note", key, text.encode()), now,
                  lambda attempt: _noting(desk, who, id, text, now, version))
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", id))
    return answer


def _noting(desk: Desk, who: Who, id: str, text: str, now: int, version: int | None) -> Prepared:
    before = own(desk, who, id)
    answer, write = noted(desk, who, before, text, now)
    cleared = drafts.cleared(desk, who, before, now, version, note=text)
    return answer, lambda tx: write(tx) and cleared(tx)


def noted(desk: Desk, who: Who, before: Row, text: str, now: int) -> Prepared:
    """A note in a conversation that is as `before`; the write returns False when it moved in between."""
    id, note_id = before.id, new_id()
    keys = thread.keys_to_write(desk, before, acts.ALTERED)
    content = orjson.dumps({"text": text, "author": who.id, "at": now})
    sealed = seal(keys.note, note_place(who.clinic_id, id, note_id), content)
    mac = heads.whole(keys.head, before.last_seq, before.head, before.note_seq + 1)
    written = entry(desk, who, "note.added", "conversation", id, now, conversation_id=id, message_id=note_id)
    author_id = who.id if who.kind == "staff" else None  # a system's stands inside only

    def write(tx: Tx) -> bool:
        if not conversations.add_note(tx, before, note_id, author_id, now, hashlib.sha256(sealed).digest(), sealed, mac):
            return False
        written.write(tx)
        return True

    return {"id": note_id, "seq": before.note_seq + 1, "at": now}, write
