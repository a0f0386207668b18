"""What staff can do: see the inbox, open a conversation, reply, note, claim, flag, close, reopen."""

import hashlib
from dataclasses import dataclass, field

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.desk import people, thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry, read_entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.thread import Draft, Message, sealed_message
from securemsg.errors import Conflict, Missing, Refused, Unverified
from securemsg.live import Signal
from securemsg.store import Row, Tx, audit, conversations, outbox
from securemsg.store import inbox as store_inbox
from securemsg.store.ids import new_id
from securemsg.times import SECOND

PAGE = 50  # conversations
CLOSE_REASONS = {
    "answered": "Answered", "appointment": "Appointment made", "called": "Called", "redirected": "Redirected",
    "no_reply": "No reply", "duplicate": "Duplicate", "emergency": "Sent to emergency care", "spam": "Spam"}


@dataclass(frozen=True, slots=True)
class Note:
    """Staff-only text. `text` is None when it could not be verified."""

    id: str
    author_id: str
    at: int
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything the conversation's page shows."""

    conversation: Row
    name: str | None = field(repr=False)
    contact: tuple[str, str] | None = field(repr=False)
    consent: Row | None
    messages: list[Message] = field(repr=False)
    notes: list[Note] = field(repr=False)
    seen_by_visitor: int
    seen_at: int | None
    audit: list


def inbox(desk: Desk, who: Who, view: str, before: int, now: int) -> tuple[list, int | None]:
    """Conversations of one view, and where the next page begins. No name and no text is opened for a list."""
    require(who, "inbox")
    before = before or now + 1
    if view == "mine":
        return desk.database.read(lambda tx: store_inbox.claimed_by(tx, who.clinic_id, who.id, PAGE)), None
    if view == "closed":
        rows = desk.database.read(lambda tx: store_inbox.closed(tx, who.clinic_id, PAGE, before))
        return rows, rows[-1].closed_at if len(rows) == PAGE else None
    first = desk.database.read(lambda tx: store_inbox.waiting(tx, who.clinic_id, 4 * PAGE)) if before > now else []
    rest = desk.database.read(lambda tx: store_inbox.answered(tx, who.clinic_id, PAGE, before))
    return first + rest, rest[-1].last_at if len(rest) == PAGE else None


def changed_since(desk: Desk, who: Who, since: int) -> bool:
    """Whether anything happened since a page was drawn: what falls between its drawing and its stream is not missed."""
    require(who, "inbox")
    return desk.database.read(lambda tx: outbox.changed_since(tx, who.clinic_id, since - SECOND))


def counts(desk: Desk, who: Who) -> tuple[int, int, int]:
    """How many conversations are open, mine, and waiting for an answer."""
    row = desk.database.read(lambda tx: store_inbox.counts(tx, who.clinic_id, who.id))
    return row.open, row.mine, row.waiting


def read(desk: Desk, who: Who, id: str, now: int) -> Opened:
    """Open a conversation. The audit row is committed before a word of it is opened; without it nothing is disclosed."""
    require(who, "read")
    row = _own(desk, who, id)
    disclosed = (("messages", f"1-{row.last_seq}"), ("notes", f"1-{row.note_seq}"), ("contact", id), ("name", id))
    written = read_entry(desk, who, "conversation.read", id, now, disclosed)

    def write(tx: Tx) -> bool:
        written.write(tx)
        return conversations.set_opened(tx, row.clinic_id, id, "staff", who.id, row.last_seq, now)

    if desk.database.write(write):
        _tell(desk, who.clinic_id, id, "opened", row.last_seq)
    opened = _opened(desk, who, row, now)
    if len(opened.messages) > row.last_seq and _own(desk, who, id).last_seq > row.last_seq:
        return read(desk, who, id, now)  # a message came in between: nothing is disclosed that was not recorded
    return opened


