"""What staff shall do about a conversation, because a plugin says so: it stands there until somebody has done it."""

from dataclasses import asdict, dataclass, field

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.crypto.keyring import ConversationKeys
from securemsg.desk import acts, glass, reach, reading, stale, thread
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Prepared, once
from securemsg.errors import Conflict, Missing, Unverified
from securemsg.live import Signal
from securemsg.store import Row, conversations, plugins
from securemsg.store.ids import new_id
from securemsg.store.plugins import TaskRow
from securemsg.words import say

MOST = 200  # in one list
_GONE = say("This was done already, by {name}.")
_NOT_WANTED = say("This is not to be done any more.")


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do. `text` is None where it could not be verified, `to` the id of the person who shall do it,
    None: anybody. Times are microseconds."""

    id: str
    conversation_id: str
    reference: str
    plugin: str
    urgent: bool
    due_at: int | None
    created_at: int
    text: str | None = field(repr=False)
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plugin wants to be done, by when, and by whom alone (the id of a person) if not by anybody."""

    text: str = field(repr=False)
    due_at: int | None = None
    urgent: bool = False
    to: str | None = None


def row_of(keys: ConversationKeys, conversation: Row, plugin: str, name: str, wanted: Wanted, now: int) -> TaskRow:
    """The row of something to do."""
    id = new_id()
    content = orjson.dumps({**asdict(wanted), "at": now})
    sealed = seal(keys.note, place(conversation, id, plugin), content)
    return TaskRow(conversation.clinic_id, id, conversation.id, plugin, name, wanted.due_at, 1, int(wanted.urgent), now, sealed)


def todos(desk: Desk, who: Who, id: str | None, now: int) -> list[Todo]:
    """What is to be done in a conversation, or (None) in the whole clinic, urgent things first; once it is on record."""
    glass.require_read(desk, who, id or "")
    rows = desk.database.read(lambda tx: plugins.todos(tx, who.clinic_id, id, MOST))
    if not rows:
        return []
    listed = tuple(("task", row.id) for row in rows)
    reading.on_record(desk, entry(desk, who, "todos.read", "conversation", id, now, objects=listed, event=False))
    return [each for row in rows if (each := _todo(desk, who, row, now))]


def done(desk: Desk, who: Who, id: str, key: str, now: int) -> None:
    """It is done, says this person. Conflict when somebody else did it, or it is not wanted any more."""
    require(who, "reply")
    row = desk.database.read(lambda tx: plugins.todo(tx, who.clinic_id, id))
    if row is None:
        raise Missing(_NOT_WANTED)
    conversation = reach.own(desk, who, row.conversation_id).id
    once(desk, acts.key_of(who, conversation, "todo", key, id.encode()), now, lambda attempt: _finishing(desk, who, id, now))
    desk.live.publish(("clinic", who.clinic_id), Signal("changed", conversation))


def _finishing(desk: Desk, who: Who, id: str, now: int) -> Prepared:
    row = desk.database.read(lambda tx: plugins.todo(tx, who.clinic_id, id))
    if row is None or (row.done_at and row.done_by is None):
        raise Conflict(_NOT_WANTED)
    if row.done_at:
        raise Conflict(_GONE.format(name=stale.name(desk, who.clinic_id, row.done_by)))
    written = entry(desk, who, "todo.done", "conversation", row.conversation_id, now, conversation_id=row.conversation_id,
                    message_id=id, objects=(("task", id),))
    return {}, written.after(lambda tx: plugins.finish_todo(tx, who.clinic_id, id, who.id, now))


def _todo(desk: Desk, who: Who, row: Row, now: int) -> Todo | None:
    conversation = desk.database.read(lambda tx: conversations.one(tx, row.clinic_id, row.conversation_id))
    if conversation is None or conversation.wrapped is None or not reach.may_see(desk, who, conversation):
        return None
    try:
        wanted = opened(desk, conversation, row)
    except Unverified:
        thread.report(desk, who, conversation.id, (("task", row.id),), now)
        wanted = {"text": None, "to": None}
    return Todo(row.id, conversation.id, conversation.reference, row.plugin, bool(row.urgent), row.due_at, row.created_at,
                wanted["text"], wanted["to"])


def opened(desk: Desk, conversation: Row, row: Row) -> dict:
    """What is sealed in a to-do; Unverified when it is not as it was written."""
    content = orjson.loads(unseal(thread.keys_of(desk, conversation).note, place(conversation, row.id, row.plugin), row.sealed))
    if (content["due_at"], content["urgent"], content["at"]) != (row.due_at, bool(row.urgent), row.created_at):
        raise Unverified
    return content


def place(conversation: Row, id: str, plugin: str) -> Place:
    """Where a to-do is sealed."""
    return Place("tasks", "sealed", conversation.clinic_id, id, conversation.id, f"staff of {plugin}")
