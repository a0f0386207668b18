"""Deliveries that have failed and come again: whose they are, since when, and how the newest of them failed."""

from securemsg.store.database import Row, Tx

_MOST = 1_000  # of a clinic; who has more fails since the first of them all the same


def failing(tx: Tx, clinic_id: str) -> list[Row]:
    """`id, plugin, fault, since`, the oldest first. `since`: when the event was that it tells of, or the task was due; None of
    letters."""
    return tx.all(
        "SELECT o.id, o.plugin, o.fault, coalesce(e.happened_at, t.due_at) AS since FROM outbox o"
        " LEFT JOIN events e ON e.clinic_id = o.clinic_id AND e.id = o.event_id"
        " LEFT JOIN tasks t ON t.clinic_id = o.clinic_id AND t.id = o.object_id AND o.hook = 'task_due'"
        " WHERE o.clinic_id = :clinic_id AND o.done_at IS NULL AND o.gave_up_at IS NULL AND o.fault IS NOT NULL"
        " ORDER BY o.id LIMIT :limit", clinic_id=clinic_id, limit=_MOST)
