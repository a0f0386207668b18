"""A reply waits for some seconds before it goes out, so that whoever wrote it can take it back.

It is stored, sealed, before anybody is told that it is on its way: it goes out once, whatever becomes of the tab, the process or
the node. While it waits nobody else answers or closes the conversation.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.desk import acts, drafts, people, thread
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Wish, key_of
from securemsg.desk.canned import templates
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Moved, Prepared, once
from securemsg.desk.reading import own, tell
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict, Unverified
from securemsg.live import Signal
from securemsg.store import Row, Tx, idempotency, pending
from securemsg.store.ids import new_id
from securemsg.store.pending import PendingRow
from securemsg.times import MINUTE, SECOND
from securemsg.words import say

LONGEST_SECONDS = 60  # that a clinic may choose
_TRIES = 3
_GONE = say("Too late: this reply has gone out, the visitor can read it. What you can do now is to write another one.")
_TAKEN_BACK = say("This reply was taken back already; nothing was sent.")


@dataclass(frozen=True, slots=True)
class Held:
    """A reply that waits. `by` is who pressed Send, as its audit row will say it; `scope` the key it was sent under; `seq` the
    number of the last message there was: it answers none that came later."""

    id: str
    by: Who
    due_at: int
    scope: bytes
    seq: int
    text: str = field(repr=False)


def reply(desk: Desk, who: Who, id: str, text: str, seen: int | None, key: str, now: int) -> None:
    """Answer the visitor in a while. Conflict as for an answer at once; an earlier one of one's own goes out now."""
    require(who, "reply")
    templates.refuse_unfilled(desk, who.clinic_id, text)
    wish = Wish(who, id, acts.REPLY, Draft("staff", "text", {"text": text}, who.id), seen)
    if not desk.settings.undo_seconds:
        return acts.do(desk, wish, key, now)
    asked = key_of(who, id, "reply", key, orjson.dumps(["text", {"text": text}, None]))
    release(desk, who, id, now, but=asked.scope)
    once(desk, asked, now, lambda attempt: _holding(desk, wish, asked, now))
    _tell(desk, who, id)


def shown(desk: Desk, before: Row, row: Row | None) -> Held | None:
    """The same for who has the conversation open; one that was altered is not shown, and not sent either."""
    with suppress(Unverified):
        return row and opened(desk, before, row)
    return None


def undo(desk: Desk, who: Who, id: str, reply_id: str, now: int) -> None:
    """Take a reply back: its text is the draft again. Conflict when it has gone out, or was taken back before."""
    require(who, "reply")
    before, row = own(desk, who, id), _waiting(desk, who, id)
    if row is None or (row.id, row.person_id) != (reply_id, who.id):
        raise _too_late(desk, who, reply_id)
    held, begun = opened(desk, before, row), drafts.find(desk, who, before)
    restored = drafts.cleared(desk, who, before, now, reply="\n\n".join(filter(None, (held.text, begun.reply))))
    written = entry(desk, who, "reply.undone", "conversation", id, now, conversation_id=id, message_id=row.id, event=False)

    def write(tx: Tx) -> bool:
        if not pending.take(tx, row.clinic_id, row.id):
            return False
        if not restored(tx):
            raise Moved
        idempotency.forget(tx, row.clinic_id, held.scope)  # the same words may be sent again from a page gone back to
        written.write(tx)
        return True

    try:
        taken = desk.database.write(write)
    except Moved:
        raise Conflict(retry_after_seconds=1) from None
    if not taken:
        raise _too_late(desk, who, reply_id)
    _tell(desk, who, id)


def send_now(desk: Desk, who: Who, id: str, reply_id: str, now: int) -> None:
    """Wait no longer with one's own reply. Conflict when it was taken back."""
    require(who, "reply")
    row = _waiting(desk, who, id)
    if row is not None and (row.id, row.person_id) == (reply_id, who.id):
        _send(desk, row, now)
    elif desk.database.read(lambda tx: pending.sent_at(tx, who.clinic_id, reply_id)) is None:
        raise Conflict(_TAKEN_BACK)


def release(desk: Desk, who: Who, id: str, now: int, but: bytes = b"") -> None:
    """Before one's next act there: what one has sent before goes out, unless it is this very request, come again."""
    row = _waiting(desk, who, id)
    if row is not None and row.person_id == who.id and not (but and _was_asked(desk, who, row, but)):
        _send(desk, row, now)


def send_due(desk: Desk, now: int) -> None:
    """What is to go out by now, in every clinic; by any process, each once."""
    for row in desk.database.read(lambda tx: pending.due(tx, now, now + LONGEST_SECONDS * SECOND + MINUTE)):
        _send(desk, row, now)


