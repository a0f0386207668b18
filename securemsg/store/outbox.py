"""Events, and the deliveries that wait for after the commit: one row for each event, plugin and hook. See deliveries.py."""

from dataclasses import dataclass
from functools import lru_cache

from securemsg.store.database import Tx, columns
from securemsg.store.ids import first_id, new_id, new_ids


@dataclass(frozen=True, slots=True)
class EventRow:
    """One change, as ids only. Its number is given later, densely for each clinic."""

    clinic_id: str
    id: str
    kind: str
    conversation_id: str | None
    object_id: str | None
    seq: int | None
    happened_at: int


Told = tuple[tuple[str, str], ...]  # plugin and hook: who hears of an event, and how


def insert_event(tx: Tx, row: EventRow, told: Told = ()) -> None:
    """Keep the event, and one delivery for each plugin and hook that hears of it."""
    tx.insert("events", **columns(row))
    if told:
        tx.run(_deliveries(len(told)), clinic_id=row.clinic_id, event_id=row.id, event=row.kind, due_at=row.happened_at,
               conversation_id=row.conversation_id, **_each(told))


def insert_row(tx: Tx, values: dict) -> None:
    """One delivery that no event makes by itself, with all its columns."""
    tx.insert("outbox", **values)


@lru_cache(maxsize=64)
def _deliveries(count: int) -> str:
    """One statement for them all: one round trip, one part of a message's write."""
    rows = ", ".join(f"(:clinic_id, :row_{n}, :plugin_{n}, :plugin_{n}, :hook_{n}, '', :event_id, :event, :conversation_id,"
                     " :due_at)" for n in range(count))
    return ("INSERT INTO outbox (clinic_id, id, plugin, lane, hook, target, event_id, event, conversation_id, due_at) VALUES "
            + rows)


def _each(told: Told) -> dict[str, str]:
    values = {}
    for n, (id, (plugin, hook)) in enumerate(zip(new_ids(len(told)), told, strict=True)):
        values[f"row_{n}"], values[f"plugin_{n}"], values[f"hook_{n}"] = id, plugin, hook
    return values


def changed_since(tx: Tx, clinic_id: str, since: int) -> bool:
    """Whether anything happened in the clinic from a moment on: ids sort by time."""
    return tx.one("SELECT 1 AS yes FROM events WHERE clinic_id = :clinic_id AND id >= :first LIMIT 1", clinic_id=clinic_id,
                  first=first_id(since)) is not None


def insert_revocation(tx: Tx, clinic_id: str, kind: str, subject_id: str, now: int) -> None:
    """Tell every process that a session, a person's rights or a key has ended."""
    tx.insert("revocations", clinic_id=clinic_id, id=new_id(), subject_kind=kind, subject_id=subject_id, revoked_at=now)


def revocations_since(tx: Tx, since: int) -> list:
    """What ended at or after `since`, in every clinic."""
    return tx.everywhere.all("SELECT id, clinic_id, subject_kind, subject_id, revoked_at FROM revocations WHERE"
                             " revoked_at >= :since", since=since)


def expire_revocations(tx: Tx, before: int) -> None:
    """Drop what every process has heard long ago; the session's own row says that it ended."""
    tx.everywhere.run("DELETE FROM revocations WHERE revoked_at < :before", before=before)


def erasures(tx: Tx) -> list:
    """What was erased, in every clinic; these rows stay. In tables of an older form they have no `mac`."""
    return tx.everywhere.all("SELECT * FROM erasures")
