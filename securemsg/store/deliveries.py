"""Rows of the outbox on their way: claimed for a while by one process, then done, to be tried later, or set aside.

A claim is a lease: `lease_by` names it, and nothing is marked by whoever does not hold it any more. `attempts` counts claims.
"""

from dataclasses import dataclass

from securemsg.store.database import Row, Tx

LEASE_SECONDS = 90
RESTORED, UNNAMED = "restored", "its plugin is not named any more"  # as a fault: why it waits for a person
_HERE = "clinic_id = :clinic_id AND id = :id"
_WAITS = "done_at IS NULL AND gave_up_at IS NULL"
_MINE = f"{_HERE} AND lease_by = :by AND {_WAITS}"
_FREE = f"{_WAITS} AND due_at <= :now AND (lease_until IS NULL OR lease_until <= :now)"
_PATIENT = 4  # failures: for so long what comes after it in the same conversation waits, about thirteen minutes
_FINISHED = f"UPDATE outbox SET done_at = :now, sealed = NULL, fault = NULL, lease_by = NULL, lease_until = NULL WHERE {_MINE}"
# In one conversation a plugin is told of events in their order: who is before it is done, was set aside, or failed often.
_NONE_BEFORE = (
    "NOT EXISTS (SELECT 1 FROM outbox b WHERE b.clinic_id = o.clinic_id AND b.conversation_id = o.conversation_id AND"
    " b.plugin = o.plugin AND b.id < o.id AND b.done_at IS NULL AND b.gave_up_at IS NULL AND b.event_id IS NOT NULL AND"
    f" b.lane = o.lane AND (b.attempts < {_PATIENT} OR b.lease_until > :now))")
# Whoever claimed may be killed: then it comes again by itself, later each time, so that one delivery that kills does not fill
# the day. Due: after 5, 20, 45 … seconds.
_TAKEN = ("lease_by = :by, lease_until = :until, attempts = attempts + 1,"
          " due_at = :now + 5000000 * (attempts + 1) * (attempts + 1)")
