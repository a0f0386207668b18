"""Cursors of this service's lists: bound to the clinic, the list, its filter and its order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from securemsg.crypto import cursors
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.desk import Desk

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Place:
    """Which list a cursor is a place in. `facts` are filter and order."""

    clinic_id: str
    list: str
    facts: tuple[object, ...] = ()

    @property
    def about(self) -> tuple[object, ...]:
        return (self.clinic_id, self.list, *self.facts)


def made(desk: Desk, place: Place, position: list[object]) -> str:
    """The cursor of the page that begins behind `position`."""
    return cursors.made(desk.keys.active(SERVICE, "cursor").secret, place.about, position)


def position(desk: Desk, place: Place, cursor: str | None) -> list | None:
    """The position that a cursor holds, None without one; BadRequest for what is no cursor of this list."""
    return None if cursor is None else cursors.read(desk.keys.active(SERVICE, "cursor").secret, place.about, cursor)


def part(desk: Desk, place: Place, cursor: str | None, limit: int, found: Mapping[str, Item]) -> tuple[list[Item], str | None]:
    """Of a list that is all at hand, in the order of its keys: at most `limit`, and the cursor of the next page."""
    [after] = position(desk, place, cursor) or [""]
    rest = sorted(key for key in found if key > after)
    return [found[key] for key in rest[:limit]], made(desk, place, [rest[limit - 1]]) if len(rest) > limit else None
