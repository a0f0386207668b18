"""Replies that can still be taken back, and texts that were only begun: one of each kind in a conversation, by person."""

from dataclasses import dataclass, field

from securemsg.store.database import Tx, columns

_ROW = "SELECT p.clinic_id, p.id, p.conversation_id, p.person_id, p.due_at, p.sealed FROM pending_replies p"
_DRAFT = " WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id AND person_id = :person_id"


@dataclass(frozen=True, slots=True)
class PendingRow:
    """One row of `pending_replies`. `id` is the one that the message will have: so it is sent once, whatever happens."""

    clinic_id: str
    id: str
    conversation_id: str
    person_id: str
    due_at: int
    sealed: bytes = field(repr=False)


def insert(tx: Tx, row: PendingRow, before) -> bool:
    """Keep a reply; False when the conversation moved since `before` was read, or another reply waits there."""
    held = tx.run("UPDATE conversations SET version = version + 1 WHERE clinic_id = :clinic_id AND id = :id AND"
                  " last_seq = :last_seq AND mac = :mac AND erased_at IS NULL", clinic_id=row.clinic_id, id=row.conversation_id,
                  last_seq=before.last_seq, mac=before.mac) == 1
    return held and tx.insert("pending_replies", **columns(row), or_nothing=True)


def one(tx: Tx, clinic_id: str, conversation_id: str):
    """The reply that waits in a conversation, or None."""
    return tx.one(f"{_ROW} WHERE p.clinic_id = :clinic_id AND p.conversation_id = :conversation_id", clinic_id=clinic_id,
                  conversation_id=conversation_id)


def due(tx: Tx, now: int, latest: int) -> list:
    """What is to go out now, in every clinic. A moment after `latest` can only come from a clock that was wrong."""
    return tx.everywhere.all(f"{_ROW} JOIN clinics c ON c.id = p.clinic_id WHERE p.due_at <= :now OR p.due_at > :latest"
                             " ORDER BY p.due_at", now=now, latest=latest)


def everything(tx: Tx) -> list:
    """All that waits, in every clinic."""
    return tx.everywhere.all(f"{_ROW} ORDER BY p.clinic_id, p.id")


def take(tx: Tx, clinic_id: str, id: str) -> bool:
    """Whoever takes it, to send it or to give it back, is the only one; False for everybody else."""
    return tx.run("DELETE FROM pending_replies WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id) == 1


def sent_at(tx: Tx, clinic_id: str, id: str) -> int | None:
    """When the reply of that id went out, or None."""
    row = tx.one("SELECT received_at FROM messages WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)
    return row.received_at if row else None


def is_settled(tx: Tx, clinic_id: str, id: str) -> bool:
    """Whether the reply of that id went out, was taken back or was withheld: then its row is no more to be sent."""
    unsent = tx.one("SELECT 1 AS yes FROM audit_objects WHERE clinic_id = :clinic_id AND object_kind = 'message' AND"
                    " object_id = :id", clinic_id=clinic_id, id=id)
    return unsent is not None or sent_at(tx, clinic_id, id) is not None


def draft(tx: Tx, clinic_id: str, conversation_id: str, person_id: str):
    """`id, sealed, version, saved_at` of what one person has begun to write there, or None."""
    return tx.one(f"SELECT id, sealed, version, saved_at FROM drafts{_DRAFT}", clinic_id=clinic_id,
                  conversation_id=conversation_id, person_id=person_id)


def drafts(tx: Tx, clinic_id: str, conversation_id: str) -> list:
    """`id, person_id, sealed` of all that is not empty in a conversation: for who checks that it opens."""
    return tx.all("SELECT id, person_id, sealed FROM drafts WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id"
                  " AND sealed IS NOT NULL", clinic_id=clinic_id, conversation_id=conversation_id)


def save_draft(tx: Tx, clinic_id: str, id: str, conversation_id: str, person_id: str, sealed: bytes | None, version: int,
               now: int) -> bool:
    """Keep a draft in place of the one of that version (0: there was none yet); False when there is another by now."""
    if version == 0:
        return tx.insert("drafts", clinic_id=clinic_id, id=id, conversation_id=conversation_id, person_id=person_id,
                         sealed=sealed, version=1, saved_at=now, or_nothing=True)
    return tx.run(f"UPDATE drafts SET sealed = :sealed, version = version + 1, saved_at = :now{_DRAFT} AND version = :version",
                  sealed=sealed, now=now, clinic_id=clinic_id, conversation_id=conversation_id, person_id=person_id,
                  version=version) == 1
