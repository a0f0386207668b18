"""A conversation as a record: everything that was said, noted and opened in it, as JSON that can be put back.

    {"format": "securemsg.conversation", "version": 1, "copy": "record" | "patient", "clinic": {slug, name, timezone, locale},
     "exported_at", "conversation": {…}, "visitor": {name, contact, consent}, "people": {id: {name, title}},
     "messages": [{id, seq, author, kind, at, data, alert, state: verified | removed | unverified}],
     "openings": [{by, reader, role, upto_seq, at}], "notes": [{id, seq, author, at, text}], "kept": {plugin: {name: value}},
     "files": [{message, name, media_type, bytes, sha256}], "sha256"}

Each field's type and bounds stand in shape.py. Times are RFC 3339 in UTC with microseconds. `sha256` is that of the JSON without
it, with sorted keys and no spaces. The patient's copy has neither notes nor what plugins keep, nor to which pool it was sent.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from securemsg.desk import openings, placed, reading, thread
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic, sha256_of
from securemsg.desk.desk import Desk
from securemsg.desk.exporting.shape import FORMAT, RECORD, VERSION
from securemsg.desk.journal import entry
from securemsg.desk.plugin import kept
from securemsg.desk.pools import pools_of
from securemsg.desk.reach import own
from securemsg.desk.system.holders import authors
from securemsg.desk.thread import REMOVED, Message
from securemsg.store import Row, conversations
from securemsg.times import rfc3339


def export(desk: Desk, home: Clinic, who: Who, id: str, copy: str, now: int) -> dict[str, Any]:
    """The record of one conversation. The audit row, with all that it discloses, is committed before a word is opened.

    `copy` is record (with the notes of staff) or patient. What could not be verified stands there as that.
    """
    if who.kind != "service":
        require(who, "export")
    row = own(desk, who, id, "export")
    whole = copy == RECORD
    disclosed = (("messages", f"1-{row.last_seq}"), ("contact", id), ("name", id),
                 *((("notes", f"1-{row.note_seq}"),) if whole else ()))
    reading.on_record(desk, entry(desk, who, "conversation.exported", "conversation", id, now, objects=disclosed,
                                  detail={"copy": copy}, conversation_id=id, event=False))
    return _signed(_record(desk, home, who, row, copy, now))


def digest(record: dict[str, Any]) -> str:
    """The hash that a record carries of all the rest of itself."""
    rest = {name: value for name, value in record.items() if name != "sha256"}
    return hashlib.sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()


def as_bytes(record: dict[str, Any]) -> bytes:
    """As a file."""
    return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _signed(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"sha256": digest(record)}


def _record(desk: Desk, home: Clinic, who: Who, row: Row, copy: str, now: int) -> dict[str, Any]:
    found, people = list(everything(desk, who, row, now)), authors(desk, home.id)
    beside = reading.beside_of(desk, row, found)
    messages = [_message(message) for message in found]
    notes = [_note(note) for note in reading.notes(desk, row)] if copy == RECORD else []
    opened = [_opening(side, each) for side in ("visitor", "staff") for each in openings.rows(desk, row, side)]
    wrote = {each["author"]["id"] for each in messages} | {each["author"] for each in notes} | {row.claimed_by}
    return {
        "format": FORMAT, "version": VERSION, "copy": copy, "exported_at": rfc3339(now),
        "clinic": {"slug": home.slug, "name": home.name, "timezone": home.timezone, "locale": home.locale},
        "conversation": _facts(home, row) | ({"pool": _pool(desk, row)} if copy == RECORD else {}),
        "visitor": _visitor(desk, row, beside),
        "people": {id: {"name": people[id].name, "title": people[id].title} for id in sorted(filter(None, wrote))
                   if id in people},
        "messages": messages, "notes": notes, "openings": opened,
        "kept": _kept(desk, who, row, now) if copy == RECORD else {}, "files": list(files(messages))}


def everything(desk: Desk, who: Who, row: Row, now: int) -> Iterator[Message]:
    """Each message, page after page, up to the newest of which the record says that it was disclosed."""
    after = 0
    while after < row.last_seq and (page := thread.page(desk, row, after)):
        thread.report_unverified(desk, who, row.id, page, now)
        yield from (message for message in page if message.seq <= row.last_seq)
        after = page[-1].seq


def _facts(home: Clinic, row: Row) -> dict[str, Any]:
    category = next((each for each in home.categories if each.id == row.category_id), None)
    return {"id": row.id, "reference": row.reference, "category": category and category.name, "about": row.about,
            "language": row.language, "urgency": row.urgency, "waiting_on": row.waiting_on, "closed_reason": row.closed_reason,
            "identity_level": row.identity_level, "claimed_by": row.claimed_by, "opened_at": _at(row.created_at),
            "last_at": _at(row.last_at), "closed_at": _at(row.closed_at), "waiting_since": _at(row.waiting_since),
            "promised_at": _at(row.promised_at)}


def _pool(desk: Desk, row: Row) -> str | None:
    """The short name of the pool that it was sent to; None where its topic says where it goes."""
    return pools_of(desk, row.clinic_id).names.get(placed.as_written(desk, row).pool_id or "")


def _visitor(desk: Desk, row: Row, beside: dict | None) -> dict[str, Any]:
    contact, consent = desk.database.read(lambda tx: (
        conversations.one_contact(tx, row.clinic_id, row.id), conversations.one_consent(tx, row.clinic_id, row.id)))
    name, reached = reading.name_of(desk, row, beside), reading.contact_of(desk, row, contact, beside)
    agreed = reading.consent_of(row, consent, beside)
    return {"name": None if name is None else str(name), "contact": reached and {"kind": reached[0], "value": str(reached[1])},
            "consent": agreed and {"text": str(agreed.text), "sha256": sha256_of(agreed.text).hex(), "version": agreed.version,
                                   "locale": agreed.locale, "given_at": _at(agreed.at)}}


def _message(message: Message) -> dict[str, Any]:
    state = "removed" if message.kind == REMOVED else "verified" if message.verified else "unverified"
    return {"id": message.id, "seq": message.seq, "author": {"kind": message.author_kind, "id": message.author_id},
            "kind": message.kind, "at": _at(message.received_at), "alert": message.alert, "data": message.data, "state": state}


def _note(note: reading.Note) -> dict[str, Any]:
    return {"id": note.id, "author": note.author_id, "at": _at(note.at), "text": note.text}


def _opening(side: str, row: Row) -> dict[str, Any]:
    return {"by": side, "reader": row.reader_id, "role": row.role, "upto_seq": row.upto_seq, "at": _at(row.opened_at)}


def _kept(desk: Desk, who: Who, row: Row, now: int) -> dict[str, dict[str, Any]]:
    return {plugin: {name: each.value for name, each in sorted(values.items()) if each.value is not None}
            for plugin, values in sorted(kept.everything(desk, who, row, now).items())}


def files(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What a record lists of the files that stand in its messages."""
    for message in messages:
        for part in (message["data"] or {}).get("parts") or ():
            if part.get("type") == "file":
                content = part["content"].encode()
                yield {"message": message["seq"], "name": part["name"], "media_type": part["media_type"], "bytes": len(content),
                       "sha256": hashlib.sha256(content).hexdigest()}


def _at(moment: int | None) -> str | None:
    return None if moment is None else rfc3339(moment)
