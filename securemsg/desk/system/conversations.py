"""Conversations for systems: a page of them, and one with who wrote it. No list opens a name or a word."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from securemsg.desk import reach, reading, strays
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import read_entry
from securemsg.desk.system import cursors, facts
from securemsg.errors import Refused
from securemsg.store import Row, conversations, listing


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations, in which order. `filters` are those of store/listing.py, but `category` by its name."""

    filters: Mapping[str, object] = field(default_factory=dict)
    sort: str = "updated"
    descending: bool = True

    @property
    def facts(self) -> tuple[object, ...]:
        """What makes it this list and no other."""
        return (self.sort, int(self.descending), *(part for pair in sorted(self.filters.items()) for part in pair))


def page(desk: Desk, home: Clinic, who: Who, wanted: Wanted, cursor: str | None, limit: int) -> tuple[list[dict], str | None]:
    """A page of conversations as facts, and the cursor of the next. BadRequest for a cursor of another list."""
    require(who, "inbox")
    place = cursors.Place(who.clinic_id, "conversations", wanted.facts)
    after, filters = cursors.position(desk, place, cursor), _by_column(home, wanted.filters)
    strays.put_back(desk, who.clinic_id, desk.clock())
    within = reach.within(desk, who, "inbox")
    rows = desk.database.read(
        lambda tx: listing.page(tx, who.clinic_id, within, filters, wanted.sort, wanted.descending, after, limit + 1))
    more = cursors.made(desk, place, listing.position(rows[limit - 1], wanted.sort)) if len(rows) > limit else None
    return [facts.of(home, row) for row in strays.genuine(desk, within, rows[:limit])], more


def one(desk: Desk, who: Who, id: str) -> Row:
    """The row of one, for its version and facts; another clinic's id looks like no id at all."""
    require(who, "inbox")
    return reach.own(desk, who, id, "inbox")


def shown(desk: Desk, home: Clinic, who: Who, row: Row, now: int) -> dict:
    """Its facts; for who may read its messages also `visitor`: name and contact, once it is on record who sees them."""
    if not who.may("read") or not reach.may_see(desk, who, row):
        return {**facts.of(home, row), "visitor": None}
    written = read_entry(desk, who, "conversation.read", row.id, now, (("contact", row.id), ("name", row.id)))
    reading.on_record(desk, written)
    return {**facts.of(home, row), "visitor": _visitor(desk, row)}


def _visitor(desk: Desk, row: Row) -> dict:
    contact = desk.database.read(lambda tx: conversations.one_contact(tx, row.clinic_id, row.id))
    beside = reading.beside_of(desk, row, [])
    name, reached = reading.name_of(desk, row, beside), reading.contact_of(desk, row, contact, beside)
    whole = beside is not None and reading.UNVERIFIED not in (name, reached and reached[1])
    if not whole:
        return {"name": None, "contact": None, "verified": False}
    return {"name": name, "contact": reached and {"kind": reached[0], "value": reached[1]}, "verified": True}


def _by_column(home: Clinic, filters: Mapping[str, object]) -> dict[str, object]:
    """The filters with the category's id instead of its name; Refused for one that the clinic never had."""
    told = dict(filters)
    if (name := told.pop("category", None)) is not None:
        category = next((each for each in home.categories if each.name == name), None)
        if category is None:
            raise Refused(errors={"category": ["This clinic has no such category."]})
        told["category_id"] = category.id
    return told