def opened(desk: Desk, before: Row, row: Row) -> Held:
    """The reply that waits in a conversation; Unverified when it is not as it was stored."""
    content = orjson.loads(unseal(thread.keys_of(desk, before).note, place(row), row.sealed))
    person = people.everyone(desk, row.clinic_id).get(row.person_id)
    if person is None or content["due_at"] != row.due_at:
        raise Unverified
    roles = frozenset() if person.disabled_at else person.roles
    by = Who("staff", row.clinic_id, row.person_id, content["session"], bytes.fromhex(content["session_sha256"]),
             content["address"], content["request"], roles, person.name, person.title)
    return Held(row.id, by, row.due_at, bytes.fromhex(content["scope"]), content["seq"],
                content["text"])


def place(row: Row | PendingRow) -> Place:
    """Where a waiting reply is sealed: for its writer's name and its conversation."""
    return Place("pending_replies", "sealed", row.clinic_id, row.id, row.conversation_id, row.person_id)


def _holding(desk: Desk, wish: Wish, asked: Key, now: int) -> Prepared:
    who, before, due_at = wish.who, own(desk, wish.who, wish.id), now + desk.settings.undo_seconds * SECOND
    acts.refuse_untimely(desk, wish, before)
    content = orjson.dumps({
        "text": wish.draft.data["text"], "due_at": due_at, "scope": asked.scope.hex(), "seq": before.last_seq,
        "session": who.session_id, "session_sha256": who.session_sha256.hex(), "address": who.address, "request": who.request_id})
    row = PendingRow(who.clinic_id, new_id(), wish.id, who.id, due_at, b"")
    sealed = seal(thread.keys_of(desk, before).note, place(row), content)
    cleared = drafts.cleared(desk, who, before, now, reply="")
    kept = PendingRow(row.clinic_id, row.id, row.conversation_id, row.person_id, due_at, sealed)
    return {"id": row.id}, lambda tx: pending.insert(tx, kept, before) and cleared(tx)


def _send(desk: Desk, row: Row, now: int) -> None:
    """Send one, unless somebody else has just done so, or it was taken back."""
    for _ in range(_TRIES):
        try:
            write = _sending(desk, row, now)
        except Unverified:
            write = _withholding(desk, row, "failed", now)
        try:
            desk.database.write(write, keyed=True)
        except Moved:
            continue
        return tell(desk, row.clinic_id, row.conversation_id, "message", _last_seq(desk, row))


def _sending(desk: Desk, row: Row, now: int) -> Callable[[Tx], None]:
    before = own(desk, Who("service", row.clinic_id), row.conversation_id)
    held = opened(desk, before, row)
    if desk.database.read(lambda tx: pending.sent_at(tx, row.clinic_id, row.id)):
        raise Unverified  # somebody put the row back
    if not held.by.may("reply"):  # whoever lost the right to answer in between answers nobody
        return _withholding(desk, row, "refused", now)
    wish = Wish(held.by, row.conversation_id, acts.REPLY, Draft("staff", "text", {"text": held.text}, held.by.id),
                unanswered_since=_unanswered_since(desk, before, held, now))
    _, write = acts.step(desk, wish, before, now, id=row.id)

    def fn(tx: Tx) -> None:
        if pending.take(tx, row.clinic_id, row.id) and not write(tx):
            raise Moved

    return fn


def _unanswered_since(desk: Desk, before: Row, held: Held, now: int) -> int | None:
    """When the visitor wrote what came after the reply did: whoever wrote the reply has not read it."""
    newer = thread.page(desk, before, held.seq)
    return next((each.received_at or now for each in newer if each.author_kind == "visitor" or not each.verified), None)


def _withholding(desk: Desk, row: Row, outcome: str, now: int) -> Callable[[Tx], None]:
    """What cannot be sent must not keep the others from answering; the audit log says that it was dropped."""
    who = Who("service", row.clinic_id)
    written = entry(desk, who, "reply.withheld", "conversation", row.conversation_id, now, outcome=outcome, message_id=row.id,
                    objects=(("person", row.person_id),), event=False)

    def fn(tx: Tx) -> None:
        if pending.take(tx, row.clinic_id, row.id):
            written.write(tx)

    return fn


def _was_asked(desk: Desk, who: Who, row: Row, scope: bytes) -> bool:
    """Whether this reply waits because of this very request."""
    with suppress(Unverified):
        return opened(desk, own(desk, who, row.conversation_id), row).scope == scope
    return False


def _too_late(desk: Desk, who: Who, reply_id: str) -> Conflict:
    sent = desk.database.read(lambda tx: pending.sent_at(tx, who.clinic_id, reply_id))
    return Conflict(_TAKEN_BACK if sent is None else _GONE)


def _waiting(desk: Desk, who: Who, id: str) -> Row | None:
    return desk.database.read(lambda tx: pending.one(tx, who.clinic_id, id))


def _last_seq(desk: Desk, row: Row) -> int:
    return own(desk, Who("service", row.clinic_id), row.conversation_id).last_seq


def _tell(desk: Desk, who: Who, id: str) -> None:
    """Colleagues look again; a visitor hears of a reply when it has gone out."""
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", id))
