"""What a search shows: conversations, each with the few places found in it, verified as on its own page."""

from collections.abc import Callable
from dataclasses import dataclass, field

from securemsg.desk import reading, thread
from securemsg.desk.desk import Desk
from securemsg.desk.search import snippets
from securemsg.desk.search.sheets import Hit, Sheet
from securemsg.desk.search.snippets import Parts
from securemsg.desk.search.words import Query
from securemsg.desk.thread import Message
from securemsg.store import Row, conversations


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a conversation: kind message, note, name or contact. `parts` is None when it could not be verified."""

    kind: str
    id: str
    seq: int
    author_kind: str
    author_id: str | None
    at: int | None
    parts: Parts | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One conversation that was found."""

    conversation: Row = field(repr=False)
    places: tuple[Place, ...] = ()

    @property
    def disclosed(self) -> list[tuple[str, str]]:
        """What the audit log lists."""
        return [("conversation", self.conversation.id), *((place.kind, place.id) for place in self.places if place.parts)]


def result(desk: Desk, query: Query, sheet: Sheet) -> Result:
    """A conversation as it is shown. Reads the rows around each place again: its head must follow from the one before."""
    return Result(sheet.row, tuple(_PLACES[hit.kind](desk, query, sheet, hit) for hit in sheet.hits))


def _message(desk: Desk, query: Query, sheet: Sheet, hit: Hit) -> Place:
    found = _verified(desk, sheet.row, hit.row.seq)
    if found is None or found.id != hit.row.id:
        return Place("message", hit.row.id, hit.row.seq, "unknown", None, None, None)
    parts = snippets.snippet((found.data or {}).get("text", ""), query)
    return Place("message", hit.row.id, found.seq, found.author_kind, found.author_id, found.received_at, parts)


def _verified(desk: Desk, row: Row, seq: int) -> Message | None:
    """A message that its page would show. Where its neighbour was altered too, more of them are needed to vouch for it."""
    for after, limit in ((seq - 1, 1), (max(0, seq - thread.PAGE // 2), thread.PAGE)):
        for message in thread.page(desk, row, after, limit):
            if message.seq == seq and message.verified:
                return message
    return None


def _note(desk: Desk, query: Query, sheet: Sheet, hit: Hit) -> Place:
    assert isinstance(hit.content, dict)
    return Place("note", hit.row.id, hit.row.seq, "staff", hit.content["author"], hit.content["at"],
                 snippets.snippet(hit.text, query))


def _name(desk: Desk, query: Query, sheet: Sheet, hit: Hit) -> Place:
    text = reading.name_of(desk, sheet.row, reading.beside_of(desk, sheet.row, []))
    return _about(query, sheet, "name", hit.text if text == hit.text else None)


def _contact(desk: Desk, query: Query, sheet: Sheet, hit: Hit) -> Place:
    row = desk.database.read(lambda tx: conversations.one_contact(tx, sheet.row.clinic_id, sheet.row.id))
    found = reading.contact_of(desk, sheet.row, row, reading.beside_of(desk, sheet.row, []))
    return _about(query, sheet, "contact", hit.text if found and found[1] == hit.text else None)


def _about(query: Query, sheet: Sheet, kind: str, text: str | None) -> Place:
    parts = None if text is None else snippets.whole(text, query)
    return Place(kind, sheet.row.id, 0, "visitor", None, sheet.row.created_at, parts)


_PLACES: dict[str, Callable[[Desk, Query, Sheet, Hit], Place]] = {
    "message": _message, "note": _note, "name": _name, "contact": _contact}
