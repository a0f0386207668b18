"""Pages of conversations as staff see them, those within their reach, by key: never OFFSET, never GROUP BY."""

from securemsg.store.database import Tx
from securemsg.store.pools import Within

_FROM = ("SELECT c.clinic_id, c.id, c.reference, c.category_id, c.pool_id, c.place_mac, c.about, c.urgency,"
         " c.waiting_on, c.waiting_since, c.claimed_by, c.closed_at, c.closed_reason, c.last_at, c.unread_staff, c.last_seq"
         " FROM conversations c")
_ROW = f"{_FROM} WHERE c.clinic_id = :clinic_id"
_TO_DO = "t.done_at IS NULL AND t.for_staff = 1 ORDER BY t.urgent DESC, coalesce(t.due_at, t.created_at), t.id LIMIT :limit"


def waiting(tx: Tx, clinic_id: str, within: Within, limit: int) -> list:
    """Open conversations that wait for staff: urgent first, then the longest waiting."""
    return tx.all(f"{_ROW}{within.where} AND c.closed_at IS NULL AND c.waiting_on = 'staff' ORDER BY CASE c.urgency"
                  " WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, c.waiting_since, c.id LIMIT :limit",
                  clinic_id=clinic_id, limit=limit, **within.values)


def answered(tx: Tx, clinic_id: str, within: Within, limit: int, before: int) -> list:
    """Open conversations that wait for the visitor, the latest first, older than `before`. Urgent or not: nobody waits for us."""
    return tx.all(f"{_ROW}{within.where} AND c.closed_at IS NULL AND c.waiting_on = 'visitor' AND c.last_at < :before"
                  " ORDER BY c.last_at DESC, c.id LIMIT :limit", clinic_id=clinic_id, limit=limit, before=before,
                  **within.values)


def claimed_by(tx: Tx, clinic_id: str, person_id: str, limit: int) -> list:
    """One person's open conversations, those that wait for staff first."""
    return tx.all(f"{_ROW} AND c.closed_at IS NULL AND c.claimed_by = :person_id ORDER BY c.waiting_on, c.waiting_since,"
                  " c.last_at DESC, c.id LIMIT :limit", clinic_id=clinic_id, person_id=person_id, limit=limit)


def closed(tx: Tx, clinic_id: str, within: Within, limit: int, before: int) -> list:
    """Closed conversations, the latest first, older than `before`."""
    return tx.all(f"{_ROW}{within.where} AND c.closed_at IS NOT NULL AND c.erased_at IS NULL AND c.closed_at < :before"
                  " ORDER BY c.closed_at DESC, c.id LIMIT :limit",
                  clinic_id=clinic_id, limit=limit, before=before, **within.values)


def to_do(tx: Tx, clinic_id: str, within: Within, limit: int) -> list:
    """Conversations in which staff have something to do, once for each to-do: what is urgent first, then what is due first."""
    return tx.all(f"{_FROM} JOIN tasks t ON t.clinic_id = c.clinic_id AND t.conversation_id = c.id WHERE c.clinic_id = :clinic_id"
                  f"{within.where} AND {_TO_DO}", clinic_id=clinic_id, limit=limit, **within.values)


def marks(tx: Tx, clinic_id: str, within: Within, limit: int) -> list:
    """`conversation_id, urgent` of each to-do, in the same order."""
    beside = "" if within.everything else " JOIN conversations c ON c.clinic_id = t.clinic_id AND c.id = t.conversation_id"
    return tx.all(f"SELECT t.conversation_id, t.urgent FROM tasks t{beside} WHERE t.clinic_id = :clinic_id{within.where}"
                  f" AND {_TO_DO}", clinic_id=clinic_id, limit=limit, **within.values)


def counts(tx: Tx, clinic_id: str, within: Within, person_id: str):
    """`open, mine, waiting`, each counted to 1,000 at most: a page needs no more."""
    limited = ("(SELECT count(*) FROM (SELECT 1 AS one FROM conversations c WHERE clinic_id = :clinic_id AND closed_at IS NULL"
               f"{within.where} {{}} LIMIT 1000) x)")
    mine, waiting = "AND claimed_by = :person_id", "AND waiting_on = 'staff'"
    return tx.one(f"SELECT {limited.format('')} AS open, {limited.format(mine)} AS mine, {limited.format(waiting)} AS waiting",
                  clinic_id=clinic_id, person_id=person_id, **within.values)
