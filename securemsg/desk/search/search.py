"""Find what was said, noted or given, in a clinic's sealed conversations, once it is written down who looked for what."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from securemsg.desk import reach, thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.reading import recorded
from securemsg.desk.search import sheets, words
from securemsg.desk.search.portions import Start, contacts, portions
from securemsg.desk.search.results import Result, result
from securemsg.desk.search.sheets import Sheet
from securemsg.desk.search.words import Query
from securemsg.errors import Unavailable
from securemsg.store import Row, Tx, audit, conversations
from securemsg.store.search import LAST_ID
from securemsg.words import say

PAGE = 20  # conversations
SECONDS = 3.0  # then what was found so far is shown, and how far it got
_QUEUE_SECONDS = 10
_AT_ONCE = BoundedSemaphore(2)  # more would only slow each other down
_BUSY = say("Many people are searching just now. Please try again in a moment.")


@dataclass
class Found:
    """The answer. `before` is where to search on (None: everything was looked at), see portions.Start; what was begun
    since `reached_at` was looked at.

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
    query, start = words.query(text), Start.read(before or LAST_ID)
    found = _directly(desk, who, query) if not before else Found()
    if not found.results:
        found = _through(desk, who, query, start, is_wanted)
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
    known, within = [one] if one else [], reach.within(desk, who, "read")
    if contact and not known:
        indexes = desk.keys.blind_indexes(who.clinic_id, f"contact.{contact[0]}", contact[1])
        known = desk.database.read(lambda tx: conversations.by_contact(tx, who.clinic_id, indexes, PAGE))
    known = [row for row in known if reach.holds(desk, within, row)]
    beside = [row for each in known for row in contacts(desk, who.clinic_id, each.id, each.id)]
    opened = sheets.opened(desk, known, query, beside)
    return Found([result(desk, query, sheet) for sheet in opened.values()], before=LAST_ID, directly=True)


def _through(desk: Desk, who: Who, query: Query, start: Start, is_wanted: Callable[[], bool]) -> Found:
    if not _AT_ONCE.acquire(timeout=_QUEUE_SECONDS):
        raise Unavailable(_BUSY, retry_after_seconds=5)
    try:
        found, end = Found(), time.monotonic() + SECONDS
        with closing(portions(desk, who, query, start, is_wanted)) as some:
            for portion in some:
                is_over = time.monotonic() > end
                if portion.more and not is_over:
                    continue
                for sheet in portion.sheets.values():
                    _judge(desk, who, query, sheet, portion.more, found)
                    if len(found.results) == PAGE:
                        return found
                if is_over:
                    return found
        found.before = None
        return found
    finally:
        _AT_ONCE.release()


def _judge(desk: Desk, who: Who, query: Query, sheet: Sheet, more: tuple[str, int] | None, found: Found) -> None:
    """One conversation, looked through to its end, or as far as time allowed. One that is found needs no further look."""
    row, is_found = sheet.row, sheet.mask == query.all
    if more:
        sheet.suspend(*more)
    sheet.close()
    if sheet.empty:
        erased = thread.erased(desk, row)
        sheet.strange += [("message", id) for id in sheet.empty if id not in erased]
    if sheet.strange:
        found.strange.append(row)
        thread.report(desk, who, row.id, tuple(sheet.strange), desk.clock())
    if is_found:
        found.results.append(result(desk, query, sheet))
    found.before = str(Start(row.id, *more, sheet.mask) if more and not is_found else Start(row.id))
    found.reached_at = row.last_at if more else row.created_at