_ROW = "clinic_id, id, plugin, lane, hook, target, event_id, event, conversation_id, object_id, sealed, due_at, attempts"
_LISTED = "id, plugin, hook, target, event, conversation_id, due_at, attempts, gave_up_at, fault"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one look takes: `fresh` rows in a batch; those that were begun before one by one, since one of them may be what
    killed the process. `letters` of the lanes mail and post; of the lane post those of one `target`."""

    lane: str
    by: str
    now: int
    limit: int
    fresh: bool = True
    letters: bool = False
    target: tuple[str, str, str] | None = None


def is_due(tx: Tx, lane: str, letters: bool, now: int) -> bool:
    """Whether a look is worth a write."""
    hook = f"hook {'=' if letters else '<>'} :lane"
    return tx.everywhere.one(f"SELECT 1 AS yes FROM outbox WHERE lane = :lane AND {hook} AND {_FREE} LIMIT 1", lane=lane,
                             now=now) is not None


def claim(tx: Tx, wanted: Claim, skip_locked: str) -> list[Row]:
    """Rows that are this claim's until the lease ends, oldest first. `skip_locked` is the database's way to pass over what
    another one is claiming."""
    here = f"{_FREE} AND lane = :lane AND hook {'=' if wanted.letters else '<>'} :lane"
    here += " AND attempts = 0" if wanted.fresh else " AND attempts > 0"
    values: dict = {"lane": wanted.lane, "now": wanted.now, "limit": wanted.limit}
    if wanted.target:
        here += " AND clinic_id = :clinic_id AND plugin = :plugin AND target = :target"
        values |= dict(zip(("clinic_id", "plugin", "target"), wanted.target, strict=True))
    if not wanted.letters:
        here += f" AND (event_id IS NULL OR {_NONE_BEFORE})"
    rows = tx.everywhere.all(
        f"WITH picked AS MATERIALIZED (SELECT clinic_id, id FROM outbox o WHERE {here} ORDER BY due_at, id LIMIT :limit"
        f" {skip_locked}) UPDATE outbox SET {_TAKEN} WHERE (clinic_id, id) IN (SELECT clinic_id, id FROM picked) RETURNING"
        f" {_ROW}",
        by=wanted.by, until=wanted.now + LEASE_SECONDS * 1_000_000, **values)
    return sorted(rows, key=lambda row: row.id)


def posts(tx: Tx, now: int) -> list[tuple[str, str, str]]:
    """Where posts are due to: clinic, plugin, target; who has waited longest first."""
    rows = tx.everywhere.all(f"SELECT clinic_id, plugin, target FROM outbox WHERE lane = 'post' AND hook = 'post' AND {_FREE}"
                             " GROUP BY clinic_id, plugin, target ORDER BY min(due_at)", now=now)
    return [tuple(row) for row in rows]


def happened(tx: Tx, clinic_id: str, event_id: str) -> Row | None:
    """The event that a delivery tells of."""
    return tx.one("SELECT id, number, kind, conversation_id, object_id, seq, happened_at FROM events WHERE clinic_id = :clinic_id"
                  " AND id = :id", clinic_id=clinic_id, id=event_id)


def task_due_at(tx: Tx, clinic_id: str, id: str) -> int | None:
    """When a task was to be told; the delivery's own time moves with each try."""
    row = tx.one("SELECT due_at FROM tasks WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)
    return row and row.due_at


def renew(tx: Tx, lane: str, by: str, now: int) -> None:
    """Whoever claimed is still at it: its rows are its own for as long again."""
    tx.everywhere.run(f"UPDATE outbox SET lease_until = :until WHERE lane = :lane AND lease_by = :by AND {_WAITS}", lane=lane,
                      by=by, until=now + LEASE_SECONDS * 1_000_000)


def finish(tx: Tx, row: Row, by: str, now: int) -> bool:
    """It is done, and what it held is gone; False when the claim has ended: another may be at it."""
    return tx.run(_FINISHED, clinic_id=row.clinic_id, id=row.id, by=by, now=now) == 1


def finish_all(tx: Tx, rows: list[Row], by: str, now: int) -> None:
    """The same for many that changed nothing: one that is not ours any more is simply told twice."""
    tx.everywhere.run_all(_FINISHED, [{"clinic_id": row.clinic_id, "id": row.id, "by": by, "now": now} for row in rows])


def later(tx: Tx, row: Row, by: str, due_at: int, fault: str) -> bool:
    """It failed: again at `due_at`. `fault` is a type and a place, never words."""
    return tx.run(f"UPDATE outbox SET due_at = :due_at, fault = :fault, lease_by = NULL, lease_until = NULL WHERE {_MINE}",
                  clinic_id=row.clinic_id, id=row.id, by=by, due_at=due_at, fault=fault) == 1


def put_back(tx: Tx, rows: list[Row], by: str) -> None:
    """Not begun: as if they had not been claimed."""
    tx.everywhere.run_all(
        "UPDATE outbox SET attempts = attempts - 1, due_at = :due_at, lease_by = NULL, lease_until = NULL WHERE " + _MINE,
        [{"clinic_id": row.clinic_id, "id": row.id, "by": by, "due_at": row.due_at - _pushed(row)} for row in rows])


def set_aside(tx: Tx, row: Row, by: str, now: int, fault: str) -> bool:
    """It failed too often, or for good: it waits for a person."""
    return tx.run(f"UPDATE outbox SET gave_up_at = :now, fault = :fault, lease_by = NULL, lease_until = NULL WHERE {_MINE}",
                  clinic_id=row.clinic_id, id=row.id, by=by, now=now, fault=fault) == 1


def set_aside_restored(tx: Tx, now: int) -> int:
    """An older copy of the database goes on: what was due in it may have been delivered since, so a person decides; how many.
    What is to come later comes."""
    let_go(tx)
    return tx.everywhere.run(f"UPDATE outbox SET gave_up_at = :now, fault = :fault WHERE {_WAITS} AND due_at <= :now", now=now,
                             fault=RESTORED)


def let_go(tx: Tx) -> None:
    """Where one process delivers, and it begins: what an earlier one had claimed is nobody's."""
    tx.everywhere.run("UPDATE outbox SET lease_by = NULL, lease_until = NULL WHERE lease_by IS NOT NULL AND done_at IS NULL")


def aside(tx: Tx, clinic_id: str, conversation_id: str | None, limit: int) -> list[Row]:
    """What waits for a person, of a conversation or (None) of the clinic, the newest first."""
    of_one = " AND conversation_id = :conversation_id" if conversation_id else ""
    return tx.all(f"SELECT {_LISTED} FROM outbox WHERE clinic_id = :clinic_id{of_one} AND done_at IS NULL AND gave_up_at IS NOT"
                  " NULL ORDER BY gave_up_at DESC, id DESC LIMIT :limit", clinic_id=clinic_id, limit=limit,
                  **({"conversation_id": conversation_id} if conversation_id else {}))


def one_aside(tx: Tx, clinic_id: str, id: str) -> Row | None:
    """One of them."""
    return tx.one(f"SELECT {_LISTED} FROM outbox WHERE {_HERE} AND done_at IS NULL AND gave_up_at IS NOT NULL",
                  clinic_id=clinic_id, id=id)


def all_aside(tx: Tx, clinic_id: str) -> list[str]:
    """The ids of all that waits for a person in a clinic."""
    rows = tx.all("SELECT id FROM outbox WHERE clinic_id = :clinic_id AND done_at IS NULL AND gave_up_at IS NOT NULL ORDER BY id",
                  clinic_id=clinic_id)
    return [row.id for row in rows]


def try_again(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """From the start; False when it does not wait for a person any more."""
    return tx.run(f"UPDATE outbox SET gave_up_at = NULL, attempts = 0, due_at = :now, fault = NULL WHERE {_HERE} AND done_at IS"
                  " NULL AND gave_up_at IS NOT NULL", clinic_id=clinic_id, id=id, now=now) == 1


def dismiss(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """Nobody delivers it any more, nor the task that it tells of; False when it does not wait for a person any more."""
    dismissed = tx.run(f"UPDATE outbox SET done_at = :now, sealed = NULL WHERE {_HERE} AND done_at IS NULL AND gave_up_at IS NOT"
                       " NULL", clinic_id=clinic_id, id=id, now=now) == 1
    if dismissed:
        tx.run(f"UPDATE tasks SET done_at = :now, sealed = NULL WHERE {_HERE} AND for_staff = 0 AND done_at IS NULL",
               clinic_id=clinic_id, id=id, now=now)
    return dismissed


def standing(tx: Tx, clinic_id: str, now: int) -> list[Row]:
    """How each plugin's deliveries stand: how many are due, have failed and come again, are set aside; one of the faults."""
    return tx.all(
        "SELECT plugin, sum(CASE WHEN gave_up_at IS NULL AND due_at <= :now THEN 1 ELSE 0 END) AS due,"
        " sum(CASE WHEN gave_up_at IS NULL AND fault IS NOT NULL THEN 1 ELSE 0 END) AS failing,"
        " sum(CASE WHEN gave_up_at IS NULL THEN 0 ELSE 1 END) AS aside, max(fault) AS fault FROM outbox WHERE"
        " clinic_id = :clinic_id AND done_at IS NULL GROUP BY plugin ORDER BY plugin", clinic_id=clinic_id, now=now)


def counts(tx: Tx, now: int) -> Row:
    """Of all clinics: `due`, since when the `oldest` of them is, and how many are set `aside`."""
    return tx.everywhere.one(
        "SELECT sum(CASE WHEN gave_up_at IS NULL AND due_at <= :now THEN 1 ELSE 0 END) AS due,"
        " min(CASE WHEN gave_up_at IS NULL AND due_at <= :now THEN due_at ELSE NULL END) AS oldest,"
        " sum(CASE WHEN gave_up_at IS NULL THEN 0 ELSE 1 END) AS aside FROM clinics JOIN outbox ON"
        " outbox.clinic_id = clinics.id WHERE done_at IS NULL", now=now)


def set_aside_unnamed(tx: Tx, names: tuple[str, ...], now: int, before: int) -> None:
    """What plugins that nobody names any more were to hear since so long; letters go out without them."""
    every = tx.everywhere
    waits = every.all(f"SELECT DISTINCT lane FROM outbox WHERE {_WAITS} AND due_at < :before AND lane = plugin", before=before)
    for row in waits:
        if row.lane not in names:
            every.run(f"UPDATE outbox SET gave_up_at = :now, fault = :fault WHERE {_WAITS} AND due_at < :before AND lane = :lane",
                      now=now, fault=UNNAMED, before=before, lane=row.lane)


def expire(tx: Tx, before: int) -> None:
    """Rows of what was done long ago."""
    tx.everywhere.run("DELETE FROM outbox WHERE done_at < :before", before=before)


def _pushed(row: Row) -> int:
    return 5_000_000 * row.attempts * row.attempts
