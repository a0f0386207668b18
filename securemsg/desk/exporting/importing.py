"""Put a record back: a conversation as JSON becomes one in a clinic again, sealed under keys of its own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from securemsg.crypto import heads
from securemsg.crypto.envelope import Place, seal
from securemsg.crypto.keyring import ConversationKeys, WrappedKey
from securemsg.desk import people, thread
from securemsg.desk.access import Who
from securemsg.desk.clinics import Category, Clinic, sha256_of
from securemsg.desk.desk import Desk
from securemsg.desk.exporting.checking import faults
from securemsg.desk.exporting.record import digest
from securemsg.desk.exporting.shape import FORMAT, RECORD, VERSION, at
from securemsg.desk.first_message import contact_row
from securemsg.desk.journal import entry
from securemsg.desk.placed import place_facts
from securemsg.desk.plugin import kept
from securemsg.desk.plugin.kept import NOTHING
from securemsg.desk.pools import pools_of
from securemsg.desk.reading import note_place
from securemsg.desk.thread import Draft
from securemsg.errors import Refused
from securemsg.store import Tx, importing
from securemsg.store import pools as store_pools
from securemsg.store.conversations import ContactRow, MessageRow
from securemsg.store.erasing import BROUGHT
from securemsg.store.importing import Imported
from securemsg.store.openings import OpeningRow

Prepared = tuple[str, Callable[[Tx], None]]  # the conversation's id, and what writes it down
STRANGE = "This is no record as securemsg exports it: {fault} Nothing was imported."
_VERSION = "This record has version {version} of its format, and this program reads version {known}. Nothing was imported."
CHANGED = "Something in this record was changed since it was exported: its sha256 is that of another. Nothing was imported."
_THERE = "This clinic has this conversation, or another with its reference, or a part of it, already. Nothing was imported."
_COPY = "This is a patient's copy. Only a record can be put back: it alone holds everything."
_UNVERIFIED = ("A message in this record could not be verified when it was exported, so it cannot be put back. Nothing was"
               " imported.")
_NO_POOL = ("This conversation was sent to the pool {name}, and this clinic has none of this short name, so it is not clear who"
            " may read it. Add one with `securemsg pool add` first. Nothing was imported.")
_AS_THEY_ARE = ("reference", "about", "language", "urgency", "waiting_on", "closed_reason", "identity_level")


@dataclass
class _Making:
    """The conversation as it is put together."""

    keys: ConversationKeys
    wrapped: WrappedKey
    name: bytes | None
    contact: ContactRow | None
    head: bytes = heads.START
    messages: list[MessageRow] = field(default_factory=list)
    removed: list[dict] = field(default_factory=list)


def put_back(desk: Desk, home: Clinic, who: Who, record: dict[str, Any], now: int) -> str:
    """The id of the conversation, the one that it had. Refused with a sentence for what is no whole record, and for what this
    clinic has already.

    Visitors' sessions, drafts and to-dos are no part of a record: a mail's link lets the visitor in.
    """
    [id] = write_down(desk, home, [prepared(desk, home, who, record, now)])
    return id


def write_down(desk: Desk, home: Clinic, ready: list[Prepared]) -> list[str]:
    """The ids of the conversations that were `prepared`: all of them are there now, or none where one is refused."""
    def write(tx: Tx) -> None:
        for _, write_one in ready:
            write_one(tx)

    desk.database.write(write)
    desk.known_people.pop(home.id, None)
    return [id for id, _ in ready]


def prepared(desk: Desk, home: Clinic, who: Who, record: dict[str, Any], now: int) -> Prepared:
    """The id of the conversation, and what writes it down: that is refused, too, for what this clinic has already."""
    _check(record, now)
    imported = _imported(desk, home, record, now)
    written = entry(desk, who, "conversation.imported", "conversation", imported.id, now, conversation_id=imported.id,
                    detail={"sha256": record["sha256"]})

    def write(tx: Tx) -> None:
        if (pool_id := imported.row.get("pool_id")) and not store_pools.hold(tx, home.id, pool_id):
            raise Refused(_NO_POOL.format(name=record["conversation"]["pool"]))
        if not importing.insert(tx, imported):
            raise Refused(_THERE)
        written.write(tx)

    return imported.id, write


def _check(record: Any, now: int) -> None:
    """It has the shape, says nothing that cannot be, and is as it was exported."""
    version = record.get("version") if isinstance(record, dict) and record.get("format") == FORMAT else None
    if isinstance(version, int) and version != VERSION:
        raise Refused(_VERSION.format(version=version, known=VERSION))
    if fault := next(faults(record, now), None):
        raise Refused(STRANGE.format(fault=fault))
    if record["sha256"] != digest(record):
        raise Refused(CHANGED)
    if record["copy"] != RECORD:
        raise Refused(_COPY)


def _imported(desk: Desk, home: Clinic, record: dict[str, Any], now: int) -> Imported:
    facts, visitor = record["conversation"], record["visitor"]
    id, category = str(facts["id"]), _category(home, facts["category"])
    making = _begun(desk, home, id, visitor)
    _add_messages(making, home.id, id, record, visitor)
    notes = [_note(making, home.id, id, seq, note, record) for seq, note in enumerate(record["notes"], 1)]
    mac = heads.whole(making.keys.head, len(making.messages), making.head, len(notes))
    row, holder = {name: facts[name] for name in _AS_THEY_ARE}, _known(facts["claimed_by"], record)
    pool_id = _sent_to(desk, home, facts.get("pool"))
    times = {column: at(facts[name]) for column, name in (
        ("waiting_since", "waiting_since"), ("created_at", "opened_at"), ("last_at", "last_at"), ("closed_at", "closed_at"),
        ("promised_at", "promised_at"))}
    shelf = kept.in_conversation(making.keys, Imported(home.id, id))
    return Imported(
        home.id, id, {**row, **times, "pool_id": pool_id, "category_id": category.id,
                      "claimed_by": holder, "mac": mac,
                      "place_mac": desk.vouch(*place_facts(home.id, id, pool_id, category.id, holder)),
                      "head": making.head, "name": making.name,
                      "last_seq": len(making.messages), "note_seq": len(notes)},
        making.wrapped, making.messages, making.contact, _consent(visitor["consent"]), notes,
        [_opening(desk, home.id, id, each) for each in record["openings"]],
        [kept.row_of(shelf, plugin, name, NOTHING, value) for plugin, values in record["kept"].items()
         for name, value in values.items()],
        [_person(desk, home.id, person_id, person, now) for person_id, person in record["people"].items()],
        [(each["id"], now, desk.vouch(*thread.erasure_facts(home.id, BROUGHT, each["id"], now))) for each in making.removed])


def _known(id: str | None, record: dict) -> str | None:
    """Who the record names by that id; a plugin is nobody."""
    return id if id in record["people"] else None


def _begun(desk: Desk, home: Clinic, id: str, visitor: dict) -> _Making:
    keys, wrapped = desk.keys.new_conversation(home.id, id)
    name = visitor["name"] and seal(keys.body, Place("conversations", "name", home.id, id, id), visitor["name"].encode())
    contact = visitor["contact"] and contact_row(desk, home, keys.body, id, visitor["contact"]["kind"],
                                                visitor["contact"]["value"])
    return _Making(keys, wrapped, name, contact)


def _add_messages(making: _Making, clinic_id: str, id: str, record: dict, visitor: dict) -> None:
    """Each in its order; the first vouches for name, contact and consent as they are sealed now."""
    consent = visitor["consent"] and visitor["consent"]["sha256"]
    beside = thread.beside(making.name, making.contact.sealed if making.contact else None, consent)
    for seq, each in enumerate(record["messages"], 1):
        author = each["author"]
        if each["state"] == "unverified":
            raise Refused(_UNVERIFIED)
        draft = Draft(author["kind"], each["kind"], each["data"], author["id"], beside if seq == 1 else {}, bool(each["alert"]))
        row = thread.sealed_message(making.keys, clinic_id, id, seq - 1, making.head, draft, at(each["at"]) or 0, each["id"])
        making.messages.append(row)
        making.head = row.head
        if each["state"] == "removed":
            making.removed.append(each)


def _note(making: _Making, clinic_id: str, id: str, seq: int, note: dict, record: dict) -> dict[str, Any]:
    if note["text"] is None:
        raise Refused(_UNVERIFIED)
    sealed = seal(making.keys.note, note_place(clinic_id, id, note["id"]),
                  orjson.dumps({"text": note["text"], "author": note["author"], "at": at(note["at"])}))
    return {"id": note["id"], "seq": seq, "author_id": _known(note["author"], record), "received_at": at(note["at"]),
            "sealed": sealed, "ct_sha256": hashlib.sha256(sealed).digest()}


def _opening(desk: Desk, clinic_id: str, id: str, each: dict) -> OpeningRow:
    facts = (clinic_id, id, each["by"], each["reader"], each["role"], each["upto_seq"], at(each["at"]) or 0)
    return OpeningRow(*facts, desk.vouch("openings", *facts))


def _person(desk: Desk, clinic_id: str, id: str, person: dict, now: int) -> dict[str, Any]:
    """Who wrote there and is unknown here: a name without a way to sign in."""
    name = people.sealed_value(desk, clinic_id, id, "name", person["name"])
    return {"id": id, "name": name, "title": person["title"], "created_at": now, "disabled_at": now}


def _consent(consent: dict | None) -> dict[str, Any] | None:
    if consent is None or sha256_of(consent["text"]).hex() != consent["sha256"]:
        return None
    return {**consent, "given_at": at(consent["given_at"])}


def _sent_to(desk: Desk, home: Clinic, name: str | None) -> str | None:
    """The id of the pool that it was sent to, here the one of that name. A record from before has none, nor one of a
    conversation that is where its topic goes."""
    if name is None:
        return None
    pool_id = next((pool for pool, known in pools_of(desk, home.id, fresh=True).names.items() if known == name), None)
    if pool_id is None:
        raise Refused(_NO_POOL.format(name=name))
    return pool_id


def _category(home: Clinic, name: str | None) -> Category:
    found = next((each for each in home.categories if each.name == name), None)
    if found is None:
        raise Refused(f"This clinic has no topic {name!r}. Add one with this short name first, or choose another clinic.")
    return found
