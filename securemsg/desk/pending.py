"""A reply waits for some seconds before it goes out, so that whoever wrote it can take it back.

It is stored, sealed (held.py), before anybody is told that it is on its way: it goes out once (sending.py), whatever becomes of
the tab, the process or the node. While it waits nobody else answers or closes the conversation.
"""

import orjson

from securemsg.desk import acts, drafts, held, sending
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Wish, key_of
from securemsg.desk.canned import templates
from securemsg.desk.desk import Desk
from securemsg.desk.held import Held
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Moved, Prepared, once
from securemsg.desk.reach import own
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict
from securemsg.live import Signal
from securemsg.store import Tx, idempotency, pending
from securemsg.store.ids import new_id
from securemsg.times import SECOND
from securemsg.words import say

_GONE = say("Too late: this reply has gone out, the visitor can read it. What you can do now is to write another one.")


def reply(desk: Desk, who: Who, id: str, text: str, seen: int | None, key: str, now: int, version: int | None = None) -> None:
    """Answer the visitor in a while. Conflict as for an answer at once; an earlier one of one's own goes out now. `version` is
    that of the draft it was typed over: a newer one stays."""
    require(who, "reply")
    wish = Wish(who, id, acts.REPLY, Draft("staff", "text", {"text": text}, who.id), seen, version=version)
    if not desk.settings.undo_seconds:
        return acts.do(desk, wish, key, now)
    asked = key_of(who, id, "reply", key, orjson.dumps(["text", {"text": text}, None]))
    once(desk, asked, now, lambda attempt: _holding(desk, wish, asked, now))
    _tell(desk, who, id)


def undo(desk: Desk, who: Who, id: str, reply_id: str, now: int) -> None:
    """Take a reply back: its text is the draft again. Conflict when it has gone out, or was taken back before."""
    require(who, "reply")
    before, row = own(desk, who, id), held.waiting(desk, who, id)
    if row is None or (row.id, row.person_id) != (reply_id, who.id):
        raise _too_late(desk, who, reply_id)
    taken = held.opened(desk, before, row)
    given_back = drafts.given_back(desk, who, before, taken.text, now)
    written = entry(desk, who, "reply.undone", "conversation", id, now, conversation_id=id, message_id=row.id,
                    objects=(("message", row.id),), event=False)

    def write(tx: Tx) -> bool:
        if not pending.take(tx, row.clinic_id, row.id):
            return False
        if not given_back(tx):
            raise Moved
        idempotency.forget(tx, row.clinic_id, taken.scope)  # the same words may be sent again from a page gone back to
        sending.settled(tx, written, row.id)
        return True

    try:
        done = desk.database.write(write)
    except Moved:
        raise Conflict(retry_after_seconds=1) from None
    if not done:
        raise _too_late(desk, who, reply_id)
    _tell(desk, who, id)


def _holding(desk: Desk, wish: Wish, asked: Key, now: int) -> Prepared:
    who, due_at = wish.who, now + desk.settings.undo_seconds * SECOND
    templates.refuse_unfilled(desk, who.clinic_id, wish.draft.data["text"])
    sending.release(desk, who, wish.id, now, but=asked.scope)
    before = own(desk, who, wish.id)
    acts.refuse_untimely(desk, wish, before)
    reply = Held(new_id(), who, due_at, asked.scope, before.last_seq, wish.draft.data["text"])
    row, cleared = held.kept(desk, before, reply), drafts.cleared(desk, who, before, now, wish.version, reply=reply.text)
    return {"id": row.id}, lambda tx: pending.insert(tx, row, before) and cleared(tx)


def _too_late(desk: Desk, who: Who, reply_id: str) -> Conflict:
    sent = desk.database.read(lambda tx: pending.sent_at(tx, who.clinic_id, reply_id))
    return Conflict(sending.TAKEN_BACK if sent is None else _GONE)


def _tell(desk: Desk, who: Who, id: str) -> None:
    """Colleagues look again; a visitor hears of a reply when it has gone out."""
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", id))
