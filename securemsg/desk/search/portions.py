"""A clinic's conversations from the newest down, looked through some at a time; a very long one a piece at a time."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from uuid import UUID

from securemsg.desk import reach
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.search import sheets
from securemsg.desk.search.sheets import Sheets
from securemsg.desk.search.words import Query
from securemsg.desk.slow import slowly
from securemsg.errors import BadRequest
from securemsg.store import Row, conversations
from securemsg.store import search as rows
from securemsg.words import say

_PORTION = 2 * rows.PIECE - 20  # messages and notes, about: mostly two pieces, as conversations are short
_CONVERSATIONS = 400
_START = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.(message|note)\.([0-9]{1,10})\.([0-9]{1,3}))?")
_NO_START = say("There is no such page of a search.")
_LOOKS = {"message": (rows.messages, sheets.look_at_messages), "note": (rows.notes, sheets.look_at_notes)}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a search begins: with the conversations below `id`; or, with a `kind`, within that one, with its messages or notes
    numbered up to `upto`, when those above it held the terms of `mask`. As text it stands in the link that goes on."""

    id: str = rows.LAST_ID
    kind: str = ""
    upto: int = 0
    mask: int = 0

    def __str__(self) -> str:
        return f"{self.id}.{self.kind}.{self.upto}.{self.mask}" if self.kind else self.id

    @classmethod
    def read(cls, text: str) -> "Start":
        """The one that stands in a link; BadRequest for a text that is none."""
        match = _START.fullmatch(text)
        if not match or (match[2] and match[1] == rows.LAST_ID):
            raise BadRequest(_NO_START)
        return cls(match[1], match[2], int(match[3]), int(match[4])) if match[2] else cls(match[1])


class Portion(NamedTuple):
    """Conversations looked through to their end; or one so far, when there is `more` of it: its messages or notes up to which."""

    sheets: Sheets
    more: tuple[str, int] | None = None


def portions(desk: Desk, who: Who, query: Query, start: Start, is_wanted: Callable[[], bool]) -> Iterator[Portion]:
    """All conversations from `start` down. BadRequest as soon as nobody wants them any more."""
    before = str(UUID(int=UUID(start.id).int + 1)) if start.kind else start.id
    while some := _conversations(desk, who, before):
        for run in _runs(some):
            within = start if start.kind and run[0].id == start.id else Start()
            yield from _looked_through(desk, who.clinic_id, query, run, within, is_wanted)
        before = some[-1].id


def contacts(desk: Desk, clinic_id: str, low: str, high: str) -> list[Row]:
    """The contacts of the conversations from `high` down to `low`."""
    return desk.database.read(lambda tx: rows.contacts(tx, clinic_id, low, high))


def _runs(some: list[Row]) -> Iterator[list[Row]]:
    """Neighbours that hold about a portion together; one that holds as much alone is by itself."""
    run: list[Row] = []
    held = 0
    for row in some:
        holds = row.last_seq + row.note_seq
        if run and held + min(holds, _PORTION) > _PORTION:
            yield run
            run, held = [], 0
        run.append(row)
        held += holds
    if run:
        yield run


def _looked_through(desk: Desk, clinic_id: str, query: Query, run: list[Row], start: Start,
                    is_wanted: Callable[[], bool]) -> Iterator[Portion]:
    high, low = run[0].id, run[-1].id
    beside = contacts(desk, clinic_id, low, high)
    desk.keys.prepare(clinic_id, {row.wrapped_by for row in run})  # the pool's threads ask no database
    opened = slowly(lambda: sheets.opened(desk, run, query, beside))
    if start.kind:
        opened[high].resume(start.kind, start.upto, start.mask & query.all)
    for kind, (read, look) in _LOOKS.items():
        if start.kind == "note" != kind:
            continue
        first = start.upto if kind == start.kind else rows.LAST_SEQ
        for piece in _pieces(desk, partial(read, clinic_id=clinic_id, low=low), high, first):
            if not is_wanted():
                raise BadRequest("Whoever asked has gone.")
            slowly(partial(look, query, opened, piece))
            if high == low and len(piece) == rows.PIECE:
                yield Portion(opened, (kind, piece[-1].seq - 1))
    yield Portion(opened)


def _pieces(desk: Desk, read: Callable[..., list[Row]], high: str, upto: int) -> Iterator[list[Row]]:
    piece = desk.database.read(partial(read, high=high, upto=upto))
    while piece:
        yield piece
        if len(piece) < rows.PIECE:
            return
        piece = desk.database.read(partial(read, high=piece[-1].conversation_id, upto=piece[-1].seq - 1))


def _conversations(desk: Desk, who: Who, before: str) -> list[Row]:
    within = reach.within(desk, who)
    return desk.database.read(lambda tx: conversations.below(tx, who.clinic_id, within, before, _CONVERSATIONS))
