"""Conversations, their messages and notes: the path every message takes, by hand-written SQL."""

from dataclasses import dataclass, field

from securemsg.errors import Unavailable
from securemsg.store.database import Tx, columns, placed, places
from securemsg.store.ids import new_id
from securemsg.store.pools import Within

_CONVERSATION = (
    "c.clinic_id, c.id, c.reference, c.category_id, c.about, c.language, c.urgency, c.waiting_on, c.waiting_since, c.claimed_by,"
    " c.closed_at, c.closed_reason, c.version, c.last_seq, c.note_seq, c.unread_staff, c.unread_visitor, c.created_at, c.last_at,"
    " c.head, c.mac, c.name, c.identity_level, c.promised_at, c.erased_at, c.pool_id, c.place_mac,"
    " k.version AS key_version, k.wrapped, k.wrapped_by")
_WITH_KEY = (" LEFT JOIN conversation_keys k ON k.clinic_id = c.clinic_id AND k.conversation_id = c.id"
             " AND k.version = c.key_version")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One row of `messages`, as it is inserted."""

    clinic_id: str
    id: str
    conversation_id: str
    seq: int
    author_kind: str
    author_id: str | None
    kind: str
    received_at: int
    ct_sha256: bytes
    head: bytes
    sealed: bytes = field(repr=False)
    alert: int = 0


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One row of `contacts`: how to reach the visitor. `channel` is email or phone."""

    clinic_id: str
    id: str
    conversation_id: str
    channel: str
    sealed: bytes = field(repr=False)
    blind_index: bytes = field(repr=False)
    index_version: int


def insert(
    tx: Tx, clinic_id: str, id: str, reference: str, category_id: str, about: str, language: str, now: int, head: bytes,
    mac: bytes, name: bytes | None, place_mac: bytes, urgency: str = "normal", promised_at: int | None = None,
) -> bool:
    """A new conversation that holds its first message and waits for staff; False when the reference is taken."""
    return tx.insert(
        "conversations", clinic_id=clinic_id, id=id, reference=reference, category_id=category_id, about=about, language=language,
        urgency=urgency, promised_at=promised_at, waiting_on="staff", waiting_since=now, created_at=now, last_at=now, head=head,
        mac=mac, name=name, place_mac=place_mac, last_seq=1, unread_staff=1, or_nothing=True)


def insert_key(tx: Tx, clinic_id: str, conversation_id: str, version: int, wrapped: bytes, wrapped_by: int) -> None:
    """Unavailable where the clinic key that wrapped it was destroyed since: nobody could ever open what is sealed under it."""
    if not tx.run("INSERT INTO conversation_keys (clinic_id, conversation_id, version, wrapped, wrapped_by, state)"
                  " SELECT clinic_id, :conversation_id, :version, :wrapped, version, 'active' FROM keys WHERE"
                  " clinic_id = :clinic_id AND purpose = 'clinic' AND version = :wrapped_by AND state <> 'destroyed'",
                  clinic_id=clinic_id, conversation_id=conversation_id, version=version, wrapped=wrapped, wrapped_by=wrapped_by):
        raise Unavailable(retry_after_seconds=5)


def insert_message(tx: Tx, row: MessageRow) -> None:
    tx.insert("messages", **columns(row))


def insert_contact(tx: Tx, row: ContactRow) -> None:
    tx.insert("contacts", **columns(row))


def insert_consent(
    tx: Tx, clinic_id: str, conversation_id: str, wording_id: str, sha256: bytes, locale: str, now: int,
) -> None:
    tx.insert("consents", clinic_id=clinic_id, id=new_id(), conversation_id=conversation_id, wording_id=wording_id,
              text_sha256=sha256, locale=locale, given_at=now)


def one(tx: Tx, clinic_id: str, id: str):
    """A conversation with its wrapped key, or None."""
    return tx.one(f"SELECT {_CONVERSATION} FROM conversations c{_WITH_KEY} WHERE c.clinic_id = :clinic_id AND c.id = :id",
                  clinic_id=clinic_id, id=id)


