"""Find what was said, noted or given, in a clinic's sealed conversations, once it is written down who looked for what."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import BoundedSemaphore

from securemsg.desk import reach, thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.reading import recorded
from securemsg.desk.search import sheets, words
from securemsg.desk.search.results import Result, result
from securemsg.desk.search.sheets import Sheet, Sheets
from securemsg.desk.search.words import Query
from securemsg.desk.slow import slowly
from securemsg.errors import BadRequest, Unavailable
from securemsg.store import Row, Tx, audit, conversations
from securemsg.store import search as rows
from securemsg.store.search import LAST_ID
from securemsg.words import say

PAGE = 20  # conversations
SECONDS = 3.0  # then what was found so far is shown, and how far it got
_PORTION = 500  # messages and notes, about; or one conversation that has more
_CONVERSATIONS = 200
_QUEUE_SECONDS = 10
_AT_ONCE = BoundedSemaphore(2)  # more would only slow each other down
_BUSY = say("Many people are searching just now. Please try again in a moment.")


@dataclass
class Found:
    """The answer. `before` is where to search on (None: everything was looked at), `reached_at` how old the oldest is that was.

    `strange` are conversations of which something could not be verified, so that its words were not searched. `directly`:
    a reference, an address or a number was found at once, and no text was looked at yet.
    """

    results: list[Result] = field(default_factory=list, repr=False)
    strange: list[Row] = field(default_factory=list, repr=False)
    before: str | None = None
    reached_at: int | None = None
    directly: bool = False


def search(desk: Desk, who: Who, text: str, before: str, now: int, is_wanted: Callable[[], bool] = lambda: True) -> Found:
    """The conversations whose texts hold all the words of `text`, newest first, PAGE at most; `before` goes on from an answer.

    Refused with a sentence when there is nothing to look for. It stops when nobody waits any more (`is_wanted`).
    """
    require(who, "search")
    query = words.query(text)
    found = _directly(desk, who, query) if not before else Found()
    if not found.results:
        found = _through(desk, who, query, before or LAST_ID, is_wanted)
    listed = tuple(each for one in found.results for each in one.disclosed)
    told = {"query": query.text, "before": before, "found": len(found.results), "reached_at": found.reached_at}
    written = entry(desk, who, "conversations.searched", "clinic", who.clinic_id, now, detail=told, objects=listed, event=False)

    def write(tx: Tx) -> bool:
        written.write(tx)
        audit.insert_objects(tx, written.audit, "conversation", [one.conversation.id for one in found.results])
        return True

    recorded(desk, write)
    return found


def _directly(desk: Desk, who: Who, query: Query) -> Found:
    """By the reference, or by the blind index of a whole address or number: without opening anything else."""
    reference, contact = words.reference(query), words.contact(query)
    one = reference and desk.database.read(lambda tx: conversations.one_by_reference(tx, who.clinic_id, reference))
    known, within = [one] if one else [], reach.within(desk, who)
    if contact and not known:
        indexes = desk.keys.blind_indexes(who.clinic_id, f"contact.{contact[0]}", contact[1])
        known = desk.database.read(lambda tx: conversations.by_contact(tx, who.clinic_id, indexes, PAGE))
    known = [row for row in known if within.holds(row)]
    contacts = [row for each in known for row in _contacts(desk, who.clinic_id, each.id, each.id)]
    opened = sheets.opened(desk, known, query, contacts)
    return Found([result(desk, query, sheet) for sheet in opened.values()], before=LAST_ID, directly=True)


def _through(desk: Desk, who: Who, query: Query, before: str, is_wanted: Callable[[], bool]) -> Found:
    if not _AT_ONCE.acquire(timeout=_QUEUE_SECONDS):
        raise Unavailable(_BUSY, retry_after_seconds=5)
    try:
        found, end = Found(), time.monotonic() + SECONDS
        for portion in _portions(desk, who, query, before, is_wanted):
            for sheet in portion.values():
                found.before, found.reached_at = sheet.row.id, sheet.row.created_at
                _judge(desk, who, query, sheet, found)
                if len(found.results) == PAGE:
                    return found
            if time.monotonic() > end:
                return found
        found.before = None
        return found
    finally:
        _AT_ONCE.release()


def _judge(desk: Desk, who: Who, query: Query, sheet: Sheet, found: Found) -> None:
    """One conversation, looked through to its end."""
    sheet.close()
    if sheet.strange:
        found.strange.append(sheet.row)
        thread.report(desk, who, sheet.row.id, tuple(sheet.strange), desk.clock())
    if sheet.mask == query.all:
        found.results.append(result(desk, query, sheet))


def _portions(desk: Desk, who: Who, query: Query, before: str, is_wanted: Callable[[], bool]) -> Iterator[Sheets]:
    """All conversations below `before`, some at a time, looked through."""
    while some := _conversations(desk, who, before):
        for run in _runs(some):
            yield _looked_through(desk, who.clinic_id, query, run, is_wanted)
        before = some[-1].id


def _runs(some: list[Row]) -> Iterator[list[Row]]:
    """Neighbours that hold about a portion together."""
    run, held = [], 0
    for row in some:
        run.append(row)
        held += row.last_seq + row.note_seq
        if held >= _PORTION:
            yield run
            run, held = [], 0
    if run:
        yield run


def _looked_through(desk: Desk, clinic_id: str, query: Query, run: list[Row], is_wanted: Callable[[], bool]) -> Sheets:
    high, low = run[0].id, run[-1].id
    contacts = _contacts(desk, clinic_id, low, high)
    desk.keys.active(clinic_id, "clinic")  # loaded here where need be: the pool's threads ask no database
    opened = slowly(lambda: sheets.opened(desk, run, query, contacts))
    for read, look in ((rows.messages, sheets.look_at_messages), (rows.notes, sheets.look_at_notes)):
        for piece in _pieces(desk, read, clinic_id, low, high):
            if not is_wanted():
                raise BadRequest("Whoever asked has gone.")
            slowly(partial(look, query, opened, piece))
    return opened


def _pieces(desk: Desk, read: Callable[..., list[Row]], clinic_id: str, low: str, high: str) -> Iterator[list[Row]]:
    piece = desk.database.read(partial(read, clinic_id=clinic_id, low=low, after=None, high=high))
    while piece:
        yield piece
        last = piece[-1] if len(piece) == rows.PIECE else None
        piece = desk.database.read(partial(read, clinic_id=clinic_id, low=low, after=last, high=high)) if last else []


def _conversations(desk: Desk, who: Who, before: str) -> list[Row]:
    within = reach.within(desk, who)
    return desk.database.read(lambda tx: conversations.below(tx, who.clinic_id, within, before, _CONVERSATIONS))


def _contacts(desk: Desk, clinic_id: str, low: str, high: str) -> list[Row]:
    return desk.database.read(lambda tx: rows.contacts(tx, clinic_id, low, high))
