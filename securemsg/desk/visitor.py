"""What a visitor does in a conversation: send, close, read, see what was opened. How one begins: first_message.py."""

from collections.abc import Callable
from typing import Any

from securemsg.crypto import heads
from securemsg.desk import chosen, kinds, openings, thread
from securemsg.desk.acknowledging import acknowledged, as_read, canonical, tell
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.screening import beside, screened
from securemsg.desk.thread import Draft, Message, sealed_message
from securemsg.desk.visits import Visit
from securemsg.errors import Conflict, Over
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations
from securemsg.store.conversations import MessageRow
from securemsg.times import DAY
from securemsg.words import say

REOPENS_WITHIN_DAYS = 14
CLOSED_BY_VISITOR = "visitor"  # the reason in the conversation's row; staff have reasons of their own


def send(desk: Desk, visit: Visit, kind: str, data: dict, key: str, now: int, language: str = "") -> dict:
    """One more message, of somebody who reads that language. Returns `message`, `receipt` and `answer` (parts as JSON); Over when
    the conversation was closed too long ago, Refused with a plugin's sentence when it takes it for nothing to be sent."""
    once_key = Key(key, visit.clinic.id, f"send {visit.conversation.id}", canonical([kind, data]), visit.conversation.id)
    reads = language or visit.conversation.language
    label = None if kind == kinds.TEXT else chosen.label(desk, visit.conversation, kind, data)
    draft = Draft("visitor", kind, {**data, "text": label} if label else kinds.with_text(
        desk, visit.clinic.id, kind, data, reads, now))
    answer = once(desk, once_key, now, lambda attempt: _sending(desk, visit, draft, language, now, attempt), independent=True)
    tell(desk, visit.clinic.id, visit.conversation.id, answer["message"]["seq"])
    return answer


def close(desk: Desk, visit: Visit, seen: int, key: str, now: int) -> dict:
    """My question is answered: the conversation ends, until somebody writes again. Returns `message`. Conflict when it has ended
    already, or when the clinic has written more than this visitor has `seen`: no answer is closed away unread."""
    once_key = Key(key, visit.clinic.id, f"close {visit.conversation.id}", b"", visit.conversation.id)
    answer = once(desk, once_key, now, lambda attempt: _closing(desk, visit, seen, now, attempt), independent=True)
    tell(desk, visit.clinic.id, visit.conversation.id, answer["message"]["seq"])
    return answer


def _sending(desk: Desk, visit: Visit, draft: Draft, language: str, now: int, attempt: int) -> Prepared:
    before, clinic = thread.again(desk, visit.conversation) if attempt else visit.conversation, visit.clinic
    if is_over(before, now):
        raise Over
    found = screened(desk, clinic, draft, clinic.category_by_id(before.category_id), language or before.language, now)
    state = _as_it_was(before) if kinds.is_quiet(desk, draft.kind) and not found.urgency else _waiting(before, now)
    row, write = _following(desk, visit, before, draft, "message.sent", now, **state, urgency=found.urgency)
    return acknowledged(desk, clinic, row, draft, found.answer), beside(desk, before, found, now, write)


def _waiting(before: Row, now: int) -> dict[str, Any]:
    """The visitor waits for an answer, in a conversation that is open."""
    return {"by": "visitor", "waiting_on": "staff", "waiting_since": before.waiting_since or now}


def _as_it_was(before: Row) -> dict[str, Any]:
    """Nobody is asked for anything."""
    return {"by": "nobody", "waiting_on": before.waiting_on, "waiting_since": before.waiting_since, "closed_at": before.closed_at,
            "closed_reason": before.closed_reason}


def _closing(desk: Desk, visit: Visit, seen: int, now: int, attempt: int) -> Prepared:
    before = thread.again(desk, visit.conversation) if attempt else visit.conversation
    if before.closed_at:
        raise Conflict(say("This conversation is closed already."))
    if any(row.author_kind == "staff" or row.alert for row in thread.unseen(desk, before, seen)):
        raise Conflict(say("The clinic has written in the meantime. Please read its message first."))
    draft = Draft("system", "system.closed", {"by": "visitor"})
    row, write = _following(desk, visit, before, draft, "conversation.closed", now, by="nobody", waiting_on="nobody",
                            waiting_since=None, closed_at=now, closed_reason=CLOSED_BY_VISITOR)
    return {"message": as_read(row, draft)}, write


def _following(desk: Desk, visit: Visit, before: Row, draft: Draft, action: str, now: int, **state: Any,
               ) -> tuple[MessageRow, Callable[[Tx], bool]]:
    """The conversation's next message, and the write that adds it with its audit row; `state` is how the conversation then is."""
    keys = thread.keys_to_write(desk, before)
    row = sealed_message(keys, before.clinic_id, before.id, before.last_seq, before.head, draft, now)
    mac = heads.whole(keys.head, row.seq, row.head, before.note_seq)
    written = entry(desk, visit.who, action, "conversation", before.id, now, conversation_id=before.id, message_id=row.id,
                    seq=row.seq)

    def write(tx: Tx) -> bool:
        if not conversations.advance(tx, before, row.head, mac, now, **state):
            return False
        conversations.insert_message(tx, row)
        written.write(tx)
        return True

    return row, write


def about(visit: Visit) -> dict:
    """The visitor's own conversation in a few facts."""
    row = visit.conversation
    return {"id": row.id, "reference": row.reference, "category": visit.clinic.category_by_id(row.category_id).name,
            "state": "closed" if row.closed_at else "open", "opened_at": row.created_at, "last_seq": row.last_seq}


def is_over(conversation: Row, now: int) -> bool:
    """Whether it was closed so long ago that writing does not open it again."""
    return bool(conversation.closed_at) and now > conversation.closed_at + REOPENS_WITHIN_DAYS * DAY


def read(desk: Desk, visit: Visit, after: int, now: int) -> list[Message]:
    """Messages numbered above `after`. One that was altered stands as not verified; that is audited."""
    messages = thread.page(desk, visit.conversation, after)
    thread.report_unverified(desk, visit.who, visit.conversation.id, messages, now)
    return messages


def last_seq(desk: Desk, visit: Visit) -> int:
    """The number of the newest message, as it is now."""
    row = desk.database.read(lambda tx: conversations.one(tx, visit.clinic.id, visit.conversation.id))
    return row.last_seq if row else 0


def opened_upto(desk: Desk, visit: Visit) -> int:
    """The number of the last message that staff have opened."""
    return max((opening.upto_seq for opening in openings.by_staff(desk, visit)), default=0)


def has_seen(desk: Desk, visit: Visit, upto_seq: int, now: int) -> None:
    """The visitor has seen messages up to a number."""
    row, upto = visit.conversation, min(upto_seq, visit.conversation.last_seq)
    written = entry(desk, visit.who, "conversation.seen", "conversation", row.id, now, conversation_id=row.id, seq=upto)
    noted = openings.noted(desk, visit.who, row, upto, now)

    def write(tx: Tx) -> bool:
        news = noted(tx)
        if news:
            written.write(tx)
        return news

    if desk.database.write(write):
        desk.live.publish(("clinic", row.clinic_id), Signal("changed", row.id))
