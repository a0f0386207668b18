"""A whole conversation, inserted at once: what a record holds, sealed anew."""

from dataclasses import asdict, dataclass, field
from typing import Any

from securemsg.crypto.keyring import WrappedKey
from securemsg.store import conversations, erasing
from securemsg.store.conversations import ContactRow, MessageRow
from securemsg.store.database import Tx, columns
from securemsg.store.ids import new_id
from securemsg.store.openings import OpeningRow
from securemsg.store.plugins import KeptRow

IMPORTED = "imported-consent"  # the purpose of words that people agreed to elsewhere: nobody is asked to agree to them here


@dataclass(frozen=True, slots=True)
class Imported:
    """All rows of it. `people` are those to be added where they are unknown; `removed` are (message, at, mac)."""

    clinic_id: str
    id: str
    row: dict[str, Any] = field(default_factory=dict, repr=False)
    wrapped: WrappedKey | None = None
    messages: list[MessageRow] = field(default_factory=list, repr=False)
    contact: ContactRow | None = None
    consent: dict[str, Any] | None = field(default=None, repr=False)
    notes: list[dict[str, Any]] = field(default_factory=list, repr=False)
    openings: list[OpeningRow] = field(default_factory=list)
    kept: list[KeptRow] = field(default_factory=list, repr=False)
    people: list[dict[str, Any]] = field(default_factory=list, repr=False)
    removed: list[tuple[str, int, bytes]] = field(default_factory=list)


def insert(tx: Tx, what: Imported) -> bool:
    """False when the conversation, its reference, or a message or note of it is there already: then nothing may be committed."""
    here: dict[str, Any] = {"clinic_id": what.clinic_id, "conversation_id": what.id}
    for person in what.people:
        tx.insert("people", clinic_id=what.clinic_id, email_index=person["id"].encode(), index_version=1, or_nothing=True,
                  **person)
    if not tx.insert("conversations", clinic_id=what.clinic_id, id=what.id, or_nothing=True, **what.row):
        return False
    assert what.wrapped
    conversations.insert_key(tx, what.clinic_id, what.id, what.wrapped.version, what.wrapped.wrapped,
                             int(what.wrapped.wrapped_by))
    if not all(tx.insert("messages", or_nothing=True, **columns(message)) for message in what.messages):
        return False
    if what.contact:
        conversations.insert_contact(tx, what.contact)
    if what.consent:
        _insert_consent(tx, what, what.consent)
    if not all(tx.insert("notes", or_nothing=True, **(here | note)) for note in what.notes):
        return False
    for opening in what.openings:
        tx.insert("openings", id=new_id(), **asdict(opening))
    for kept in what.kept:
        tx.insert("kept", **columns(kept))
    for id, at, mac in what.removed:
        erasing.erase(tx, erasing.BROUGHT, what.clinic_id, id, at, mac)
    return True


def _insert_consent(tx: Tx, what: Imported, consent: dict[str, Any]) -> None:
    """With the words as they were, under the version that they had, where that is free; those that stand here already are
    used."""
    sha256, language = bytes.fromhex(consent["sha256"]), consent["locale"]
    known = tx.all("SELECT id, purpose, version, language, body_sha256 FROM wordings WHERE clinic_id = :clinic_id AND"
                   " language = :language", clinic_id=what.clinic_id, language=language)
    same = next((row.id for row in known if (row.version, bytes(row.body_sha256)) == (consent["version"], sha256)), None)
    taken = {row.version for row in known if row.purpose == IMPORTED}
    version = consent["version"] if consent["version"] not in taken else max(taken) + 1
    id = same or new_id()
    if same is None:
        tx.insert("wordings", clinic_id=what.clinic_id, id=id, purpose=IMPORTED, language=language, version=version,
                  body=consent["text"], body_sha256=sha256, created_at=consent["given_at"])
    conversations.insert_consent(tx, what.clinic_id, what.id, id, sha256, language, consent["given_at"])