def below(tx: Tx, clinic_id: str, within: Within, before: str, limit: int) -> list:
    """Conversations `within` somebody's reach with their wrapped keys, opened latest first, whose id sorts before `before`; none
    that was erased."""
    return tx.all(f"SELECT {_CONVERSATION} FROM conversations c{_WITH_KEY} WHERE c.clinic_id = :clinic_id{within.where}"
                  " AND c.id < :before AND c.erased_at IS NULL ORDER BY c.id DESC LIMIT :limit",
                  clinic_id=clinic_id, before=before, limit=limit, **within.values)


def one_by_reference(tx: Tx, clinic_id: str, reference: str):
    """The same of the one that people call AB-CD23, or None. PostgreSQL cannot be asked for a NUL."""
    return tx.one(f"SELECT {_CONVERSATION} FROM conversations c{_WITH_KEY} WHERE c.clinic_id = :clinic_id AND"
                  " c.reference = :reference AND c.erased_at IS NULL", clinic_id=clinic_id,
                  reference=reference.replace("\0", ""))


def by_contact(tx: Tx, clinic_id: str, indexes: list[bytes], limit: int) -> list:
    """The same of those whose visitor gave this address or number, opened latest first."""
    return tx.all(f"SELECT {_CONVERSATION} FROM contacts t JOIN conversations c ON c.clinic_id = t.clinic_id AND"
                  f" c.id = t.conversation_id{_WITH_KEY} WHERE t.clinic_id = :clinic_id AND t.blind_index IN"
                  f" ({places('index', indexes)}) AND c.erased_at IS NULL ORDER BY c.id DESC LIMIT :limit",
                  clinic_id=clinic_id, limit=limit, **placed("index", indexes))


def one_by_session(tx: Tx, clinic_id: str, token_sha256: bytes, now: int):
    """The conversation a living visitor session belongs to, with its wrapped key, `session_id`, `session_mac`,
    `session_via` and `session_used_at`; or None."""
    return tx.one(f"SELECT {_CONVERSATION}, s.id AS session_id, s.mac AS session_mac, s.via AS session_via, s.last_used_at AS"
                  " session_used_at FROM visitor_sessions s"
                  f" JOIN conversations c ON c.clinic_id = s.clinic_id AND c.id = s.conversation_id"
                  f"{_WITH_KEY} WHERE s.clinic_id = :clinic_id AND"
                  " s.token_sha256 = :token_sha256 AND s.ended_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > :now)",
                  clinic_id=clinic_id, token_sha256=token_sha256, now=now)


def advance(tx: Tx, before, head: bytes, mac: bytes, now: int, *, by: str, waiting_on: str, waiting_since: int | None,
            closed_at: int | None = None, closed_reason: str | None = None, urgency: str | None = None) -> bool:
    """Count one more message, unless the conversation moved since `before` was read; then False and nothing is changed. An
    `urgency` of None stays as it was."""
    return tx.run(
        "UPDATE conversations SET last_seq = last_seq + 1, head = :head, mac = :mac, last_at = :now, version = version + 1,"
        " unread_staff = unread_staff + :from_visitor, unread_visitor = unread_visitor + :from_staff,"
        " closed_at = :closed_at, closed_reason = :closed_reason, waiting_on = :waiting_on, waiting_since = :waiting_since,"
        " urgency = coalesce(:urgency, urgency)"
        " WHERE clinic_id = :clinic_id AND id = :id AND last_seq = :last_seq AND mac = :old_mac AND erased_at IS NULL",
        head=head, mac=mac, now=now, from_visitor=int(by == "visitor"), from_staff=int(by == "staff"), closed_at=closed_at,
        closed_reason=closed_reason, waiting_on=waiting_on, waiting_since=waiting_since, urgency=urgency,
        clinic_id=before.clinic_id, id=before.id, last_seq=before.last_seq, old_mac=before.mac) == 1


def hold(tx: Tx, before) -> bool:
    """Keep others from changing the conversation until this transaction ends; False when it changed since `before` was read."""
    return tx.run("UPDATE conversations SET version = version WHERE clinic_id = :clinic_id AND id = :id AND version = :version",
                  clinic_id=before.clinic_id, id=before.id, version=before.version) == 1


def is_under(tx: Tx, before) -> bool:
    """Whether what was sealed under the keys of `before` may be stored: False when it was erased since, or has another key.
    Whoever gives it one waits until this transaction ends, and sees what it stored."""
    return tx.run("UPDATE conversations SET version = version WHERE clinic_id = :clinic_id AND id = :id AND"
                  " key_version = :key_version AND erased_at IS NULL", clinic_id=before.clinic_id, id=before.id,
                  key_version=before.key_version) == 1