def reply(desk: Desk, who: Who, id: str, text: str, seen: int | None, key: str, now: int) -> None:
    """Answer the visitor. Conflict when the visitor wrote more than this person has seen."""
    require(who, "reply")
    _say(desk, who, id, key, now, Draft("staff", "text", {"text": text}, who.id), "reply", waiting_on="visitor", seen=seen)


def claim(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Take the conversation; the visitor sees who answers. Conflict when somebody else holds it."""
    require(who, "claim")
    draft = Draft("system", "system.claimed", {"name": who.name, "role": who.title}, who.id)
    _say(desk, who, id, key, now, draft, "claim", claimed=True)


def close(desk: Desk, who: Who, id: str, reason: str, key: str, now: int) -> None:
    """End the conversation with a reason; the visitor can still write within two weeks."""
    require(who, "close")
    if reason not in CLOSE_REASONS:
        raise Refused(errors={"reason": ["Please choose a reason."]})
    _say(desk, who, id, key, now, Draft("system", "system.closed", {}, who.id), "close", waiting_on="nobody", closed_reason=reason)


def reopen(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Take up a closed conversation again."""
    require(who, "reopen")
    _say(desk, who, id, key, now, Draft("system", "system.reopened", {}, who.id), "reopen", waiting_on="staff")


def release(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """Hand the conversation back: whoever is free takes it."""
    require(who, "claim")
    row = _own(desk, who, id)
    written = entry(desk, who, "conversation.released", "conversation", id, now, conversation_id=id)

    def write(tx: Tx) -> bool:
        if not conversations.claim(tx, who.clinic_id, id, None, who.id, now):
            return False
        written.write(tx)
        return True

    once(desk, _key(who, id, "release", key, b""), now, lambda attempt: _or_conflict(row.claimed_by == who.id, write))
    _tell(desk, who.clinic_id, id, "changed", row.last_seq)


def flag(desk: Desk, who: Who, id: str, urgent: bool, key: str, now: int) -> None:
    """Put the conversation first in the inbox, or back in line."""
    require(who, "claim")
    row = _own(desk, who, id)
    urgency = "urgent" if urgent else "normal"
    written = entry(desk, who, f"conversation.{urgency}", "conversation", id, now, conversation_id=id)

    def write(tx: Tx) -> bool:
        if conversations.set_urgency(tx, who.clinic_id, id, urgency):
            written.write(tx)
        return True

    once(desk, _key(who, id, "flag", key, urgency.encode()), now, lambda attempt: ({}, write))
    _tell(desk, who.clinic_id, id, "changed", row.last_seq)


def note(desk: Desk, who: Who, id: str, text: str, key: str, now: int) -> None:
    """Write for colleagues only; it can never reach the visitor."""
    require(who, "note")
    row = _own(desk, who, id)
    note_id = new_id()
    keys = thread.keys_of(desk, row)
    content = orjson.dumps({"text": text, "author": who.id, "at": now})
    sealed = seal(keys.note, _note_place(who.clinic_id, id, note_id), content)
    written = entry(desk, who, "note.added", "conversation", id, now, conversation_id=id, message_id=note_id)

    def write(tx: Tx) -> bool:
        conversations.add_note(tx, who.clinic_id, note_id, id, who.id, now, hashlib.sha256(sealed).digest(), sealed)
        written.write(tx)
        return True

    once(desk, _key(who, id, "note", key, text.encode()), now, lambda attempt: ({}, write))
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", id))


def _say(desk: Desk, who: Who, id: str, key: str, now: int, draft: Draft, act: str, *, waiting_on: str | None = None,
         closed_reason: str | None = None, claimed: bool = False, seen: int | None = None) -> None:
    """Everything a visitor can see happen is a message: replies, and that somebody claims, closes, reopens."""
    def prepare(attempt: int) -> Prepared:
        before = _own(desk, who, id)
        _refuse_untimely(desk, who, before, act, seen)
        row = sealed_message(thread.keys_of(desk, before), who.clinic_id, id, before.last_seq, before.head, draft, now)
        action = {"reply": "message.sent", "claim": "conversation.claimed", "close": "conversation.closed",
                  "reopen": "conversation.reopened"}[act]
        written = entry(desk, who, action, "conversation", id, now, conversation_id=id, message_id=row.id, seq=row.seq,
                        detail={"reason": closed_reason} if closed_reason else None)
        waits = waiting_on or before.waiting_on

        def write(tx: Tx) -> bool:
            if not conversations.advance(
                    tx, before, row.head, now, by=draft.author_kind, waiting_on=waits, closed_reason=closed_reason,
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
    _tell(desk, who.clinic_id, id, "message", answer["seq"])


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


def _own(desk: Desk, who: Who, id: str):
    """A conversation of this person's clinic; another clinic's id looks like no id at all."""
    row = desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
    if row is None:
        raise Missing("There is no such conversation.")
    return row


def _opened(desk: Desk, who: Who, row, now: int) -> Opened:
    contact, consent, notes, seen, trail = desk.database.read(lambda tx: (
        conversations.one_contact(tx, row.clinic_id, row.id), conversations.one_consent(tx, row.clinic_id, row.id),
        conversations.notes(tx, row.clinic_id, row.id), conversations.last_opening(tx, row.clinic_id, row.id, "visitor"),
        audit.about(tx, row.clinic_id, row.id)))
    messages = _all_messages(desk, row)
    thread.report_unverified(desk, who, row.id, messages, now)
    return Opened(row, _visitor_name(desk, row), _contact(desk, row, contact), consent, messages,
                  [_note(desk, row, note) for note in notes], seen.upto_seq if seen else 0, seen.opened_at if seen else None, trail)


def _all_messages(desk: Desk, row) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < row.last_seq:
        page = thread.page(desk, row, len(messages))
        if not page:
            break
        messages += page
    return messages


def _visitor_name(desk: Desk, row) -> str | None:
    return row.name and _text(desk, row, Place("conversations", "name", row.clinic_id, row.id, row.id), row.name)


def _contact(desk: Desk, row, contact) -> tuple[str, str] | None:
    return contact and (contact.channel, _text(desk, row, Place("contacts", "sealed", row.clinic_id, contact.id, row.id), contact.sealed))


def _text(desk: Desk, row, place: Place, sealed: bytes) -> str:
    try:
        return unseal(thread.keys_of(desk, row).body, place, sealed).decode()
    except Unverified:
        return "Could not be verified"


def _note(desk: Desk, row, note) -> Note:
    try:
        if hashlib.sha256(note.sealed or b"").digest() != note.ct_sha256:
            raise Unverified
        content = orjson.loads(unseal(thread.keys_of(desk, row).note, _note_place(row.clinic_id, row.id, note.id), note.sealed))
    except Unverified:
        return Note(note.id, note.author_id, note.received_at, None)
    return Note(note.id, content["author"], content["at"], content["text"])


def _note_place(clinic_id: str, conversation_id: str, note_id: str) -> Place:
    return Place("notes", "sealed", clinic_id, note_id, conversation_id, "staff")


def _name(desk: Desk, clinic_id: str, person_id: str) -> str:
    person = people.everyone(desk, clinic_id).get(person_id)
    return person.name if person else "Somebody else"


def _or_conflict(still: bool, write) -> Prepared:
    if not still:
        raise Conflict("You do not hold this conversation.")
    return {}, write


def _key(who: Who, id: str, act: str, key: str, body: bytes) -> Key:
    return Key(key, who.clinic_id, f"{act} {id} {who.id}", body)


def _tell(desk: Desk, clinic_id: str, id: str, kind: str, seq: int) -> None:
    desk.live.publish(("conversation", clinic_id, id), Signal(kind, id, seq))
    desk.live.publish(("clinic", clinic_id), Signal("changed", id, seq))
