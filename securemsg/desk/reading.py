"""What staff can see of a conversation: all that belongs to it, once it is written down who looks. The lists: lists.py."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import orjson

from securemsg.crypto.envelope import Place, unseal
from securemsg.desk import glass, openings, thread
from securemsg.desk.access import Who
from securemsg.desk.clinics import sha256_of
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, read_entry
from securemsg.desk.reach import own
from securemsg.desk.thread import Message
from securemsg.errors import Full, Unavailable, Unverified
from securemsg.live import Signal
from securemsg.store import Row, Tx, audit, conversations, pending
from securemsg.words import say

_MOST_NOTES = 50  # beyond the highest number that is there
UNVERIFIED = say("Could not be verified")
_NO_RECORD = say("There is no room left to record who reads, and nothing is shown that is not on record. Nothing is lost:"
              " whoever runs this service has to make room on its disk.")


@dataclass(frozen=True, slots=True)
class Note:
    """Staff-only text. `text` is None when it could not be verified."""

    id: str
    author_id: str
    at: int
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the visitor agreed to, in whose words, when. `text` is UNVERIFIED when these are not the words agreed to."""

    version: int | None
    locale: str | None
    at: int
    text: str = UNVERIFIED


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the conversation's page shows. There are messages numbered below `earlier`; are these the `newest`?"""

    conversation: Row
    name: str | None = field(repr=False)
    contact: tuple[str, str] | None = field(repr=False)
    consent: Consent | None
    messages: list[Message] = field(repr=False)
    earlier: int | None
    newest: bool
    notes: list[Note] = field(repr=False)
    seen_by_visitor: int
    seen_at: int | None
    audit: list
    pending: Row | None = None  # a colleague's reply, or one's own, that can still be taken back: pending.py opens it


def read(desk: Desk, who: Who, id: str, now: int, before: int = 0) -> Shown:
    """Open a conversation's newest messages, with its notes, or the messages numbered below `before`.

    The audit row is committed before a word of it is opened; without it nothing is disclosed.
    """
    glass.require_read(desk, who, id)
    row = own(desk, who, id)
    upto = before - 1 if 1 < before <= row.last_seq else row.last_seq
    after, newest = max(0, upto - thread.PAGE), upto == row.last_seq
    held = desk.database.read(lambda tx: pending.one(tx, row.clinic_id, id)) if newest else None
    notes = (("notes", f"1-{row.note_seq}"),) if newest else ()
    waits = (("message", held.id),) if held else ()
    disclosed = (("messages", f"{after + 1}-{upto}"), *waits, *notes, ("contact", id), ("name", id))
    written = read_entry(desk, who, "conversation.read", id, now, disclosed)
    noted = openings.noted(desk, who, row, upto, now)

    def write(tx: Tx) -> bool:
        written.write(tx)
        return noted(tx)

    if recorded(desk, write):
        tell(desk, who.clinic_id, id, "opened", upto)
    shown = replace(_shown(desk, who, row, after, newest, upto, now), pending=held)
    if shown.messages and shown.messages[-1].seq > row.last_seq and own(desk, who, id).last_seq > row.last_seq:
        return read(desk, who, id, now)  # a message came in between: nothing is disclosed that was not recorded
    return shown


def recorded(desk: Desk, write: Callable[[Tx], bool]) -> bool:
    """Commit the row of a read; Unavailable where there is no room for it: then nothing is shown."""
    try:
        return desk.database.write(write)
    except Full as error:
        raise Unavailable(_NO_RECORD, retry_after_seconds=error.retry_after_seconds or 60) from error


def on_record(desk: Desk, written: Entry) -> None:
    """The same for a read that changes nothing else."""
    def write(tx: Tx) -> bool:
        written.write(tx)
        return True

    recorded(desk, write)


def tell(desk: Desk, clinic_id: str, id: str, kind: str, seq: int) -> None:
    """Wake whoever looks at this conversation, or at the inbox: that somebody opened it changes nothing but the list."""
    desk.live.publish(("conversation", clinic_id, id), Signal(kind, id, seq))
    desk.live.publish(("clinic", clinic_id), Signal("opened" if kind == "opened" else "changed", id, seq))


def note_place(clinic_id: str, conversation_id: str, note_id: str) -> Place:
    """Where a note is sealed."""
    return Place("notes", "sealed", clinic_id, note_id, conversation_id, "staff")


