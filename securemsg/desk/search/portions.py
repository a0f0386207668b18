"""A clinic's conversations from the newest down, looked through some at a time; a very long one a piece at a time."""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from securemsg.desk import reach
from securemsg.desk.access import Who
from securemsg.desk.ahead import ahead
from securemsg.desk.desk import Desk
from securemsg.desk.search import sheets
from securemsg.desk.search.sheets import Sheets
from securemsg.desk.search.words import Query
from securemsg.desk.slow import slowly
from securemsg.errors import BadRequest
from securemsg.store import Row, conversations
from securemsg.store import search as rows
from securemsg.store.pools import Within
from securemsg.words import say

_PORTION = 2 * rows.PIECE - 20  # messages and notes, about: mostly two pieces, as conversations are short
_CONVERSATIONS = 400
_START = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.(message|note)\.([0-9]{1,10})\.([0-9]{1,3}))?")
_NO_START = say("There is no such page of a search.")
_READS = {"message": rows.messages, "note": rows.notes}
_LOOKS = {"message": sheets.look_at_messages, "note": sheets.look_at_notes}


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


class Step(NamedTuple):
    """What was read to be looked at next: the contacts of a run of conversations, then its messages and notes in pieces."""

    run: list[Row]
    kind: str
    rows: list[Row]


def portions(desk: Desk, who: Who, query: Query, start: Start, is_wanted: Callable[[], bool],
             ) -> Generator[Portion, None, None]:
    """All conversations from `start` down. BadRequest as soon as nobody wants them any more."""
    reading = ahead if desk.database.elsewhere else nullcontext
    with reading(_read(desk, who, start)) as read:
        for _, steps in groupby(read, lambda step: step.run[0].id):
            yield from _looked_through(desk, query, steps, start, is_wanted)


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


def _looked_through(desk: Desk, query: Query, steps: Iterator[Step], start: Start,
                    is_wanted: Callable[[], bool]) -> Iterator[Portion]:
    run, _, beside = next(steps)
    desk.keys.prepare(run[0].clinic_id, {row.wrapped_by for row in run})  # the pool's threads ask no database
    opened = slowly(lambda: sheets.opened(desk, run, query, beside))
    if start.kind and start.id in opened:
        opened[start.id].resume(start.kind, start.upto, start.mask & query.all)
    for _, kind, piece in steps:
        if not is_wanted():
            raise BadRequest("Whoever asked has gone.")
        slowly(partial(_LOOKS[kind], query, opened, piece))
        if len(run) == 1 and len(piece) == rows.PIECE:
            yield Portion(opened, (kind, piece[-1].seq - 1))
    yield Portion(opened)


def _read(desk: Desk, who: Who, start: Start) -> Iterator[Step]:
    before = str(UUID(int=UUID(start.id).int + 1)) if start.kind else start.id
    found = reach.within(desk, who, "read")
    while some := _conversations(desk, who, found, before):
        for run in _runs([row for row in some if reach.holds(desk, found, row)]):
            high, low = run[0].id, run[-1].id
            yield Step(run, "contact", contacts(desk, who.clinic_id, low, high))
            within = start if start.kind and high == start.id else Start()
            for kind, read in _READS.items():
                if (within.kind, kind) != ("note", "message"):
                    upto = within.upto if kind == within.kind else rows.LAST_SEQ
                    pieces = _pieces(desk, partial(read, clinic_id=who.clinic_id, low=low), high, upto)
                    yield from (Step(run, kind, piece) for piece in pieces)
        before = some[-1].id


def _pieces(desk: Desk, read: Callable[..., list[Row]], high: str, upto: int) -> Iterator[list[Row]]:
    piece = desk.database.read(partial(read, high=high, upto=upto))
    while piece:
        yield piece
        if len(piece) < rows.PIECE:
            return
        piece = desk.database.read(partial(read, high=piece[-1].conversation_id, upto=piece[-1].seq - 1))


def _conversations(desk: Desk, who: Who, within: Within, before: str) -> list[Row]:
    return desk.database.read(lambda tx: conversations.below(tx, who.clinic_id, within, before, _CONVERSATIONS))
