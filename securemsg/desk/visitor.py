"""What a visitor can do: open a conversation, send, read, see what was opened, close. How long a visit lasts: visits.py."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from securemsg.crypto import heads, tokens
from securemsg.crypto.envelope import Key as SealingKey
from securemsg.crypto.envelope import Place, seal
from securemsg.desk import openings, receipts, thread, visits
from securemsg.desk.access import Who
from securemsg.desk.clinics import Category, Clinic, Wording
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.thread import PAGE, Draft, Message, sealed_message
from securemsg.desk.visits import Visit
from securemsg.errors import Conflict, Over, Refused
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations
from securemsg.store.conversations import ContactRow, MessageRow
from securemsg.store.ids import new_id
from securemsg.times import DAY
from securemsg.words import Said, say

REOPENS_WITHIN_DAYS = 14
CLOSED_BY_VISITOR = "visitor"  # the reason in the conversation's row; staff have reasons of their own
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # read aloud without mistakes: no 0, O, 1, I, L


@dataclass(frozen=True, slots=True)
class Opening:
    """A first message and what goes with it, checked at the door. `contact` is (channel, value) or None."""

    category: str
    about: str
    name: str | None = field(repr=False)
    contact: tuple[str, str] | None = field(repr=False)
    consent: str
    kind: str
    data: dict = field(repr=False)
    language: str | None = None  # BCP 47, of the page the visitor wrote on; None: the clinic's
    leaves: bool = False  # this browser holds a conversation that would be out of reach, and nobody has said that it may be


def send(desk: Desk, visit: Visit, kind: str, data: dict, key: str, now: int) -> dict:
    """One more message. Returns `message` and `receipt`; Over when the conversation was closed too long ago."""
    once_key = Key(key, visit.clinic.id, f"send {visit.conversation.id}", _canonical([kind, data]))
    draft = Draft("visitor", kind, data)
    answer = once(desk, once_key, now, lambda attempt: _sending(desk, visit, draft, now, attempt), independent=True)
    _tell(desk, visit.clinic.id, visit.conversation.id, answer["message"]["seq"])
    return answer


def close(desk: Desk, visit: Visit, seen: int, key: str, now: int) -> dict:
    """My question is answered: the conversation ends, until somebody writes again. Returns `message`. Conflict when it has ended
    already, or when the clinic has written more than this visitor has `seen`: no answer is closed away unread."""
    once_key = Key(key, visit.clinic.id, f"close {visit.conversation.id}", b"")
    answer = once(desk, once_key, now, lambda attempt: _closing(desk, visit, seen, now, attempt), independent=True)
    _tell(desk, visit.clinic.id, visit.conversation.id, answer["message"]["seq"])
    return answer


def _sending(desk: Desk, visit: Visit, draft: Draft, now: int, attempt: int) -> Prepared:
    before = thread.again(desk, visit.conversation) if attempt else visit.conversation
    if is_over(before, now):
        raise Over
    row, write = _following(desk, visit, before, draft, "message.sent", now, by="visitor", waiting_on="staff",
                            waiting_since=before.waiting_since or now)
    return _acknowledged(desk, visit.clinic, row, draft), write


def _closing(desk: Desk, visit: Visit, seen: int, now: int, attempt: int) -> Prepared:
    before = thread.again(desk, visit.conversation) if attempt else visit.conversation
    if before.closed_at:
        raise Conflict(say("This conversation is closed already."))
    after = min(seen, before.last_seq) + 1
    if any(row.author_kind == "staff" for row in desk.database.read(
            lambda tx: conversations.messages(tx, before.clinic_id, before.id, after, PAGE))):
        raise Conflict(say("The clinic has written in the meantime. Please read its message first."))
    draft = Draft("system", "system.closed", {"by": "visitor"})
    row, write = _following(desk, visit, before, draft, "conversation.closed", now, by="nobody", waiting_on="nobody",
                            waiting_since=None, closed_at=now, closed_reason=CLOSED_BY_VISITOR)
    return {"message": _as_read(row, draft)}, write


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


def open(desk: Desk, clinic: Clinic, opening: Opening, key: str, request_id: str | None, now: int) -> dict:
    """Begin a conversation. Returns `conversation`, `message`, `token` and `receipt`; Refused with a sentence per field."""
    body = _canonical([opening.category, opening.about, opening.name, opening.contact, opening.consent, opening.kind,
                       opening.data])
    once_key = Key(key, clinic.id, "open", body)
    answer = once(desk, once_key, now, lambda attempt: _opening(desk, clinic, opening, request_id, now), independent=True)
    _tell(desk, clinic.id, answer["conversation"]["id"], 1)
    return answer


def _opening(desk: Desk, clinic: Clinic, opening: Opening, request_id: str | None, now: int) -> Prepared:
    category, consent = _accepted(clinic, opening, now)
    id, session_id, reference = new_id(), new_id(), _new_reference()
    token = tokens.new_visitor_token(clinic.slug)
    keys, wrapped = desk.keys.new_conversation(clinic.id, id)
    name = seal(keys.body, Place("conversations", "name", clinic.id, id, id), opening.name.encode()) if opening.name else None
    asked = opening.contact if category.contact != "none" else None  # what the clinic does not ask for it does not keep
    contact = _contact(desk, clinic, keys.body, id, *asked) if asked else None
    beside = thread.beside(name, contact.sealed if contact else None, consent.sha256)
    draft = Draft("visitor", opening.kind, opening.data, beside=beside)
    row = sealed_message(keys, clinic.id, id, 0, heads.START, draft, now)
    mac = heads.whole(keys.head, row.seq, row.head, 0)
    who = Who("visitor", clinic.id, session_id, session_id, tokens.hashed(token), request_id=request_id)
    written = entry(desk, who, "conversation.opened", "conversation", id, now, conversation_id=id, message_id=row.id, seq=1)

    def write(tx: Tx) -> bool:
        if not conversations.insert(tx, clinic.id, id, reference, category.id, opening.about,
                                    opening.language or clinic.locale, now, row.head, mac, name):
            return False
        conversations.insert_key(tx, clinic.id, id, wrapped.version, wrapped.wrapped, int(wrapped.wrapped_by))
        conversations.insert_message(tx, row)
        conversations.insert_consent(tx, clinic.id, id, consent.id, bytes.fromhex(consent.sha256), consent.locale, now)
        if contact:
            conversations.insert_contact(tx, contact)
        visits.insert(desk, tx, clinic.id, session_id, id, token, "open", now)
        written.write(tx)
        return True

    conversation = {"id": id, "reference": reference, "category": category.name, "state": "open", "opened_at": now, "last_seq": 1}
    return {"conversation": conversation, "token": token, **_acknowledged(desk, clinic, row, draft)}, write


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


def opened(desk: Desk, visit: Visit, upto_seq: int, now: int) -> None:
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


def _accepted(clinic: Clinic, opening: Opening, now: int) -> tuple[Category, Wording]:
    """The category and the consent, or Refused with a sentence for each field that does not fit."""
    errors: dict[str, list[str]] = {}
    category = clinic.category(opening.category)
    if category is None:
        errors["category"] = [say("Please choose one of the topics.")]
    elif not category.open:
        errors["category"] = [_no_messages(clinic)]
    elif category.contact == "required" and not opening.contact:
        errors["contact"] = [say("For this topic the clinic needs an email address or a phone number to reach you.")]
    consent = clinic.agreed(opening.consent, now)
    if consent is None:
        errors["consent"] = [say("The notice has changed. Please read it and agree again.")]
    if opening.leaves:
        errors["another"] = [say("You have a conversation here. Go on in it, or tick that you start another one.")]
    if category is None or consent is None or errors:
        raise Refused(errors=errors)
    return category, consent


def _no_messages(clinic: Clinic) -> Said:
    if phones := clinic.profile["phones"]:
        return say("The clinic does not take messages on this topic just now. Please call {phone}.", phone=phones[0])
    return say("The clinic does not take messages on this topic just now. Please try again later.")


def _contact(desk: Desk, clinic: Clinic, key: SealingKey, conversation_id: str, channel: str, value: str) -> ContactRow:
    id = new_id()
    sealed = seal(key, Place("contacts", "sealed", clinic.id, id, conversation_id), value.encode())
    index = desk.keys.blind_index(clinic.id, f"contact.{channel}", value.lower())
    return ContactRow(clinic.id, id, conversation_id, channel, sealed, index, 1)


def _acknowledged(desk: Desk, clinic: Clinic, row: MessageRow, draft: Draft) -> dict:
    """What the visitor gets for a message: the message itself and a signed receipt."""
    receipt = receipts.of(desk, clinic, row.conversation_id, row, draft.data.get("text", ""))
    return {"message": _as_read(row, draft), "receipt": receipt}


def _as_read(row: MessageRow, draft: Draft) -> dict:
    """A message as its readers will get it, for who has just written it."""
    return {"id": row.id, "seq": row.seq, "author_kind": row.author_kind, "author_id": None, "kind": row.kind,
            "received_at": row.received_at, "verified": True, "data": draft.data}


def _tell(desk: Desk, clinic_id: str, conversation_id: str, seq: int) -> None:
    desk.live.publish(("conversation", clinic_id, conversation_id), Signal("message", conversation_id, seq))
    desk.live.publish(("clinic", clinic_id), Signal("changed", conversation_id, seq))


def _new_reference() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"{letters[:2]}-{letters[2:]}"


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
