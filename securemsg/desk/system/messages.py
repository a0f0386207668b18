"""Messages for systems: read in the order of their numbers, once it is on record; and replies, never on an old view."""

from dataclasses import dataclass, field

import orjson

from securemsg.desk import acts, openings, reach, reading, thread
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Wish, key_of
from securemsg.desk.canned import templates
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import read_entry
from securemsg.desk.once import Prepared, once
from securemsg.desk.system import conditions, cursors
from securemsg.desk.system.conditions import Expected
from securemsg.desk.thread import Draft, Message
from securemsg.errors import Conflict
from securemsg.store import Row, Tx
from securemsg.store.ids import new_id


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be sent, as it came."""

    kind: str
    data: dict = field(repr=False)


def page(desk: Desk, who: Who, id: str, after: int, cursor: str | None, limit: int, now: int) -> tuple[list[Message], str | None]:
    """At most `limit` messages numbered above `after`, each verified, and the cursor of the next page.

    The audit row is committed before a word is opened. What came in since is left for the next page: nothing is disclosed
    that was not recorded. What a system fetches is not opened: a visitor is told of openings by people only. Conflict for a
    number that no message has yet.
    """
    require(who, "read")
    row, place = reach.own(desk, who, id), cursors.Place(who.clinic_id, f"messages {id}", (after,))
    [after] = cursors.position(desk, place, cursor) or [after]
    if after > row.last_seq:  # what has such a number by the next call would be passed over
        _refuse_answered(desk, row, after)
    upto = min(row.last_seq, after + limit)
    if upto > after:
        _record(desk, who, row, after, upto, now)
    messages = [message for message in thread.page(desk, row, after, limit) if message.seq <= upto or not message.verified]
    thread.report_unverified(desk, who, id, messages, now)
    return messages, cursors.made(desk, place, [upto]) if upto < row.last_seq else None


def reply(desk: Desk, home: Clinic, who: Who, id: str, said: Said, expected: Expected, key: str, now: int) -> dict:
    """Answer the visitor, once for each key: the message as it is stored, and `version`.

    Stale or Conflict when something was said or done since the caller looked, so that nobody is answered twice.
    """
    require(who, "reply")
    templates.refuse_unfilled(desk, who.clinic_id, said.data.get("text", ""))
    wish = Wish(who, id, acts.REPLY, Draft("staff", said.kind, said.data, who.id))
    body = orjson.dumps([said.kind, said.data], option=orjson.OPT_SORT_KEYS)
    answer = once(desk, key_of(who, id, "reply", key, body), now, lambda attempt: _replying(desk, home, wish, expected, now))
    reading.tell(desk, who.clinic_id, id, "message", answer["seq"])
    return answer


def _record(desk: Desk, who: Who, row: Row, after: int, upto: int, now: int) -> None:
    """Who reads which messages; a person's reading is an opening as well."""
    written = read_entry(desk, who, "conversation.read", row.id, now, (("messages", f"{after + 1}-{upto}"),))
    noted = openings.noted(desk, who, row, upto, now)

    def write(tx: Tx) -> bool:
        written.write(tx)
        return who.kind == "staff" and noted(tx)

    if reading.recorded(desk, write):
        reading.tell(desk, who.clinic_id, row.id, "opened", upto)


def _replying(desk: Desk, home: Clinic, wish: Wish, expected: Expected, now: int) -> Prepared:
    before, message_id = reach.own(desk, wish.who, wish.id), new_id()
    conditions.check(home, wish.who, before, expected)
    if expected.seen is not None:
        _refuse_answered(desk, before, expected.seen)
    acts.refuse_untimely(desk, wish, before)
    answer, write = acts.step(desk, wish, before, now, message_id)
    message = {"id": message_id, "seq": answer["seq"], "author_kind": "staff", "author_id": wish.who.id, "kind": wish.draft.kind,
               "received_at": now, "verified": True, "data": wish.draft.data, "version": before.version + 1}
    return message, conditions.held(before, write)


def _refuse_answered(desk: Desk, before: Row, seen: int) -> None:
    """Conflict when anybody wrote, or took, closed or reopened the conversation, after message number `seen`; also when there is
    no such message yet: it is of another copy of this database, or says nothing of what was seen."""
    last = before.last_seq
    if last != seen:
        found = f"There are newer messages than number {seen}" if last > seen else f"There is no message number {seen} yet"
        raise Conflict(f"{found}: read up to number {last}, then decide.", members={"last_seq": last})
