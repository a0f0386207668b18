"""What staff can see of all conversations: lists, and how many there are. No name and no word of one is opened for them."""

from securemsg.desk import reach, strays
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.store import inbox as store_inbox
from securemsg.store import outbox
from securemsg.store.pools import Within
from securemsg.times import SECOND

PAGE = 50  # conversations
_MOST_TO_DOS = 1_000  # of a clinic, counted; a page needs no more


def inbox(desk: Desk, who: Who, view: str, before: int, now: int) -> tuple[list, int | None]:
    """Conversations of one view, and where the next page begins."""
    require(who, "inbox")
    strays.put_back(desk, who.clinic_id, now)
    before, within = before or now + 1, reach.within(desk, who, "inbox")
    rows, following = _inbox(desk, who, within, view, before, now)
    return strays.genuine(desk, within, rows), following


def _inbox(desk: Desk, who: Who, within: Within, view: str, before: int, now: int) -> tuple[list, int | None]:
    if view == "mine":
        return desk.database.read(lambda tx: store_inbox.claimed_by(tx, who.clinic_id, who.id, PAGE)), None
    if view == "todo":
        rows = desk.database.read(lambda tx: store_inbox.to_do(tx, who.clinic_id, within, 4 * PAGE))
        return list({row.id: row for row in rows}.values()), None
    if view == "closed":
        rows = desk.database.read(lambda tx: store_inbox.closed(tx, who.clinic_id, within, PAGE, before))
        return rows, rows[-1].closed_at if len(rows) == PAGE else None
    first = desk.database.read(lambda tx: store_inbox.waiting(tx, who.clinic_id, within, 4 * PAGE)) if before > now else []
    rest = desk.database.read(lambda tx: store_inbox.answered(tx, who.clinic_id, within, PAGE, before))
    return first + rest, rest[-1].last_at if len(rest) == PAGE else None


def to_do(desk: Desk, who: Who) -> dict[str, list[bool]]:
    """By conversation, its to-dos: whether each is urgent."""
    require(who, "inbox")
    found: dict[str, list[bool]] = {}
    within = reach.within(desk, who, "inbox")
    for row in desk.database.read(lambda tx: store_inbox.marks(tx, who.clinic_id, within, _MOST_TO_DOS)):
        found.setdefault(row.conversation_id, []).append(bool(row.urgent))
    return found


def changed_since(desk: Desk, who: Who, since: int) -> bool:
    """Whether anything happened since a page was drawn: what falls between its drawing and its stream is not missed."""
    require(who, "events")
    return desk.database.read(lambda tx: outbox.changed_since(tx, who.clinic_id, since - SECOND))


def counts(desk: Desk, who: Who) -> tuple[int, int, int]:
    """How many conversations are open, mine, and waiting for an answer; none for who has no list of them."""
    if not who.may("inbox"):
        return 0, 0, 0
    within = reach.within(desk, who, "inbox")
    row = desk.database.read(lambda tx: store_inbox.counts(tx, who.clinic_id, within, who.id))
    return row.open, row.mine, row.waiting