def touch(tx: Tx, clinic_id: str, id: str, version: int | None = None) -> bool:
    """Another version of it, and nobody else changes it until this transaction ends; False where it was erased, or has no longer
    that `version`."""
    return tx.run("UPDATE conversations SET version = version + 1 WHERE clinic_id = :clinic_id AND id = :id AND erased_at IS NULL"
                  " AND version = coalesce(:version, version)", clinic_id=clinic_id, id=id, version=version) == 1


def messages(tx: Tx, clinic_id: str, conversation_id: str, after: int, limit: int) -> list:
    """Messages in order, starting with the one numbered `after` itself: its head vouches for the next."""
    return tx.all("SELECT id, seq, author_kind, author_id, kind, received_at, alert, ct_sha256, head, sealed FROM messages WHERE"
                  " clinic_id = :clinic_id AND conversation_id = :conversation_id AND seq >= :after ORDER BY seq LIMIT :limit",
                  clinic_id=clinic_id, conversation_id=conversation_id, after=after, limit=limit + 1)


def message(tx: Tx, clinic_id: str, id: str):
    """Where a message stands, and what its columns say of it; or None."""
    return tx.one("SELECT id, conversation_id, seq, author_kind, kind, received_at, alert FROM messages WHERE"
                  " clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)


def rekey(tx: Tx, before, version: int, wrapped: bytes, wrapped_by: int, head: bytes, mac: bytes, name: bytes | None) -> bool:
    """Another key for a conversation, and nothing left of the one before; False when it changed since `before` was read."""
    if tx.run("UPDATE conversations SET key_version = :key_version, head = :head, mac = :mac, name = :name, version = version + 1"
              " WHERE clinic_id = :clinic_id AND id = :id AND version = :version AND mac = :old_mac", key_version=version,
              head=head, mac=mac, name=name, clinic_id=before.clinic_id, id=before.id, version=before.version,
              old_mac=before.mac) != 1:
        return False
    tx.run("UPDATE conversation_keys SET wrapped = NULL, state = 'destroyed' WHERE clinic_id = :clinic_id AND"
           " conversation_id = :id", clinic_id=before.clinic_id, id=before.id)
    insert_key(tx, before.clinic_id, before.id, version, wrapped, wrapped_by)
    return True


def set_head(tx: Tx, clinic_id: str, message_id: str, head: bytes) -> None:
    """The head of a message, made anew after one before it was erased."""
    tx.run("UPDATE messages SET head = :head WHERE clinic_id = :clinic_id AND id = :id", head=head, clinic_id=clinic_id,
           id=message_id)


def sealed_in(tx: Tx, table: str, clinic_id: str, conversation_id: str) -> list:
    """All columns of the rows of one table that hold something sealed of a conversation."""
    return tx.all(f"SELECT * FROM {table} WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id AND"
                  " sealed IS NOT NULL ORDER BY id", clinic_id=clinic_id, conversation_id=conversation_id)


def count_sealed(tx: Tx, table: str, clinic_id: str, conversation_id: str) -> int:
    """How many rows `sealed_in` finds."""
    row = tx.one(f"SELECT count(*) AS n FROM {table} WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id AND"
                 " sealed IS NOT NULL", clinic_id=clinic_id, conversation_id=conversation_id)
    return row.n if row else 0


def reseal(tx: Tx, table: str, clinic_id: str, row, sealed: bytes, **also) -> bool:
    """Put another seal in the place of a row's own; False when that is not the one it was."""
    more = "".join(f", {name} = :{name}" for name in also)
    return tx.run(f"UPDATE {table} SET sealed = :sealed{more} WHERE clinic_id = :clinic_id AND id = :id AND sealed = :before",
                  sealed=sealed, clinic_id=clinic_id, id=row.id, before=row.sealed, **also) == 1


def was_answered(tx: Tx, clinic_id: str, id: str) -> bool:
    """Whether staff wrote anything in it."""
    return tx.one("SELECT 1 AS yes FROM messages WHERE clinic_id = :clinic_id AND conversation_id = :id AND author_kind = 'staff'"
                  " LIMIT 1", clinic_id=clinic_id, id=id) is not None


def one_contact(tx: Tx, clinic_id: str, conversation_id: str):
    """`id, channel, sealed` of the visitor's contact, or None."""
    return tx.one("SELECT id, channel, sealed FROM contacts WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id"
                  " ORDER BY id LIMIT 1", clinic_id=clinic_id, conversation_id=conversation_id)


def one_consent(tx: Tx, clinic_id: str, conversation_id: str):
    """`given_at, locale, version, body` of the consent given, the last the words agreed to, or None."""
    return tx.one("SELECT c.given_at, c.locale, w.version, w.body FROM consents c JOIN wordings w ON w.clinic_id = c.clinic_id"
                  " AND w.id = c.wording_id WHERE c.clinic_id = :clinic_id AND c.conversation_id = :conversation_id",
                  clinic_id=clinic_id, conversation_id=conversation_id)


def claim(tx: Tx, before, person_id: str | None, place_mac: bytes, now: int) -> bool:
    """Give the conversation from whoever has it to one person, or to nobody; False when somebody was quicker."""
    return tx.run("UPDATE conversations SET claimed_by = :person_id, claimed_at = :now, place_mac = :mac, version = version + 1"
                  " WHERE clinic_id = :clinic_id AND id = :id AND coalesce(claimed_by, :nobody) = coalesce(:before, :nobody)"
                  " AND coalesce(pool_id, :nobody) = coalesce(:pool_id, :nobody)",  # the MAC is for the pool where it was seen
                  clinic_id=before.clinic_id, id=before.id, person_id=person_id, now=now if person_id else None,
                  mac=place_mac, before=before.claimed_by, pool_id=before.pool_id,
                  nobody="00000000-0000-0000-0000-000000000000") == 1


def send_on(tx: Tx, before, pool_id: str | None, place_mac: bytes) -> bool:
    """Give the conversation to a pool, or (None) back to its category's, in nobody's hands; False when it changed since `before`
    was read."""
    return tx.run("UPDATE conversations SET pool_id = :pool_id, claimed_by = NULL, claimed_at = NULL, place_mac = :place_mac,"
                  " version = version + 1 WHERE clinic_id = :clinic_id AND id = :id AND version = :version AND closed_at IS NULL"
                  " AND erased_at IS NULL", pool_id=pool_id, place_mac=place_mac, clinic_id=before.clinic_id, id=before.id,
                  version=before.version) == 1


def set_urgency(tx: Tx, clinic_id: str, id: str, urgency: str) -> bool:
    """False when it had this urgency already."""
    return tx.run("UPDATE conversations SET urgency = :urgency, version = version + 1 WHERE clinic_id = :clinic_id AND id = :id"
                  " AND urgency <> :urgency", clinic_id=clinic_id, id=id, urgency=urgency) == 1


def promise(tx: Tx, clinic_id: str, id: str, at: int | None) -> bool:
    """By when an answer is promised, or (None) that none is; False when that is so already."""
    return tx.run("UPDATE conversations SET promised_at = :at, version = version + 1 WHERE clinic_id = :clinic_id AND id = :id"
                  " AND coalesce(promised_at, 0) <> :new", at=at, new=at or 0, clinic_id=clinic_id, id=id) == 1


def add_note(tx: Tx, before, id: str, author_id: str | None, now: int, ct_sha256: bytes, sealed: bytes, mac: bytes) -> bool:
    """A staff-only note, numbered by a counter of its own: a gap among messages would betray it. False when the
    conversation moved since `before` was read."""
    counted = tx.run("UPDATE conversations SET note_seq = note_seq + 1, mac = :mac WHERE clinic_id = :clinic_id AND id = :id AND"
                     " mac = :old_mac AND erased_at IS NULL", mac=mac, clinic_id=before.clinic_id, id=before.id,
                     old_mac=before.mac) == 1
    return counted and tx.insert("notes", clinic_id=before.clinic_id, id=id, conversation_id=before.id, seq=before.note_seq + 1,
                                 author_id=author_id, received_at=now, ct_sha256=ct_sha256, sealed=sealed)


def notes(tx: Tx, clinic_id: str, conversation_id: str) -> list:
    return tx.all("SELECT id, seq, author_id, received_at, ct_sha256, sealed FROM notes WHERE clinic_id = :clinic_id AND"
                  " conversation_id = :conversation_id ORDER BY seq", clinic_id=clinic_id, conversation_id=conversation_id)
