"""Erase: what was said goes, rows that others count on stay empty. The same statements erase once more after a restore.

Rows of messages stay with the hash of what they held, so that a conversation's head still verifies; of an erased conversation
its row stays as a tombstone.
"""

from securemsg.crypto.vouching import SPENT
from securemsg.store.database import Row, Tx
from securemsg.store.ids import new_id

_THIS = "clinic_id = :clinic_id AND id = :id"
_OF = "clinic_id = :clinic_id AND conversation_id = :id"
_OF_PERSON = "clinic_id = :clinic_id AND person_id = :id"
_MESSAGE = (
    f"UPDATE messages SET sealed = NULL, retracted_at = :at WHERE {_THIS}",
    "UPDATE attachments SET name = NULL, media_type = NULL WHERE clinic_id = :clinic_id AND message_id = :id",
    "DELETE FROM outbox WHERE clinic_id = :clinic_id AND object_id = :id",
    "UPDATE idempotency SET answer = NULL WHERE clinic_id = :clinic_id AND conversation_id ="
    f" (SELECT conversation_id FROM messages WHERE {_THIS})")
_CONVERSATION = (
    f"UPDATE conversation_keys SET wrapped = NULL, state = 'destroyed' WHERE {_OF}",
    f"UPDATE messages SET sealed = NULL WHERE {_OF}", f"UPDATE notes SET sealed = NULL WHERE {_OF}",
    f"UPDATE contacts SET sealed = NULL, blind_index = NULL WHERE {_OF}",
    *(f"DELETE FROM {table} WHERE {_OF}" for table in ("kept", "tasks", "taken", "drafts", "pending_replies", "returns",
                                                       "return_codes",
                                                       "relations")),
    f"DELETE FROM outbox WHERE {_OF} AND hook <> 'conversation_erased'",
    f"UPDATE glass SET sealed = NULL WHERE {_OF}", f"UPDATE idempotency SET answer = NULL WHERE {_OF}",
    "UPDATE attachments SET name = NULL, media_type = NULL WHERE clinic_id = :clinic_id AND message_id IN"
    f" (SELECT id FROM messages WHERE {_OF})",
    "UPDATE tickets SET used_at = coalesce(used_at, :at), mac = :spent WHERE clinic_id = :clinic_id AND session_id IN"
    f" (SELECT id FROM visitor_sessions WHERE {_OF})",
    f"UPDATE visitor_sessions SET ended_at = :at, mac = :spent WHERE {_OF} AND ended_at IS NULL",
    "UPDATE conversations SET name = NULL, erased_at = coalesce(erased_at, :at), closed_at = coalesce(closed_at, :at),"
    " waiting_on = 'nobody', waiting_since = NULL, snoozed_until = NULL, claimed_by = NULL, place_mac = NULL,"
    " unread_staff = 0, unread_visitor = 0,"
    f" urgency = 'normal', promised_at = NULL, version = version + 1 WHERE {_THIS}")
# What a person wrote to visitors stays theirs to read: the name that was shown stands inside it. The row stays, without a name.
_PERSON = (
    f"UPDATE people SET name = NULL, email = NULL, title = NULL, email_index = :nobody WHERE {_THIS}",
    f"UPDATE staff_sessions SET address = NULL, draft = NULL WHERE {_OF_PERSON}",
    *(f"DELETE FROM {table} WHERE {_OF_PERSON}" for table in ("credentials", "devices", "drafts", "pool_members")))
BROUGHT = "brought"  # a message that was removed before its record came here: nothing of it was erased by this service
_STATEMENTS = {"message": _MESSAGE, BROUGHT: _MESSAGE, "conversation": _CONVERSATION, "person": _PERSON}


def erase(tx: Tx, kind: str, clinic_id: str, id: str, at: int, mac: bytes | None = None) -> bool:
    """Erase a message, a conversation or a person; False for a kind that this program does not know. Idempotent.

    `mac` vouches for the row that says so; who has none, as a restore under way, leaves that to `unvouched`.
    """
    for statement in _STATEMENTS.get(kind, ()):
        values = {"clinic_id": clinic_id, "id": id, "at": at, "spent": SPENT, "nobody": id.encode()}
        tx.run(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    if kind in _STATEMENTS and not erasure(tx, clinic_id, kind, id):
        tx.insert("erasures", clinic_id=clinic_id, id=new_id(), object_kind=kind, object_id=id, erased_at=at, mac=mac)
    return kind in _STATEMENTS


def erasure(tx: Tx, clinic_id: str, kind: str, id: str) -> Row | None:
    """`erased_at, mac` of what was erased, or None."""
    return tx.one("SELECT erased_at, mac FROM erasures WHERE clinic_id = :clinic_id AND object_kind = :kind AND object_id = :id",
                  clinic_id=clinic_id, kind=kind, id=id)


def erased_messages(tx: Tx, clinic_id: str, conversation_id: str) -> list[Row]:
    """`object_kind, object_id, seq, erased_at, mac` of each message of a conversation that was erased by itself."""
    return tx.all("SELECT e.object_kind, e.object_id, m.seq, e.erased_at, e.mac FROM messages m JOIN erasures e ON"
                  " e.clinic_id = m.clinic_id AND e.object_kind IN ('message', :brought) AND e.object_id = m.id WHERE"
                  " m.clinic_id = :clinic_id AND m.conversation_id = :conversation_id AND m.sealed IS NULL",
                  brought=BROUGHT, clinic_id=clinic_id, conversation_id=conversation_id)


def living_sessions(tx: Tx, clinic_id: str, conversation_id: str) -> tuple[str, ...]:
    """The visitors' sessions that are still open there."""
    return tuple(row.id for row in tx.all(f"SELECT id FROM visitor_sessions WHERE {_OF} AND ended_at IS NULL",
                                          clinic_id=clinic_id, id=conversation_id))


def newest(tx: Tx) -> int:
    """When anything was erased last, in any clinic; 0: never."""
    row = tx.everywhere.one("SELECT max(erased_at) AS at FROM erasures")
    return (row and row.at) or 0


def between(tx: Tx, clinic_id: str, since: int, until: int) -> list[Row]:
    """`clinic_id, object_kind, object_id, erased_at, mac` of what was erased from `since` on and before `until`."""
    return tx.all("SELECT clinic_id, object_kind, object_id, erased_at, mac FROM erasures WHERE clinic_id = :clinic_id AND"
                  " erased_at >= :since AND erased_at < :until", clinic_id=clinic_id, since=since, until=until)
