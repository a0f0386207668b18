"""Replies whose moment has come go out, each once, whichever process looks; one that cannot be sent is given back."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from securemsg.desk import acts, drafts, held, thread
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Wish
from securemsg.desk.desk import Desk
from securemsg.desk.held import Held
from securemsg.desk.journal import Entry, entry
from securemsg.desk.once import Moved
from securemsg.desk.reach import own
from securemsg.desk.reading import tell
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict, Unavailable, Unusable, Unverified
from securemsg.store import Row, Tx, audit, pending
from securemsg.times import MINUTE, SECOND
from securemsg.words import say

LONGEST_SECONDS = 60  # that a clinic may choose
TAKEN_BACK = say("This reply was taken back already; nothing was sent.")
_TRIES = 3


def send_due(desk: Desk, now: int) -> None:
    """What is to go out by now, in every clinic; by any process, each once. One that fails keeps no other from going out: what
    was wrong with the first is raised when all were tried. Without a database none can be."""
    faults: list[Exception] = []
    for row in desk.database.read(lambda tx: pending.due(tx, now, now + LONGEST_SECONDS * SECOND + MINUTE)):
        try:
            _send(desk, row, now)
        except (Unavailable, Unusable):
            raise
        except Exception as fault:  # whatever it is, it is this one's
            faults.append(fault)
    if faults:
        raise faults[0]


def send_now(desk: Desk, who: Who, id: str, reply_id: str, now: int) -> None:
    """Wait no longer with one's own reply. Conflict when it was taken back."""
    require(who, "reply")
    row = held.waiting(desk, who, id)
    if row is not None and (row.id, row.person_id) == (reply_id, who.id):
        _send(desk, row, now)
    elif desk.database.read(lambda tx: pending.sent_at(tx, who.clinic_id, reply_id)) is None:
        raise Conflict(TAKEN_BACK)


def release(desk: Desk, who: Who, id: str, now: int, but: bytes = b"") -> None:
    """Before one's next act there: what one has sent before goes out, unless it is this very request, come again."""
    row = held.waiting(desk, who, id)
    if row is not None and row.person_id == who.id and not (but and _was_asked(desk, who, row, but)):
        _send(desk, row, now)


def withheld(desk: Desk, row: Row, outcome: str, now: int, given_back: bool = True) -> Entry:
    """For the audit log, and for the conversation's page: whose it was, and whether its text is a draft again."""
    draft = (("draft", row.person_id),) if given_back else ()
    return entry(desk, Who("service", row.clinic_id), "reply.withheld", "conversation", row.conversation_id, now, outcome=outcome,
                 objects=(("message", row.id), ("person", row.person_id), *draft), event=False, message_id=row.id)


def settled(tx: Tx, written: Entry, id: str) -> None:
    """Write down that a reply will not go out, so that it never does: not from an older copy of its row either."""
    written.write(tx)
    audit.insert_objects(tx, written.audit, "message", [id])


def _send(desk: Desk, row: Row, now: int) -> None:
    """Send one, unless somebody else has just done so, or it was taken back."""
    for _ in range(_TRIES):
        with suppress(Moved):
            desk.database.write(_sending(desk, row, now), keyed=True)
            return tell(desk, row.clinic_id, row.conversation_id, "message", _last_seq(desk, row))


def _sending(desk: Desk, row: Row, now: int) -> Callable[[Tx], None]:
    before = own(desk, Who("service", row.clinic_id), row.conversation_id)
    try:
        if desk.database.read(lambda tx: pending.is_settled(tx, row.clinic_id, row.id)):
            raise Unverified  # somebody put the row back
        reply = held.opened(desk, before, row)
    except Unverified:
        return _withholding(desk, row, withheld(desk, row, "failed", now, given_back=False), lambda tx: True)
    given_back = drafts.given_back(desk, reply.by, before, reply.text, now)
    if not reply.by.may("reply"):  # whoever lost the right to answer in between answers nobody
        return _withholding(desk, row, withheld(desk, row, "refused", now), given_back)
    try:
        return _answering(desk, row, reply, before, now)
    except Unverified:
        return _withholding(desk, row, withheld(desk, row, "failed", now), given_back)


def _answering(desk: Desk, row: Row, reply: Held, before: Row, now: int) -> Callable[[Tx], None]:
    wish = Wish(reply.by, row.conversation_id, acts.REPLY, Draft("staff", "text", {"text": reply.text}, reply.by.id),
                unanswered_since=_unanswered_since(desk, before, reply, now))
    _, write = acts.step(desk, wish, before, now, id=row.id)
    return partial(_taking, row, write)


def _withholding(desk: Desk, row: Row, written: Entry, given_back: Callable[[Tx], bool]) -> Callable[[Tx], None]:
    """What cannot be sent must not keep the others from answering."""
    def write(tx: Tx) -> bool:
        settled(tx, written, row.id)
        return given_back(tx)

    return partial(_taking, row, write)


def _taking(row: Row, write: Callable[[Tx], bool], tx: Tx) -> None:
    if pending.take(tx, row.clinic_id, row.id) and not write(tx):
        raise Moved


def _unanswered_since(desk: Desk, before: Row, reply: Held, now: int) -> int | None:
    """When the visitor wrote what came after the reply did: whoever wrote the reply has not read it."""
    newer = thread.page(desk, before, reply.seq)
    return next((each.received_at or now for each in newer if each.author_kind == "visitor" or not each.verified), None)


def _was_asked(desk: Desk, who: Who, row: Row, scope: bytes) -> bool:
    """Whether this reply waits because of this very request."""
    with suppress(Unverified):
        return held.opened(desk, own(desk, who, row.conversation_id), row).scope == scope
    return False


def _last_seq(desk: Desk, row: Row) -> int:
    return own(desk, Who("service", row.clinic_id), row.conversation_id).last_seq
