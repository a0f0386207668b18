"""A message as a plugin is handed it: facts at once, its words when first asked for, once it is on record who reads them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from securemsg import parts
from securemsg.desk import thread
from securemsg.desk.plugin.turn import Turn, is_id
from securemsg.errors import Missing, Unverified
from securemsg.store import Row, conversations
from securemsg.words import say


class Message:
    """`id` (None: the message is gone), `conversation` (its id), `seq`, `author_kind` (visitor, staff, plugin or system), `kind`
    and `at`. `alert`: whether the visitor is to hear of it elsewhere. `data`, `text` and `parts` raise Unverified where it is not
    as it was stored."""

    def __init__(self, conversation: str, row: Any, open: Callable[[], thread.Message]):
        self.id, self.conversation, self.seq, self.kind = row.id, conversation, row.seq, row.kind
        self.author_kind, self.at, self.alert = row.author_kind, row.received_at, row.author_kind == "staff" or bool(row.alert)
        self._open: Callable[[], thread.Message] = open
        self._opened: thread.Message | None = None

    def __repr__(self) -> str:
        return f"Message({self.id}, {self.kind})"

    @property
    def data(self) -> Mapping[str, Any]:
        """What the kind's schema let in, and `text`."""
        if self._opened is None:
            self._opened = self._open()
        if self._opened.data is None:
            raise Unverified(say("Could not be verified"))
        return self._opened.data

    @property
    def text(self) -> str:
        """What people read where nothing draws the parts."""
        return str(self.data.get("text", ""))

    @property
    def parts(self) -> tuple[parts.Part, ...]:
        """What it is made of; of a message of words alone, its text."""
        stored = self.data.get("parts") or [{"type": "text", "text": self.text}]
        return tuple(parts.from_data(part) for part in stored)


def one(turn: Turn, id: str) -> Message:
    """A message of this clinic, not opened yet; Missing for another's."""
    found = turn.desk.database.read(lambda tx: conversations.message(tx, turn.clinic_id, id)) if is_id(id) else None
    if found is None:
        raise Missing

    def open() -> thread.Message:
        row = turn.own(found.conversation_id)
        turn.on_record(row.id, ("messages", f"{found.seq}-{found.seq}"))
        return _page(turn, row, found.seq - 1, 1)[0]

    return Message(found.conversation_id, found, open)


def newest(turn: Turn, row: Row) -> list[Message]:
    """A conversation's newest messages, at most 200, opened: one that was altered raises Unverified when it is asked."""
    after = max(0, row.last_seq - thread.PAGE)
    turn.on_record(row.id, ("messages", f"{after + 1}-{row.last_seq}"))
    return [Message(row.id, each, partial(_as_it_is, each)) for each in _page(turn, row, after, row.last_seq - after)]


def _as_it_is(opened: thread.Message) -> thread.Message:
    return opened


def _page(turn: Turn, row: Row, after: int, limit: int) -> list[thread.Message]:
    messages = thread.page(turn.desk, row, after, limit)[:limit]
    thread.report_unverified(turn.desk, turn.who, row.id, messages, turn.now)
    return messages
