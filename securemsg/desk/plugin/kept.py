"""Values that a plugin keeps, in a conversation (sealed under its keys, erased with it) or in a clinic: never overwritten unseen.

A value that was altered counts as none, and that is told. Tags are kept the same way, under a name that no value can have.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from securemsg.crypto.envelope import Key, Place, key_version, seal, unseal
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


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where values lie: in a conversation, under its keys, or in the clinic (`conversation_id` None), under its data key."""

    clinic_id: str
    conversation_id: str | None
    key: Callable[[int], Key] = field(repr=False)  # of a version, 0: the active one


def in_conversation(keys: ConversationKeys, conversation: Row) -> Shelf:
    return Shelf(conversation.clinic_id, conversation.id, lambda version: keys.note)


def in_clinic(desk: Desk, clinic_id: str) -> Shelf:
    return Shelf(clinic_id, None, partial(desk.keys.data, clinic_id))


def of(desk: Desk, who: Who, conversation: Row, plugin: str, now: int) -> dict[str, Stored]:
    """What one plugin keeps in a conversation, by name."""
    return everything(desk, who, conversation, now).get(plugin, {})


def everything(desk: Desk, who: Who, conversation: Row, now: int) -> dict[str, dict[str, Stored]]:
    """What is kept in a conversation by every plugin, by its name; nothing where the conversation's keys do not open."""
    with suppress(Unverified):
        return on(desk, who, in_conversation(thread.keys_of(desk, conversation), conversation), now)
    return {}


def on(desk: Desk, who: Who, shelf: Shelf, now: int) -> dict[str, dict[str, Stored]]:
    """The same of a shelf."""
    found: dict[str, dict[str, Stored]] = {}
    altered = []
    for each in desk.database.read(lambda tx: plugins.kept(tx, shelf.clinic_id, shelf.conversation_id)):
        try:
            value = opened(shelf, each)
        except Unverified:
            value = None
            altered.append(("kept", each.id))
        found.setdefault(each.plugin, {})[each.name] = Stored(each.id, each.version, value)
    thread.report(desk, who, shelf.conversation_id or shelf.clinic_id, tuple(altered), now)
    return found


def values(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """As a plugin is handed them: copies, so that what it does to one changes nothing that is kept."""
    return {name: deepcopy(each.value) for name, each in stored.items() if each.value is not None and name != TAGS}


def row_of(shelf: Shelf, plugin: str, name: str, before: Stored, value: Any) -> KeptRow:
    """The row that keeps a value in place of `before`; None takes it away. TypeError for what JSON cannot hold."""
    id, version = before.id or new_id(), before.version + 1
    content = None if value is None else orjson.dumps({"name": name, "version": version, "value": value})
    sealed = content and seal(shelf.key(0), place(shelf, id, plugin), content)
    return KeptRow(shelf.clinic_id, id, shelf.conversation_id, plugin, name, version, sealed)


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
    row = row_of(in_conversation(keys, conversation), plugin, TAGS, before, with_tags(before.value, words))
    return lambda tx: plugins.keep(tx, row)


def tags(desk: Desk, who: Who, row: Row, now: int) -> list[str]:
    """All tags of a conversation, each once, whichever plugin gave them."""
    given = (stored[TAGS].value or () for stored in everything(desk, who, row, now).values() if TAGS in stored)
    return list(dict.fromkeys(tag for tags in given for tag in tags))


def opened(shelf: Shelf, row: Row) -> Any:
    """The value in a row; Unverified when it is not as it was written."""
    if row.sealed is None:
        return None
    content = orjson.loads(unseal(shelf.key(key_version(row.sealed)), place(shelf, row.id, row.plugin), row.sealed))
    if (content["name"], content["version"]) != (row.name, row.version):
        raise Unverified
    return content["value"]


def place(shelf: Shelf | Row, id: str, plugin: str) -> Place:
    """Where a value is sealed: for its plugin, in its conversation."""
    return Place("kept", "sealed", shelf.clinic_id, id, shelf.conversation_id or "", f"plugin:{plugin}")
