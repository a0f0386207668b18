"""What a plugin keeps and what it has taken, as it stands with all that was asked for in this turn."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import orjson

from securemsg.desk import thread
from securemsg.desk.plugin import kept
from securemsg.desk.plugin.collected import Collected
from securemsg.desk.plugin.kept import NOTHING, Shelf, Stored
from securemsg.desk.plugin.steps import Step, Steps
from securemsg.desk.plugin.turn import Reference, id_of
from securemsg.errors import Unverified
from securemsg.store import Row, Tx, conversations, plugins
from securemsg.store.ids import of_mac

LARGEST = 32_000  # bytes of one value
LONGEST_NAME = 200  # characters, of what is taken


class TooLarge(ValueError):
    """A value is larger than one that can be kept."""


class Memory:
    """Each value is read once, and written once over the version that was read: nobody else's change is lost."""

    def __init__(self, collected: Collected):
        self._collected, self._turn = collected, collected.turn
        self._stored: dict[str | None, dict[str, Stored]] = {}
        self._kept: dict[str | None, dict[str, Any]] = {}
        self._taken: dict[str, str | None] = {}

    def kept(self, conversation: Reference | None) -> dict[str, Any]:
        """The values by their names."""
        now = kept.values(self._read(conversation)) | deepcopy(self._kept.get(_id(conversation), {}))
        return {name: value for name, value in now.items() if value is not None and name != kept.TAGS}

    def keep(self, conversation: Reference | None, values: Mapping[str, Any]) -> None:
        """Change some of them. TypeError for what JSON cannot hold, TooLarge, a ValueError, for what is that."""
        self._read(conversation)
        written = {name: orjson.dumps(value) for name, value in values.items()}
        if too_large := [name for name, text in written.items() if len(text) > LARGEST]:
            raise TooLarge(f"{too_large[0]} is larger than {LARGEST:,} bytes.")
        id = _id(conversation)
        if id not in self._kept:
            self._collected.add(lambda steps: self._keeping(steps, id), conversation)
        self._kept.setdefault(id, {}).update({name: orjson.loads(text) for name, text in written.items()})

    def tag(self, conversation: Reference, words: tuple[str, ...]) -> None:
        """Tags besides those there are."""
        before = {kept.TAGS: self._read(conversation).get(kept.TAGS, NOTHING).value} | self._kept.get(id_of(conversation), {})
        self.keep(conversation, {kept.TAGS: kept.with_tags(before[kept.TAGS], words)})

    def holder(self, name: str) -> str | None:
        """The conversation that has taken this name. Unverified where somebody has put another one there."""
        if name not in self._taken:
            turn, index = self._turn, self._index(name)
            row = turn.desk.database.read(lambda tx: plugins.holder(tx, turn.clinic_id, turn.plugin, index))
            if row and row.id != self._row_id(index, row.conversation_id):
                thread.report(turn.desk, turn.who, row.conversation_id, (("taken", row.id),), turn.now)
                raise Unverified
            self._taken[name] = row.conversation_id if row else None
        return self._taken[name]

    def take(self, conversation: Reference, name: str) -> bool:
        """Whether this conversation has it now."""
        id, turn, index = id_of(conversation), self._turn, self._index(name)
        if (held := self.holder(name)) is not None:
            return held == id
        written = turn.entry("name.taken", id)
        self._collected.add(lambda steps: written.after(lambda tx: plugins.take(
            tx, turn.clinic_id, self._row_id(index, id), turn.plugin, index, id, turn.now)), conversation)
        self._taken[name] = id
        return True

    def give(self, conversation: Reference, name: str) -> None:
        """Nobody has it, if this conversation had."""
        id, turn, index = id_of(conversation), self._turn, self._index(name)
        if self.holder(name) != id:
            return
        written = turn.entry("name.given", id)
        self._collected.add(lambda steps: written.after(lambda tx: plugins.give(
            tx, turn.clinic_id, turn.plugin, index, id)), conversation)
        self._taken[name] = None

    def _read(self, conversation: Reference | None) -> dict[str, Stored]:
        turn, id = self._turn, _id(conversation)
        if id not in self._stored:
            shelf = self._shelf(None if id is None else turn.own(id))
            self._stored[id] = kept.on(turn.desk, turn.who, shelf, turn.now).get(turn.plugin, {})
        return self._stored[id]

    def _shelf(self, row: Row | None) -> Shelf:
        turn = self._turn
        if row is None:
            return kept.in_clinic(turn.desk, turn.clinic_id)
        return kept.in_conversation(thread.keys_of(turn.desk, row), row)

    def _keeping(self, steps: Steps, id: str | None) -> Step:
        turn, stored = self._turn, self._stored[id]
        row = None if id is None else steps.row(id)
        shelf = self._shelf(row)
        changed = {name: value for name, value in self._kept[id].items() if value != stored.get(name, NOTHING).value}
        rows = [kept.row_of(shelf, turn.plugin, name, stored.get(name, NOTHING), value) for name, value in changed.items()]
        names = {"conversation.tagged": kept.TAGS in changed, "values.kept": bool(changed.keys() - {kept.TAGS})}
        detail = {"names": sorted(changed)} if id is None else None
        entries = [turn.entry(name, id, event=name == "conversation.tagged", detail=detail)
                   for name, is_so in names.items() if is_so]

        def write(tx: Tx) -> bool:
            if row and not conversations.is_under(tx, row):
                return False
            for written in entries:
                written.write(tx)
            return all(plugins.keep(tx, each) for each in rows)

        return write

    def _row_id(self, index: bytes, conversation: str) -> str:
        """Made of both: who only writes to the database gives it to no other conversation."""
        turn = self._turn
        return of_mac(turn.desk.vouch("taken", turn.clinic_id, turn.plugin, index, conversation))

    def _index(self, name: str) -> bytes:
        """What stands in the database for the name: who has only that learns nothing of it."""
        if not 0 < len(name) <= LONGEST_NAME:
            raise ValueError(f"What is taken has a name of 1 to {LONGEST_NAME} characters.")
        return self._turn.desk.keys.lasting_index(self._turn.clinic_id, f"taken:{self._turn.plugin}", name)


def _id(conversation: Reference | None) -> str | None:
    return None if conversation is None else id_of(conversation)
