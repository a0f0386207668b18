"""A reply that waits, as it is kept: sealed, for its writer's name and its conversation."""

from contextlib import suppress
from dataclasses import dataclass, field, replace

import orjson

from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.desk import people, thread
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.errors import Unverified
from securemsg.store import Row, pending
from securemsg.store.pending import PendingRow


@dataclass(frozen=True, slots=True)
class Held:
    """A reply that waits. `by` is who pressed Send, as its audit row will say it; `scope` the key it was sent under; `seq` the
    number of the last message there was: it answers none that came later."""

    id: str
    by: Who
    due_at: int
    scope: bytes
    seq: int
    text: str = field(repr=False)


def waiting(desk: Desk, who: Who, id: str) -> Row | None:
    """The row of the one in a conversation, or None."""
    return desk.database.read(lambda tx: pending.one(tx, who.clinic_id, id))


def shown(desk: Desk, before: Row, row: Row | None) -> Held | None:
    """The same for who has the conversation open; one that was altered is not shown, and not sent either."""
    with suppress(Unverified):
        return row and opened(desk, before, row)
    return None


def kept(desk: Desk, before: Row, held: Held) -> PendingRow:
    """The row that holds it."""
    by = held.by
    row = PendingRow(before.clinic_id, held.id, before.id, by.id, held.due_at, b"")
    content = orjson.dumps({
        "text": held.text, "due_at": held.due_at, "scope": held.scope.hex(), "seq": held.seq, "session": by.session_id,
        "session_sha256": by.session_sha256.hex(), "address": by.address, "request": by.request_id})
    return replace(row, sealed=seal(thread.keys_of(desk, before).note, place(row), content))


def content(desk: Desk, before: Row, row: Row) -> dict:
    """What is sealed in the row; Unverified when it is not as it was stored."""
    found = orjson.loads(unseal(thread.keys_of(desk, before).note, place(row), row.sealed))
    if found["due_at"] != row.due_at:
        raise Unverified
    return found


def opened(desk: Desk, before: Row, row: Row) -> Held:
    """The reply that waits in a conversation; Unverified when it is not as it was stored."""
    found, person = content(desk, before, row), people.everyone(desk, row.clinic_id).get(row.person_id)
    if person is None:
        raise Unverified
    roles = frozenset() if person.disabled_at else person.roles
    by = Who("staff", row.clinic_id, row.person_id, found["session"], bytes.fromhex(found["session_sha256"]),
             found["address"], found["request"], roles, person.name, person.title)
    return Held(row.id, by, row.due_at, bytes.fromhex(found["scope"]), found["seq"], found["text"])


def place(row: Row | PendingRow) -> Place:
    """Where a waiting reply is sealed: for its writer's name and its conversation."""
    return Place("pending_replies", "sealed", row.clinic_id, row.id, row.conversation_id, row.person_id)
