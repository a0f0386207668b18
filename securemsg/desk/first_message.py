"""A visitor's first message: it opens a conversation, with whom it is about, how to be reached and what was agreed to."""

import secrets
from dataclasses import dataclass, field

from securemsg.crypto import heads, tokens
from securemsg.crypto.envelope import Key as SealingKey
from securemsg.crypto.envelope import Place, seal
from securemsg.desk import contacts, kinds, placed, screening, thread, visits
from securemsg.desk.access import Who
from securemsg.desk.acknowledging import acknowledged, canonical, tell
from securemsg.desk.bulletin import Bulletin, bulletin
from securemsg.desk.clinics import Category, Clinic, Wording
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.thread import Draft, sealed_message
from securemsg.errors import Refused
from securemsg.store import Tx, conversations
from securemsg.store.conversations import ContactRow
from securemsg.store.ids import new_id
from securemsg.words import Said, say

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


@dataclass(frozen=True, slots=True)
class _Begun:
    """The conversation as it begins."""

    clinic_id: str
    id: str
    urgency: str = "normal"


def open(desk: Desk, clinic: Clinic, opening: Opening, key: str, request_id: str | None, now: int) -> dict:
    """Begin a conversation. Returns `conversation`, `message`, `token`, `receipt` and `answer` (what plugins say, parts as JSON);
    Refused with a sentence per field, or with a plugin's."""
    body = canonical([opening.category, opening.about, opening.name, opening.contact, opening.consent, opening.kind,
                      opening.data])
    once_key = Key(key, clinic.id, "open", body)
    answer = once(desk, once_key, now, lambda attempt: _opening(desk, clinic, opening, request_id, now), independent=True)
    tell(desk, clinic.id, answer["conversation"]["id"], 1)
    return answer


def _opening(desk: Desk, clinic: Clinic, opening: Opening, request_id: str | None, now: int) -> Prepared:
    language = opening.language or clinic.locale
    shown = bulletin(desk, clinic, language, now)
    category, consent = _accepted(clinic, shown, opening, now)
    id, session_id, reference = new_id(), new_id(), _new_reference()
    token = tokens.new_visitor_token(clinic.slug)
    keys, wrapped = desk.keys.new_conversation(clinic.id, id)
    name = seal(keys.body, Place("conversations", "name", clinic.id, id, id), opening.name.encode()) if opening.name else None
    asked = opening.contact if category.contact != "none" else None  # what the clinic does not ask for it does not keep
    contact = contact_row(desk, clinic, keys.body, id, *asked) if asked else None
    beside = thread.beside(name, contact.sealed if contact else None, consent.sha256)
    data = kinds.with_text(desk, clinic.id, opening.kind, opening.data, language, now)
    draft = Draft("visitor", opening.kind, data, beside=beside)
    found = screening.screened(desk, clinic, draft, category, language, now, first=True)
    row = sealed_message(keys, clinic.id, id, 0, heads.START, draft, now)
    mac = heads.whole(keys.head, row.seq, row.head, 0)
    place_mac = desk.vouch(*placed.place_facts(clinic.id, id, None, category.id, None))
    who = Who("visitor", clinic.id, session_id, session_id, tokens.hashed(token), request_id=request_id)
    written = entry(desk, who, "conversation.opened", "conversation", id, now, conversation_id=id, message_id=row.id, seq=1)

    def write(tx: Tx) -> bool:
        if not conversations.insert(tx, clinic.id, id, reference, category.id, opening.about, language, now, row.head, mac, name,
                                    place_mac, found.urgency or "normal", shown.promised_in(category.name)):
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
    answer = {"conversation": conversation, "token": token, **acknowledged(desk, clinic, row, draft, found.answer)}
    return answer, screening.beside(desk, _Begun(clinic.id, id), found, now, write, keys)


def _accepted(clinic: Clinic, shown: Bulletin, opening: Opening, now: int) -> tuple[Category, Wording]:
    """The category and the consent, or Refused with a sentence for each field that does not fit."""
    errors: dict[str, list[str]] = {}
    category = clinic.category(opening.category)
    if category is None:
        errors["category"] = [say("Please choose one of the topics.")]
    elif not (category.open and shown.categories.get(category.name, True)):
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


def contact_row(desk: Desk, clinic: Clinic, key: SealingKey, conversation_id: str, channel: str, value: str) -> ContactRow:
    """How to reach the visitor, sealed, with the index by which it is found again."""
    id = new_id()
    sealed = seal(key, Place("contacts", "sealed", clinic.id, id, conversation_id), value.encode())
    index = desk.keys.newest_index(clinic.id, f"contact.{channel}", contacts.normal(channel, value))
    return ContactRow(clinic.id, id, conversation_id, channel, sealed, *index)


def _new_reference() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"{letters[:2]}-{letters[2:]}"
