"""How long what is kept, as a clinic set it, and the conversations that may be old enough."""

from securemsg.store.database import Row, Tx

_PIECE = 500  # conversations, of which each is looked at


def periods(tx: Tx, clinic_id: str) -> list[Row]:
    """`category, kind, days, mac` of each that a clinic set."""
    return tx.all("SELECT clinic_id, category, kind, days, mac, changed_at FROM retention WHERE clinic_id = :clinic_id"
                  " ORDER BY category, kind",
                  clinic_id=clinic_id)


def set_period(tx: Tx, clinic_id: str, category: str, kind: str, days: int, mac: bytes, now: int) -> None:
    tx.run("DELETE FROM retention WHERE clinic_id = :clinic_id AND category = :category AND kind = :kind", clinic_id=clinic_id,
           category=category, kind=kind)
    tx.insert("retention", clinic_id=clinic_id, category=category, kind=kind, days=days, mac=mac, changed_at=now)


def quiet_since(tx: Tx, clinic_id: str, before: int, after: str) -> list[Row]:
    """Conversations in which nothing happened since `before`, by their ids above `after`, some at a time: `id, reference,
    category_id, identity_level, waiting_on, closed_at, last_at, version` and `answered`, whether staff wrote anything in it."""
    return tx.all(
        "SELECT c.id, c.reference, c.category_id, c.identity_level, c.waiting_on, c.closed_at, c.last_at, c.version,"
        " EXISTS (SELECT 1 FROM messages m WHERE m.clinic_id = c.clinic_id AND m.conversation_id = c.id AND"
        " m.author_kind = 'staff') AS answered FROM conversations c WHERE c.clinic_id = :clinic_id AND c.last_at < :before AND"
        " c.erased_at IS NULL AND c.id > :after ORDER BY c.id LIMIT :limit", clinic_id=clinic_id, before=before, after=after,
        limit=_PIECE)


def old_drafts(tx: Tx, clinic_id: str, before: int) -> list[Row]:
    """`id, conversation_id` of what was begun and left."""
    return tx.all("SELECT id, conversation_id FROM drafts WHERE clinic_id = :clinic_id AND saved_at < :before",
                  clinic_id=clinic_id, before=before)


def drop_drafts(tx: Tx, clinic_id: str, before: int, ids: list[str]) -> int:
    """Let go of these, but of none that somebody went on with, or whose conversation is held, since: how many."""
    return sum(tx.run("DELETE FROM drafts WHERE clinic_id = :clinic_id AND id = :id AND saved_at < :before AND NOT EXISTS"
                      " (SELECT 1 FROM holds h WHERE h.clinic_id = drafts.clinic_id AND"
                      " h.conversation_id = drafts.conversation_id AND h.lifted_at IS NULL)", clinic_id=clinic_id, id=id,
                      before=before) for id in ids)
