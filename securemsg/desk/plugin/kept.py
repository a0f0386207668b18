"""Values that a plugin keeps in a conversation: sealed under its keys, erased with it, never overwritten unseen.

A value that was altered counts as none, and that is told. Tags are kept the same way, under a name that no value can have.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.crypto.keyring import ConversationKeys
from securemsg.desk import thread
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.errors import Unverified
from securemsg.store import Row, Tx, plugins
from securemsg.store.ids import new_id
from securemsg.store.plugins import KeptRow

TAGS = "+tags"
MOST_TAGS, LONGEST_TAG = 20, 40  # of one plugin in one conversation; characters


@dataclass(frozen=True, slots=True)
class Stored:
    """A value as it lies there: which row, which version. `value` None: it was taken away, or altered."""

    id: str
    version: int
    value: Any


NOTHING = Stored("", 0, None)


def of(desk: Desk, who: Who, row: Row, plugin: str, now: int) -> dict[str, Stored]:
    """What one plugin keeps in a conversation, by name."""
    return everything(desk, who, row, now).get(plugin, {})


def everything(desk: Desk, who: Who, row: Row, now: int) -> dict[str, dict[str, Stored]]:
    """The same of every plugin, by its name."""
    rows = desk.database.read(lambda tx: plugins.kept(tx, row.clinic_id, row.id))
    found: dict[str, dict[str, Stored]] = {}
    altered = []
    for each in rows:
        try:
            value = _opened(thread.keys_of(desk, row), row, each)
        except Unverified:
            value = None
            altered.append(("kept", each.id))
        found.setdefault(each.plugin, {})[each.name] = Stored(each.id, each.version, value)
    thread.report(desk, who, row.id, tuple(altered), now)
    return found


def values(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """As a plugin is handed them."""
    return {name: each.value for name, each in stored.items() if each.value is not None and name != TAGS}


def row_of(keys: ConversationKeys, conversation: Row, plugin: str, name: str, before: Stored, value: Any) -> KeptRow:
    """The row that keeps a value in place of `before`; None takes it away. TypeError for what JSON cannot hold."""
    id, version = before.id or new_id(), before.version + 1
    content = None if value is None else orjson.dumps({"name": name, "version": version, "value": value})
    sealed = content and seal(keys.note, _place(conversation, id, plugin), content)
    return KeptRow(conversation.clinic_id, id, conversation.id, plugin, name, version, sealed)


def with_tags(before: Any, words: Iterable[str]) -> list[str]:
    """The tags there are and these, each once; ValueError for one that is too long, or when there are too many."""
    tags = list(dict.fromkeys([*(before or ()), *(" ".join(word.split()) for word in words)]))
    if not all(0 < len(tag) <= LONGEST_TAG for tag in tags):
        raise ValueError(f"A tag has 1 to {LONGEST_TAG} characters.")
    if len(tags) > MOST_TAGS:
        raise ValueError(f"A plugin gives a conversation at most {MOST_TAGS} tags.")
    return tags


def tagging(keys: ConversationKeys, conversation: Row, plugin: str, before: Stored, words: Iterable[str]) -> Callable[[Tx], bool]:
    """The write that adds tags, for who has the conversation's keys at hand as it begins: `before` is NOTHING then."""
    row = row_of(keys, conversation, plugin, TAGS, before, with_tags(before.value, words))
    return lambda tx: plugins.keep(tx, row)


def tags(desk: Desk, who: Who, row: Row, now: int) -> list[str]:
    """All tags of a conversation, each once, whichever plugin gave them."""
    given = (stored[TAGS].value or () for stored in everything(desk, who, row, now).values() if TAGS in stored)
    return list(dict.fromkeys(tag for tags in given for tag in tags))


def _opened(keys: ConversationKeys, conversation: Row, row: Row) -> Any:
    if row.sealed is None:
        return None
    content = orjson.loads(unseal(keys.note, _place(conversation, row.id, row.plugin), row.sealed))
    if (content["name"], content["version"]) != (row.name, row.version):
        raise Unverified
    return content["value"]


def _place(conversation: Row, id: str, plugin: str) -> Place:
    return Place("kept", "sealed", conversation.clinic_id, id, conversation.id, f"plugin:{plugin}")
