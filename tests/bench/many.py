"""Many messages in little time: sealed and chained as the desk does it, stored in large transactions, without audit rows."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from securemsg.crypto import heads
from securemsg.crypto.envelope import Place, seal
from securemsg.desk import Desk, thread
from securemsg.desk.clinics import Clinic
from securemsg.desk.placed import place_facts
from securemsg.desk.thread import Draft, sealed_message
from securemsg.store import Tx, conversations
from securemsg.store.conversations import ContactRow
from securemsg.store.ids import new_id
from securemsg.times import MINUTE

_AT_ONCE = 200  # conversations in a transaction
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def fill(desk: Desk, home: Clinic, number: int, each: int, texts: list[str]) -> list[str]:
    """So many conversations of `each` messages, every visitor with a name and an address; their ids, oldest first."""
    said = cycle(texts)
    made = (_conversation(desk, home, place, list(islice(said, each))) for place in range(number))
    ids: list[str] = []
    while some := list(islice(made, _AT_ONCE)):
        desk.database.write(lambda tx, some=some: [_insert(tx, home, one) for one in some] and None)
        ids += [one["id"] for one in some]
    return ids


def _conversation(desk: Desk, home: Clinic, place: int, texts: list[str]) -> dict[str, Any]:
    id, contact_id, now = new_id(), new_id(), desk.clock() - place * MINUTE
    keys, wrapped = desk.keys.new_conversation(home.id, id)
    name = seal(keys.body, Place("conversations", "name", home.id, id, id), f"Visitor {place}".encode())
    contact = seal(keys.body, Place("contacts", "sealed", home.id, contact_id, id), f"visitor{place}@example.org".encode())
    index = desk.keys.blind_index(home.id, "contact.email", f"visitor{place}@example.org")
    head, rows = heads.START, []
    for seq, text in enumerate(texts):
        beside = {} if seq else thread.beside(name, contact, home.consent.sha256)
        draft = Draft("visitor", "text", {"text": text}, beside=beside)
        rows.append(sealed_message(keys, home.id, id, seq, head, draft, now))
        head = rows[-1].head
    mac = heads.whole(keys.head, len(rows), head, 0)
    return {"id": id, "reference": _reference(place), "now": now, "head": head, "mac": mac, "name": name,
            "place_mac": desk.vouch(*place_facts(home.id, id, None, home.categories[0].id, None)), "wrapped": wrapped,
            "rows": rows, "contact": ContactRow(home.id, contact_id, id, "email", contact, index, 1)}


def _reference(place: int) -> str:
    letters = "".join(_digits(place, 6))
    return f"{letters[:2]}-{letters[2:]}"


def _digits(number: int, length: int) -> Iterator[str]:
    for _ in range(length):
        number, digit = divmod(number, len(_LETTERS))
        yield _LETTERS[digit]


def _insert(tx: Tx, home: Clinic, one: dict[str, Any]) -> bool:
    conversations.insert(tx, home.id, one["id"], one["reference"], home.categories[0].id, "me", "en", one["now"], one["head"],
                         one["mac"], one["name"], one["place_mac"])
    tx.run("UPDATE conversations SET last_seq = :seq WHERE clinic_id = :clinic_id AND id = :id", seq=len(one["rows"]),
           clinic_id=home.id, id=one["id"])
    wrapped = one["wrapped"]
    conversations.insert_key(tx, home.id, one["id"], wrapped.version, wrapped.wrapped, int(wrapped.wrapped_by))
    conversations.insert_contact(tx, one["contact"])
    for row in one["rows"]:
        conversations.insert_message(tx, row)
    return True
