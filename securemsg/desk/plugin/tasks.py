"""What a plugin asked to be told later: sealed in its conversation, with a delivery under the same id."""

from collections.abc import Mapping
from typing import Any

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.crypto.keyring import ConversationKeys
from securemsg.desk import thread
from securemsg.desk.desk import Desk
from securemsg.desk.plugin.turn import Turn
from securemsg.errors import Unverified
from securemsg.store import Row, plugins
from securemsg.store.ids import new_id
from securemsg.store.plugins import TaskRow


def alarm(keys: ConversationKeys, conversation: Row, plugin: str, name: str, due_at: int, data: Mapping[str, Any],
          now: int) -> TaskRow:
    """The row of what a plugin is told at `due_at`."""
    id = new_id()
    content = orjson.dumps({"name": name, "due_at": due_at, "data": data})
    sealed = seal(keys.note, place(conversation, id, plugin), content)
    return TaskRow(conversation.clinic_id, id, conversation.id, plugin, name, due_at, 0, 0, now, sealed)


def find(turn: Turn, id: str) -> tuple[Row, str, dict[str, Any]] | None:
    """The conversation, the name and the data of a task that is still wanted, or None. Unverified when it was altered."""
    row = turn.desk.database.read(lambda tx: plugins.task(tx, turn.clinic_id, id))
    if row is None or row.plugin != turn.plugin:
        return None
    conversation = turn.own(row.conversation_id)
    return conversation, row.name, opened(turn.desk, conversation, row)["data"]


def opened(desk: Desk, conversation: Row, row: Row) -> dict[str, Any]:
    """What is sealed in a task; Unverified when it is not as it was written."""
    content = orjson.loads(unseal(thread.keys_of(desk, conversation).note, place(conversation, row.id, row.plugin), row.sealed))
    if (content["name"], content["due_at"]) != (row.name, row.due_at):
        raise Unverified
    return content


def place(conversation: Row, id: str, plugin: str) -> Place:
    """Where a task is sealed: for its plugin, in its conversation."""
    return Place("tasks", "sealed", conversation.clinic_id, id, conversation.id, f"plugin:{plugin}")
