"""A conversation under another key: all that stays is sealed anew, so that the old key can go with what it alone opens."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import orjson

from securemsg.crypto import heads
from securemsg.crypto.envelope import Key, Place, seal, unseal
from securemsg.crypto.keyring import ConversationKeys, WrappedKey
from securemsg.desk import drafts, held, thread
from securemsg.desk.archive.otherwise import REPORT
from securemsg.desk.desk import Desk
from securemsg.desk.plugin import kept, letters, tasks, todos
from securemsg.desk.reading import note_place
from securemsg.errors import Unverified
from securemsg.store import Row, Tx, conversations

ALTERED = ("Something in this conversation was altered or taken away, so no single message can be erased."
              " The whole conversation can.")
_PLACES: dict[str, Callable[[Row, Row], Place]] = {
    # table: where a row of it, in a conversation, is sealed; all of them under the key for notes
    "drafts": lambda conversation, row: drafts.place(row.clinic_id, row.id, row.conversation_id, row.person_id),
    "pending_replies": lambda conversation, row: held.place(row),
    "kept": lambda conversation, row: kept.place(row, row.id, row.plugin),
    "tasks": lambda conversation, row: (todos if row.for_staff else tasks).place(conversation, row.id, row.plugin),
    "outbox": lambda conversation, row: letters.place(row.clinic_id, row.id, row.conversation_id, row.plugin)}


@dataclass
class Anew:
    """What is to be written: the new key, and each row with its new seal."""

    before: Row
    keys: ConversationKeys
    wrapped: WrappedKey
    head: bytes = heads.START
    name: bytes | None = None
    rows: list[tuple[str, Row, bytes, dict]] = field(default_factory=list)  # table, row, its new seal, columns beside it
    heads: list[tuple[str, bytes]] = field(default_factory=list)  # of messages without a content: id and head
    counts: dict[str, int] = field(default_factory=dict)  # of the rows that were read, by table

    def write(self, tx: Tx) -> bool:
        """All of it; False when anything moved since it was read."""
        before, wrapped = self.before, self.wrapped
        mac = heads.whole(self.keys.head, before.last_seq, self.head, before.note_seq)
        if not conversations.rekey(tx, before, wrapped.version, wrapped.wrapped, int(wrapped.wrapped_by), self.head, mac,
                                   self.name):
            return False
        for id, head in self.heads:
            conversations.set_head(tx, before.clinic_id, id, head)
        if any(conversations.count_sealed(tx, table, before.clinic_id, before.id) != n for table, n in self.counts.items()):
            return False  # something came since, under the key that goes
        return all(conversations.reseal(tx, table, before.clinic_id, row, sealed, **also) for table, row, sealed, also
                   in self.rows)


def without(desk: Desk, before: Row, erased: str) -> Anew:
    """The conversation as it is to be once the message `erased` (an id) has no content; Unverified where it is not whole."""
    old = thread.keys_to_write(desk, before, ALTERED)
    anew = Anew(before, *desk.keys.new_conversation(before.clinic_id, before.id, before.key_version + 1))
    contact = next(iter(_sealed(desk, "contacts", before)), None)
    if before.name:
        anew.name = _again(old.body, anew.keys.body, Place("conversations", "name", before.clinic_id, before.id, before.id),
                           before.name)
    if contact:
        _put(anew, "contacts", contact, old.body, anew.keys.body,
             Place("contacts", "sealed", before.clinic_id, contact.id, before.id))
    _messages(desk, anew, old, erased, anew.rows[0][2] if contact else None)
    for note in _sealed(desk, "notes", before):
        sealed = _again(old.note, anew.keys.note, note_place(before.clinic_id, before.id, note.id), note.sealed)
        anew.rows.append(("notes", note, sealed, {"ct_sha256": hashlib.sha256(sealed).digest()}))
    for table, place in _PLACES.items():
        found = _sealed(desk, table, before)
        anew.counts[table] = len(found)
        for row in found:
            if getattr(row, "hook", None) != REPORT:  # which lies under the clinic's key
                _put(anew, table, row, old.note, anew.keys.note, place(before, row))
    return anew


def _messages(desk: Desk, anew: Anew, old: ConversationKeys, erased: str, contact: bytes | None) -> None:
    """Each message anew, in order: the head that follows from the others counts what stays of those without a content."""
    before = anew.before
    for row in _verified(desk, before):
        ct_sha256 = row.ct_sha256
        if row.id != erased and row.sealed is not None:
            place = thread.place(before.clinic_id, before.id, row.id, row.author_kind)
            content = orjson.loads(unseal(old.body, place, row.sealed))
            if content["beside"]:  # hashes of name and contact as they are sealed
                content["beside"] |= thread.beside(anew.name, contact, content["beside"].get("consent"))
            sealed = seal(anew.keys.body, place, orjson.dumps(content))
            ct_sha256 = hashlib.sha256(sealed).digest()
        anew.head = heads.advance(anew.keys.head, anew.head, row.id, row.seq, ct_sha256)
        if ct_sha256 == row.ct_sha256:
            anew.heads.append((row.id, anew.head))
        else:
            anew.rows.append(("messages", row, sealed, {"ct_sha256": ct_sha256, "head": anew.head}))


def _verified(desk: Desk, before: Row) -> Iterator[Row]:
    """Each row; Unverified at the first that cannot be vouched for."""
    after = 0
    while messages := thread.page(desk, before, after):
        rows = desk.database.read(partial(conversations.messages, clinic_id=before.clinic_id, conversation_id=before.id,
                                          after=after + 1, limit=thread.PAGE))
        by_seq = {row.seq: row for row in rows}
        for message in messages:
            if not message.verified or message.seq not in by_seq:
                raise Unverified(ALTERED)
            yield by_seq[message.seq]
        after = messages[-1].seq


def _sealed(desk: Desk, table: str, before: Row) -> list[Row]:
    return desk.database.read(lambda tx: conversations.sealed_in(tx, table, before.clinic_id, before.id))


def _put(anew: Anew, table: str, row: Row, old: Key, new: Key, place: Place) -> None:
    try:
        anew.rows.append((table, row, _again(old, new, place, row.sealed), {}))
    except Unverified:  # it did not open before either, and says so
        return


def _again(old: Key, new: Key, place: Place, sealed: bytes) -> bytes:
    return seal(new, place, unseal(old, place, sealed))
