"""One conversation's messages: sealed in, verified out. Used by visitor and staff alike."""

import hashlib
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

import orjson

from securemsg.crypto import heads
from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.crypto.keyring import ConversationKeys
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Conflict, Unavailable, Unverified
from securemsg.store import Row, conversations, erasing
from securemsg.store.conversations import MessageRow
from securemsg.store.ids import new_id

PAGE = 200  # messages
REMOVED = "removed"  # the kind of a message whose content was erased
_MOST = 2**31 - 1  # messages of one conversation; a number beyond it was put there by somebody else


@dataclass(frozen=True, slots=True)
class Message:
    """One entry as its readers get it. `verified` False: the row was altered, moved or is missing, and `data` is None. Of the
    kind REMOVED: it was erased on purpose, and `data` is empty."""

    id: str | None
    seq: int
    author_kind: str
    author_id: str | None
    kind: str
    received_at: int | None
    verified: bool
    data: dict | None = field(repr=False)
    beside: dict = field(default_factory=dict, repr=False)
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody says, before it has a place."""

    author_kind: str
    kind: str
    data: dict = field(repr=False)
    author_id: str | None = None
    beside: dict = field(default_factory=dict, repr=False)  # facts of the conversation that the first message vouches for
    alert: bool = False  # whether the visitor is to be told elsewhere that it is there: of what a plugin says by itself


def keys_of(desk: Desk, conversation, *, kept: bool = True) -> ConversationKeys:
    """The conversation's keys, `kept` for the next who asks; Unverified when the wrapped key was altered or is gone."""
    if conversation.wrapped is None or not isinstance(conversation.wrapped_by, int):  # SQLite's columns take texts as well
        raise Unverified
    row, opened = conversation, desk.keys.conversation if kept else desk.keys.conversation_once
    return opened(row.clinic_id, row.id, row.key_version, row.wrapped, row.wrapped_by)


def keys_to_write(desk: Desk, conversation, told: str | None = None) -> ConversationKeys:
    """The keys for who adds to a conversation; Unverified, with a sentence, where it is not as it was left.

    A message or note that follows makes the row whole again: what was cut off before it would never be noticed.
    """
    keys = keys_of(desk, conversation)
    if not is_whole(keys, conversation):
        raise Unverified(told)
    return keys


def again(desk: Desk, conversation):
    """The same conversation as it is now."""
    return desk.database.read(lambda tx: conversations.one(tx, conversation.clinic_id, conversation.id))


def sealed_message(keys: ConversationKeys, clinic_id: str, conversation_id: str, last_seq: int, head: bytes, draft: Draft,
                   now: int, id: str = "") -> MessageRow:
    """The row of the next message after `last_seq` and `head`, with an `id` if it has one; Unverified where none can follow."""
    id, seq = id or new_id(), last_seq + 1
    if seq > _MOST:
        raise Unverified
    # Author, kind and time are inside as well: the columns beside it are for sorting, not for believing.
    content = orjson.dumps({"kind": draft.kind, "data": draft.data, "author": draft.author_id, "at": now, "beside": draft.beside,
                            **({"alert": True} if draft.alert else {})})
    sealed = seal(keys.body, place(clinic_id, conversation_id, id, draft.author_kind), content)
    sha256 = hashlib.sha256(sealed).digest()
    return MessageRow(clinic_id, id, conversation_id, seq, draft.author_kind, draft.author_id, draft.kind, now, sha256,
                      heads.advance(keys.head, head, id, seq, sha256), sealed, int(draft.alert))


def page(desk: Desk, conversation, after: int, limit: int = PAGE) -> list[Message]:
    """Messages numbered above `after`, each verified; what is missing in between stands as not verified."""
    try:
        keys = keys_of(desk, conversation)
    except Unverified:
        keys = None
    if keys and after >= conversation.last_seq and is_whole(keys, conversation):
        return []  # most polls end here
    rows = desk.database.read(lambda tx: conversations.messages(tx, conversation.clinic_id, conversation.id, after, limit))
    vouched = _vouched(keys.head, rows) if keys else set()
    empty = erased(desk, conversation) if any(row.sealed is None for row in rows) else frozenset()
    found = {row.seq: _removed(row) if row.id in empty and row.seq in vouched else
             _opened(keys, conversation, row, row.seq in vouched) for row in rows if after < row.seq <= after + limit}
    upto = min(max(conversation.last_seq, *found, after), after + limit)
    upto += upto == conversation.last_seq and keys is not None and not is_whole(keys, conversation)
    return [found.get(seq) or _gone(seq) for seq in range(after + 1, upto + 1)]


def unseen(desk: Desk, before: Row, seen: int) -> list[Row]:
    """The messages after number `seen`, as they are stored. Conflict where there is no such message, as it is of another copy of
    this database, and where there are more than a page: nobody has seen what is not looked through."""
    if not 0 <= before.last_seq - seen <= PAGE:
        raise Conflict
    if before.last_seq == seen:
        return []
    return desk.database.read(lambda tx: conversations.messages(tx, before.clinic_id, before.id, seen + 1, PAGE))


