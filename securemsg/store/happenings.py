"""Events in the order of their numbers: each change once, as ids only. Who numbers them: desk/audit/sealing.py."""

from securemsg.store.database import Row, Tx


def after(tx: Tx, clinic_id: str, number: int, limit: int) -> list[Row]:
    """At most `limit` events numbered above `number`. Numbers have no gaps and are given in order, so none comes later."""
    return tx.all("SELECT number, kind, conversation_id, object_id, seq, happened_at FROM events WHERE clinic_id = :clinic_id"
                  " AND number > :number ORDER BY number LIMIT :limit", clinic_id=clinic_id, number=number, limit=limit)


def last(tx: Tx, clinic_id: str) -> int:
    """The highest number given; 0 before the first."""
    row = tx.one("SELECT number FROM events WHERE clinic_id = :clinic_id AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
                 clinic_id=clinic_id)
    return row.number if row else 0