def notes(desk: Desk, row) -> list[Note]:
    """All notes up to the number that was recorded."""
    return _notes(desk, row, desk.database.read(lambda tx: conversations.notes(tx, row.clinic_id, row.id)))


def _shown(desk: Desk, who: Who, row, after: int, newest: bool, upto: int, now: int) -> Shown:
    contact, consent, notes, trail = desk.database.read(lambda tx: (
        conversations.one_contact(tx, row.clinic_id, row.id), conversations.one_consent(tx, row.clinic_id, row.id),
        conversations.notes(tx, row.clinic_id, row.id), audit.about(tx, row.clinic_id, row.id)))
    seen = next(reversed(openings.by(desk, row, "visitor")), None)
    messages = thread.page(desk, row, after, thread.PAGE if newest else upto - after)
    thread.report_unverified(desk, who, row.id, messages, now)
    beside = beside_of(desk, row, messages)
    name, reached = name_of(desk, row, beside), contact_of(desk, row, contact, beside)
    return Shown(row, name, reached, consent_of(row, consent, beside), messages,
                  after + 1 if after else None, newest, _notes(desk, row, notes) if newest else [],
                  seen.upto_seq if seen else 0, seen.at if seen else None, trail)


def beside_of(desk: Desk, row, messages: list[Message]) -> dict | None:
    """What the first message, on the page or not, says of name, contact and consent; None when it cannot be verified itself."""
    held = messages if messages and messages[0].seq == 1 else thread.page(desk, row, 0, limit=1)
    first = next(iter(held), None)
    return first.beside if first and first.verified else None


def name_of(desk: Desk, row, beside: dict | None) -> str | None:
    """The visitor's name; UNVERIFIED when it is not the one given."""
    if not isinstance(row.name, bytes | None) or (beside and thread.beside(row.name, None, None)["name"] != beside["name"]):
        return UNVERIFIED
    return _text(desk, row, Place("conversations", "name", row.clinic_id, row.id, row.id), row.name) if row.name else None


def contact_of(desk: Desk, row, contact, beside: dict | None) -> tuple[str, str] | None:
    """The visitor's `channel, value`; the value is UNVERIFIED when it is not the one given."""
    if beside and thread.beside(None, contact and contact.sealed, None)["contact"] != beside["contact"]:
        return contact.channel if contact else "phone", UNVERIFIED
    return contact and (contact.channel, _text(
        desk, row, Place("contacts", "sealed", row.clinic_id, contact.id, row.id), contact.sealed))


def consent_of(row, consent, beside: dict | None) -> Consent | None:
    """The words agreed to. They are not sealed, since everybody may read them: the first message says which they were."""
    if consent is None:
        return Consent(None, None, row.created_at) if beside and beside.get("consent") else None
    sha256 = sha256_of(consent.body).hex() if isinstance(consent.body, str) else None
    # conversations of the first days vouch for none
    known = sha256 and beside is not None and beside.get("consent", sha256) == sha256
    return Consent(consent.version, consent.locale, consent.given_at, consent.body if known else UNVERIFIED)


def _notes(desk: Desk, row, notes: list) -> list[Note]:
    """Notes up to the number that was recorded; one that is missing stands as not verified."""
    found = {note.seq: _note(desk, row, note) for note in notes}
    upto = min(row.note_seq, max(found, default=0) + _MOST_NOTES)  # a counter that was altered must not fill the memory
    return [found.get(seq) or Note(f"gone-{seq}", "", row.created_at, None) for seq in range(1, upto + 1)]


def _text(desk: Desk, row, place: Place, sealed: bytes) -> str:
    try:
        return unseal(thread.keys_of(desk, row).body, place, sealed).decode()
    except Unverified:
        return UNVERIFIED


def _note(desk: Desk, row, note) -> Note:
    try:
        if hashlib.sha256(note.sealed or b"").digest() != note.ct_sha256:
            raise Unverified
        content = orjson.loads(unseal(thread.keys_of(desk, row).note, note_place(row.clinic_id, row.id, note.id), note.sealed))
    except Unverified:
        return Note(note.id, note.author_id, note.received_at, None)
    return Note(note.id, content["author"], content["at"], content["text"])