def beside(name: bytes | None, contact: bytes | None, consent: str | None) -> dict:
    """Hashes of the sealed name and contact, and of the words agreed to (hex): none can be taken away or put in unseen."""
    return {"name": name and hashlib.sha256(name).hexdigest(), "contact": contact and hashlib.sha256(contact).hexdigest(),
            "consent": consent}


def report_unverified(desk: Desk, who: Who, conversation_id: str, messages: list[Message], now: int) -> None:
    """One audit row when a page holds what could not be verified; the same finding is written once by this process."""
    bad = tuple(("message", message.id or str(message.seq)) for message in messages if not message.verified)
    report(desk, who, conversation_id, bad, now)


def report(desk: Desk, who: Who, conversation_id: str, bad: tuple[tuple[str, str], ...], now: int) -> None:
    """The same for what else could not be verified, as (kind, id) each."""
    if bad and (conversation_id, bad) not in desk.reported:
        found = entry(desk, who, "message.unverified", "conversation", conversation_id, now, outcome="failed", objects=bad,
                      event=False)
        # With no room to write visitors still read what is their own; staff are shown nothing that was not recorded.
        with suppress(Unavailable) if who.kind == "visitor" else nullcontext():
            desk.database.write(found.write)
            desk.reported.add((conversation_id, bad))


def is_whole(keys: ConversationKeys, conversation) -> bool:
    """Whether the conversation's row counts what it counted when it was written: else a newer message may be gone."""
    mac = heads.whole(keys.head, conversation.last_seq, conversation.head, conversation.note_seq)
    return heads.fits(mac, conversation.mac)


def _vouched(key: bytes, rows: list) -> set[int]:
    """The numbers of the rows whose head follows from the row before them.

    A row whose neighbour was altered must not be blamed for it, so a head also counts as following when it does so
    from any head among the rows, stored or recomputed.
    """
    known = {heads.START} | {row.head for row in rows}
    before, vouched = heads.START, set()
    for row in rows:
        expected = heads.advance(key, before, row.id, row.seq, row.ct_sha256)
        if heads.fits(expected, row.head) or _follows(key, known, row):
            vouched.add(row.seq)
        known.add(expected)
        before = row.head
    return vouched


def erasure_facts(clinic_id: str, kind: str, id: str, at: int) -> tuple:
    """What the MAC of an erasure covers."""
    return "erasures", clinic_id, kind, id, at


def is_genuine_erasure(desk: Desk, row) -> bool:
    """Whether this service erased what the row of `erasures` names. In tables of an older form a row has no `mac`."""
    facts = erasure_facts(row.clinic_id, row.object_kind, row.object_id, row.erased_at)
    return desk.vouched(getattr(row, "mac", None), *facts)


def erased(desk: Desk, conversation) -> frozenset[str]:
    """The messages that were erased on purpose, as rows say that this service wrote."""
    return frozenset(row.object_id for row in _erasures(desk, conversation))


def removed(desk: Desk, conversation, upto: int) -> list[int]:
    """The numbers of the same, up to `upto`, in order."""
    return sorted(row.seq for row in _erasures(desk, conversation) if row.seq <= upto) if upto else []


def _erasures(desk: Desk, conversation) -> list:
    clinic_id = conversation.clinic_id
    rows = desk.database.read(lambda tx: erasing.erased_messages(tx, clinic_id, conversation.id))
    return [row for row in rows
            if desk.vouched(row.mac, *erasure_facts(clinic_id, row.object_kind, row.object_id, row.erased_at))]


def _removed(row) -> Message:
    return Message(row.id, row.seq, row.author_kind, None, REMOVED, row.received_at, True, {}, {})


def _follows(key: bytes, known: set[bytes], row) -> bool:
    return any(heads.fits(heads.advance(key, head, row.id, row.seq, row.ct_sha256), row.head) for head in known)


def _opened(keys: ConversationKeys | None, conversation, row, vouched: bool) -> Message:
    try:
        if keys is None or not vouched or hashlib.sha256(row.sealed or b"").digest() != row.ct_sha256:
            raise Unverified
        here = place(conversation.clinic_id, conversation.id, row.id, row.author_kind)
        content = orjson.loads(unseal(keys.body, here, row.sealed))
        inside = content["author"], content["kind"], content["at"], int(content.get("alert", False))
        if inside != (row.author_id, row.kind, row.received_at, row.alert):
            raise Unverified
    except Unverified:
        return Message(row.id, row.seq, row.author_kind, None, "text", None, False, None)
    return Message(row.id, row.seq, row.author_kind, content["author"], content["kind"], content["at"], True, content["data"],
                   content["beside"], bool(row.alert))


def _gone(seq: int) -> Message:
    return Message(None, seq, "unknown", None, "text", None, False, None)


def place(clinic_id: str, conversation_id: str, message_id: str, author_kind: str) -> Place:
    """Where a message is sealed."""
    return Place("messages", "sealed", clinic_id, message_id, conversation_id, author_kind)
