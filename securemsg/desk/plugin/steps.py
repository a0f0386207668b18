"""The steps of one turn: each made for the conversation as the steps before it leave it, all of them written as one."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from securemsg.crypto import heads
from securemsg.crypto.envelope import seal
from securemsg.desk import reading, thread
from securemsg.desk.acts import ALTERED
from securemsg.desk.plugin.message import Message
from securemsg.desk.plugin.turn import Turn
from securemsg.desk.thread import Draft
from securemsg.store import Row, Tx, conversations
from securemsg.store.ids import new_id

Step = Callable[[Tx], bool]  # False: somebody was quicker, and nothing of the turn may stay


@dataclass
class Steps:
    """`rows` are the conversations as they will be; `told` the numbers of the last messages, for who looks at them."""

    turn: Turn
    rows: dict[str, Row] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)

    def row(self, id: str) -> Row:
        if id not in self.rows:
            self.rows[id] = self.turn.own(id)
        return self.rows[id]

    def said(self, id: str, draft: Draft, answers: Message | None) -> Step:
        """One more message. A closed conversation stays closed. The visitor waits as before, unless a person of staff sends it or
        it answers all that was asked."""
        before = self.row(id)
        waits = before.waiting_on, before.waiting_since
        if before.waiting_on == "staff" and (draft.author_id or (answers and self._is_all(before, answers))):
            waits = "visitor", None
        return self._message(before, draft, "message.sent", by="staff" if draft.alert else "plugin", waiting_on=waits[0],
                             waiting_since=waits[1], closed_at=before.closed_at, closed_reason=before.closed_reason)

    def reopened(self, id: str) -> Step:
        """A closed conversation waits for staff again; an open one is as it was."""
        before = self.row(id)
        if not before.closed_at:
            return _nothing
        return self._message(before, Draft("system", "system.reopened", {}), "conversation.reopened", by="nobody",
                             waiting_on="staff", waiting_since=before.waiting_since or self.turn.now, closed_at=None,
                             closed_reason=None)

    def noted(self, id: str, text: str) -> Step:
        """A note for staff."""
        before, note_id, turn = self.row(id), new_id(), self.turn
        keys = thread.keys_to_write(turn.desk, before, ALTERED)
        content = orjson.dumps({"text": text, "author": turn.who.kind, "at": turn.now})
        sealed = seal(keys.note, reading.note_place(before.clinic_id, id, note_id), content)
        mac = heads.whole(keys.head, before.last_seq, before.head, before.note_seq + 1)
        self.rows[id] = before._replace(note_seq=before.note_seq + 1, mac=mac)
        written = turn.entry("note.added", id, message_id=note_id, event=True)
        return written.after(lambda tx: conversations.add_note(
            tx, before, note_id, None, turn.now, hashlib.sha256(sealed).digest(), sealed, mac))

    def urgent(self, id: str) -> Step:
        """First in the inbox; what is more urgent stays so."""
        before = self.row(id)
        if before.urgency != "normal":
            return _nothing
        self.rows[id] = before._replace(urgency="urgent")
        written = self.turn.entry("conversation.urgent", id, event=True)
        change = written.after(lambda tx: conversations.set_urgency(tx, before.clinic_id, id, "urgent"))
        return lambda tx: change(tx) or True  # somebody else has marked it just now

    def _message(self, before: Row, draft: Draft, action: str, **state: Any) -> Step:
        turn, keys = self.turn, thread.keys_to_write(self.turn.desk, before, ALTERED)
        row = thread.sealed_message(keys, before.clinic_id, before.id, before.last_seq, before.head, draft, turn.now)
        mac = heads.whole(keys.head, row.seq, row.head, before.note_seq)
        after = {name: value for name, value in state.items() if name != "by"}
        self.rows[before.id] = before._replace(last_seq=row.seq, head=row.head, mac=mac, **after)
        self.told[before.id] = row.seq
        written = turn.entry(action, before.id, message_id=row.id, seq=row.seq, event=True)

        def write(tx: Tx) -> bool:
            if not conversations.advance(tx, before, row.head, mac, turn.now, **state):
                return False
            conversations.insert_message(tx, row)
            written.write(tx)
            return True

        return write

    def _is_all(self, before: Row, answered: Message) -> bool:
        """Whether the visitor waits for the answer to this message, and to nothing before or after it."""
        if before.waiting_since != answered.at:
            return False
        rows = self.turn.desk.database.read(lambda tx: conversations.messages(
            tx, before.clinic_id, before.id, answered.seq + 1, thread.PAGE))
        return not any(row.author_kind == "visitor" for row in rows)


def _nothing(tx: Tx) -> bool:
    return True
