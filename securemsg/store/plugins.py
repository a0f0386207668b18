"""What plugins keep in a conversation, what they want to be told later, what staff shall do, and what can be had only once."""

from dataclasses import dataclass, field

from securemsg.store.database import Row, Tx, columns

_HERE = " WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id"
_TASK = "SELECT clinic_id, id, conversation_id, plugin, name, due_at, urgent, created_at, done_at, done_by, sealed FROM tasks"


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One row of `kept`, of a conversation or (None) of the clinic. `sealed` None: the value was taken away; the row stays, so
    that its version goes on."""

    clinic_id: str
    id: str
    conversation_id: str | None
    plugin: str
    name: str
    version: int
    sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One row of `tasks`: what a plugin will be told at `due_at`, or (`for_staff` 1) what a person shall do by then."""

    clinic_id: str
    id: str
    conversation_id: str
    plugin: str
    name: str
    due_at: int | None
    for_staff: int
    urgent: int
    created_at: int
    sealed: bytes = field(repr=False)


def kept(tx: Tx, clinic_id: str, conversation_id: str | None) -> list[Row]:
    """Everything kept in a conversation, or (None) in the clinic itself, by any plugin."""
    row = "SELECT id, plugin, name, version, sealed FROM kept"
    if conversation_id is None:
        return tx.all(f"{row} WHERE clinic_id = :clinic_id AND conversation_id IS NULL ORDER BY id", clinic_id=clinic_id)
    return tx.all(f"{row}{_HERE} ORDER BY id", clinic_id=clinic_id, conversation_id=conversation_id)


def keep(tx: Tx, row: KeptRow) -> bool:
    """Keep a value in place of the version before; False when somebody was quicker."""
    if row.version == 1:
        return tx.insert("kept", **columns(row), or_nothing=True)
    return tx.run("UPDATE kept SET sealed = :sealed, version = :version WHERE clinic_id = :clinic_id AND id = :id AND"
                  " version = :before", sealed=row.sealed, version=row.version, clinic_id=row.clinic_id, id=row.id,
                  before=row.version - 1) == 1


def insert_task(tx: Tx, row: TaskRow) -> None:
    """What is to be done; of what a plugin is told, also the delivery, under the same id."""
    tx.insert("tasks", **columns(row))
    if not row.for_staff:
        tx.insert("outbox", clinic_id=row.clinic_id, id=row.id, plugin=row.plugin, lane=row.plugin, hook="task_due", target="",
                  event="task_due", conversation_id=row.conversation_id, object_id=row.id, due_at=row.due_at)


def task(tx: Tx, clinic_id: str, id: str) -> Row | None:
    """One that is not done yet, or None."""
    return tx.one(f"{_TASK} WHERE clinic_id = :clinic_id AND id = :id AND done_at IS NULL AND for_staff = 0",
                  clinic_id=clinic_id, id=id)


def end_tasks(tx: Tx, clinic_id: str, conversation_id: str, plugin: str, name: str, for_staff: bool, now: int) -> list[str]:
    """Those of that name are done, or not wanted any more: their ids. What they said is gone with them."""
    ended = tx.all(f"UPDATE tasks SET done_at = :now, sealed = NULL{_HERE} AND plugin = :plugin AND name = :name AND"
                   " for_staff = :for_staff AND done_at IS NULL RETURNING id", now=now, clinic_id=clinic_id, plugin=plugin,
                   conversation_id=conversation_id, name=name, for_staff=int(for_staff))
    for row in () if for_staff else ended:
        tx.run("UPDATE outbox SET done_at = :now WHERE clinic_id = :clinic_id AND id = :id AND done_at IS NULL", now=now,
               clinic_id=clinic_id, id=row.id)
    return [row.id for row in ended]


def end_task(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """The plugin was told of it; False when it was cancelled meanwhile."""
    return tx.run("UPDATE tasks SET done_at = :now, sealed = NULL WHERE clinic_id = :clinic_id AND id = :id AND done_at IS NULL",
                  now=now, clinic_id=clinic_id, id=id) == 1


def todos(tx: Tx, clinic_id: str, conversation_id: str | None, limit: int) -> list[Row]:
    """What staff have to do, of a conversation or (None) of the clinic: urgent first, then what is due first."""
    of_one = " AND conversation_id = :conversation_id" if conversation_id else ""
    return tx.all(f"{_TASK} WHERE clinic_id = :clinic_id AND done_at IS NULL AND for_staff = 1{of_one} ORDER BY urgent DESC,"
                  " coalesce(due_at, created_at), id LIMIT :limit", clinic_id=clinic_id, limit=limit,
                  **({"conversation_id": conversation_id} if conversation_id else {}))


def todo(tx: Tx, clinic_id: str, id: str) -> Row | None:
    """One of them, done or not."""
    return tx.one(f"{_TASK} WHERE clinic_id = :clinic_id AND id = :id AND for_staff = 1", clinic_id=clinic_id, id=id)


def finish_todo(tx: Tx, clinic_id: str, id: str, person_id: str, now: int) -> bool:
    """A person has done it; False when somebody else had. Its words stay, sealed: who looks back sees what was done."""
    return tx.run("UPDATE tasks SET done_at = :now, done_by = :person_id WHERE clinic_id = :clinic_id AND id = :id AND"
                  " done_at IS NULL", now=now, person_id=person_id, clinic_id=clinic_id, id=id) == 1


def holder(tx: Tx, clinic_id: str, plugin: str, name: bytes) -> Row | None:
    """The `id` of the row and the `conversation_id` of who has it, or None: it is free."""
    return tx.one("SELECT id, conversation_id FROM taken WHERE clinic_id = :clinic_id AND plugin = :plugin AND name = :name",
                  clinic_id=clinic_id, plugin=plugin, name=name)


def take(tx: Tx, clinic_id: str, id: str, plugin: str, name: bytes, conversation_id: str, now: int) -> bool:
    """Have it for a conversation; False when another was quicker, whichever process it is in."""
    return tx.insert("taken", clinic_id=clinic_id, id=id, plugin=plugin, name=name, conversation_id=conversation_id,
                     taken_at=now, or_nothing=True)


def give(tx: Tx, clinic_id: str, plugin: str, name: bytes, conversation_id: str) -> bool:
    """Let it go; False when this conversation does not have it."""
    return tx.run("DELETE FROM taken WHERE clinic_id = :clinic_id AND plugin = :plugin AND name = :name AND"
                  " conversation_id = :conversation_id", clinic_id=clinic_id, plugin=plugin, name=name,
                  conversation_id=conversation_id) == 1


def automatic(tx: Tx, clinic_id: str, conversation_id: str, after_seq: int, since: int) -> int:
    """How many messages plugins sent by themselves since a moment, among those numbered above `after_seq`."""
    row = tx.one(f"SELECT count(*) AS n FROM messages{_HERE} AND seq > :after_seq AND received_at > :since AND"
                 " author_kind = 'plugin' AND author_id IS NULL", clinic_id=clinic_id, conversation_id=conversation_id,
                 after_seq=after_seq, since=since)
    return row.n if row else 0
