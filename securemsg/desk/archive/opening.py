"""Open everything that is sealed, and verify everything that vouches: each conversation, each value beside them."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from securemsg.crypto.envelope import Place, unseal
from securemsg.crypto.vouching import SPENT
from securemsg.desk import drafts, held, reading, roles, thread, visits
from securemsg.desk.archive.otherwise import OPENS
from securemsg.desk.clinics import sha256_of
from securemsg.desk.desk import Desk
from securemsg.desk.door import providers, staff_sessions
from securemsg.desk.erasing import hold_rows, retention
from securemsg.desk.people import open_value
from securemsg.desk.system import tokens
from securemsg.errors import Missing, Unverified
from securemsg.store import Row, archive, conversations, pending
from securemsg.store.database import Stream

# Sealed under the clinic data key, in its own row.
BY_CLINIC = (("people", "name"), ("people", "email"), ("credentials", "sealed"), ("staff_sessions", "address"),
             ("staff_sessions", "draft"), ("devices", "name"), ("audit", "address"), ("audit", "detail"),
             ("plugin_settings", "sealed"), ("glass", "sealed"), ("holds", "sealed"), ("erasure_requests", "sealed"),
             ("providers", "secret"))
BY_CONVERSATION = (("conversations", "name"), ("contacts", "sealed"), ("messages", "sealed"), ("notes", "sealed"),
                   ("drafts", "sealed"), ("pending_replies", "sealed"))
BY_CALLER = (("idempotency", "answer"),)  # under a key that only the caller has; gone after a day
# What a row's MAC covers, beside the name of its table.
VOUCHED: dict[str, Callable[[Any], tuple]] = {
    "person_roles": lambda row: roles.facts(row),
    "providers": lambda row: providers.facts(row.clinic_id, row),
    "pool_members": lambda row: (row.clinic_id, row.pool_id, row.person_id, row.granted_at),
    "glass": lambda row: (row.clinic_id, row.id, row.conversation_id, row.person_id, row.purpose, row.opened_at, row.until_at),
    "holds": lambda row: hold_rows.facts(row),
    "erasures": lambda row: thread.erasure_facts(row.clinic_id, row.object_kind, row.object_id, row.erased_at)[1:],
    "retention": lambda row: retention.facts(row),
    "credentials": lambda row: (row.clinic_id, row.id, row.person_id, row.kind, row.hash, row.sealed),
    "invites": lambda row: (row.clinic_id, row.secret_sha256, row.person_id),
    "staff_sessions": lambda row: staff_sessions.facts(row.clinic_id, row.id, row.token_sha256, row.person_id, row.stage,
                                                       row.step_up_at)[1:],
    "devices": lambda row: (row.clinic_id, row.id, row.person_id, row.token_sha256),
    "visitor_sessions": lambda row: visits.facts(row.clinic_id, row.id, row.token_sha256, row.conversation_id, row.via)[1:],
    "returns": lambda row: (row.clinic_id, row.secret_sha256, row.conversation_id, row.expires_at),
    "api_tokens": lambda row: tokens.facts(row)[1:],
    "openings": lambda row: (row.clinic_id, row.conversation_id, row.reader_kind, row.reader_id, row.role, row.upto_seq,
                             row.opened_at),
    "plugin_settings": lambda row: (row.clinic_id, row.id, row.plugin, row.name, row.sealed, row.changed_at),
}


class Unopened(Exception):
    """The first thing that did not open or verify, in a sentence."""


@dataclass
class Tally:
    """How many values of each column opened, and how many were erased on purpose."""

    counts: Counter[str] = field(default_factory=Counter)
    erased: int = 0


def open_values(desk: Desk, tally: Tally) -> None:
    """Every row that vouches for itself, and every sealed value outside of conversations."""
    with desk.database.snapshot() as stream:
        for table, column in archive.SEALED:
            if (table, column) not in (*BY_CONVERSATION, *BY_CALLER):
                _open_column(desk, stream, table, column, tally)
        for table in VOUCHED:
            for row in archive.each(stream, table):
                if not _is_genuine(desk, table, row):
                    raise Unopened(f"A row of {table} ({_name(row)}) is not as the service wrote it.")
                tally.counts[f"{table}.mac"] += 1


def _is_genuine(desk: Desk, table: str, row: Row) -> bool:
    """Also what ended: it opens nothing, and says so itself."""
    if table == "person_roles":
        return row.mac == SPENT or roles.is_genuine(desk, row)
    if table == "api_tokens":
        return tokens.is_genuine(desk, row)
    if table == "visitor_sessions" and row.ended_at is not None:
        return row.mac == SPENT or visits.is_genuine(desk, row)  # spent where the conversation was erased
    if table == "openings" and row.mac is None:
        return True  # of the time before they were vouched for: it tells nobody anything
    return row.mac == SPENT or desk.vouched(row.mac, table, *VOUCHED[table](row))


def open_conversations(desk: Desk, tally: Tally) -> None:
    """Each conversation from its first message to its last, with its notes, name and contact."""
    with desk.database.snapshot() as stream:
        erased = {(row.clinic_id, row.object_id) for row in archive.each(stream, "erasures")}
        for each in archive.each(stream, "conversations"):
            row = desk.database.read(partial(conversations.one, clinic_id=each.clinic_id, id=each.id))
            if (row.clinic_id, row.id) in erased and row.wrapped is None:
                tally.erased += 1
            else:
                _open_conversation(desk, row, tally)


def _open_column(desk: Desk, stream: Stream, table: str, column: str, tally: Tally) -> None:
    for row in archive.each(stream, table):
        sealed = getattr(row, column)
        if sealed is None:
            continue
        if (table, column) not in (*BY_CLINIC, *OPENS):
            raise Unopened(f"There are sealed values in {table}.{column}, which this drill has no way to open.")
        try:
            if (table, column) in OPENS:
                OPENS[table, column](desk, row)
            else:
                open_value(desk, row.clinic_id, table, column, row.id, sealed)
        except (Unverified, Missing):
            raise Unopened(f"{table}.{column} of {row.id} does not open.") from None
        tally.counts[f"{table}.{column}"] += 1


def _open_conversation(desk: Desk, row: Row, tally: Tally) -> None:
    after, first = 0, None
    while messages := thread.page(desk, row, after):
        for message in messages:
            first = first or message
            if message.kind == thread.REMOVED:
                tally.erased += 1
            elif message.verified:
                tally.counts["messages.sealed"] += 1
            else:
                raise Unopened(f"Message {message.seq} of conversation {row.id} is missing or was altered.")
        after = messages[-1].seq
    if after != row.last_seq or first is None:
        raise Unopened(f"Conversation {row.id} counts {row.last_seq} messages, and there are {after}.")
    _open_beside(desk, row, first.beside, tally)
    _open_notes(desk, row, tally)
    _open_unsent(desk, row, tally)


def _open_beside(desk: Desk, row: Row, beside: dict, tally: Tally) -> None:
    """Name, contact and consent: those that the first message vouches for."""
    contact, consent = desk.database.read(lambda tx: (
        conversations.one_contact(tx, row.clinic_id, row.id), conversations.one_consent(tx, row.clinic_id, row.id)))
    found = thread.beside(row.name, contact and contact.sealed, consent and sha256_of(consent.body).hex())
    if any(found[fact] != vouched for fact, vouched in beside.items()):
        raise Unopened(f"Name, contact or consent of conversation {row.id} are not the ones its first message vouches for.")
    body = thread.keys_of(desk, row).body
    if row.name:
        _open(body, Place("conversations", "name", row.clinic_id, row.id, row.id), row.name, tally)
    if contact:
        _open(body, Place("contacts", "sealed", row.clinic_id, contact.id, row.id), contact.sealed, tally)


def _open_notes(desk: Desk, row: Row, tally: Tally) -> None:
    notes = desk.database.read(lambda tx: conversations.notes(tx, row.clinic_id, row.id))
    if [note.seq for note in notes] != list(range(1, row.note_seq + 1)):
        raise Unopened(f"Conversation {row.id} counts {row.note_seq} notes, and there are {len(notes)}.")
    for note in notes:
        if hashlib.sha256(note.sealed).digest() != note.ct_sha256:
            raise Unopened(f"Note {note.seq} of conversation {row.id} was altered.")
        _open(thread.keys_of(desk, row).note, reading.note_place(row.clinic_id, row.id, note.id), note.sealed, tally)


def _open_unsent(desk: Desk, row: Row, tally: Tally) -> None:
    """What staff began to write there, and a reply that waits for its moment."""
    drafted, waits = desk.database.read(lambda tx: (
        pending.drafts(tx, row.clinic_id, row.id), pending.one(tx, row.clinic_id, row.id)))
    key = thread.keys_of(desk, row).note
    for draft in drafted:
        _open(key, drafts.place(row.clinic_id, draft.id, row.id, draft.person_id), draft.sealed, tally)
    if waits:
        _open(key, held.place(waits), waits.sealed, tally)


def _open(key, place: Place, sealed: bytes, tally: Tally) -> None:
    try:
        unseal(key, place, sealed)
    except Unverified:
        raise Unopened(f"{place.table}.{place.column} of {place.row} does not open.") from None
    tally.counts[f"{place.table}.{place.column}"] += 1


def _name(row: Row) -> str:
    return getattr(row, "id", None) or getattr(row, "person_id", None) or row.clinic_id
