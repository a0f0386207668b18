"""Mails and posts of plugins as rows of the outbox: put there, and changed or taken back while they wait. See deliveries.py for
how they go out."""

from securemsg.store.database import Row, Tx

_WAITING = "clinic_id = :clinic_id AND id = :id AND done_at IS NULL"


def insert(tx: Tx, clinic_id: str, id: str, plugin: str, lane: str, target: str, conversation_id: str | None, sealed: bytes,
           now: int) -> None:
    """A mail or a post, to go out after the commit. `lane` is mail or post."""
    tx.insert("outbox", clinic_id=clinic_id, id=id, plugin=plugin, lane=lane, hook=lane, target=target, event=lane,
              conversation_id=conversation_id, sealed=sealed, due_at=now)


def waiting(tx: Tx, clinic_id: str, plugin: str, target: str) -> list[Row]:
    """Posts of a plugin to that target which have not gone out, those set aside too."""
    return tx.all("SELECT clinic_id, id, plugin, target, conversation_id, sealed FROM outbox WHERE clinic_id = :clinic_id AND"
                  " plugin = :plugin AND lane = 'post' AND hook = 'post' AND target = :target AND done_at IS NULL ORDER BY id",
                  clinic_id=clinic_id, plugin=plugin, target=target)


def withdraw(tx: Tx, rows: list[Row], now: int) -> bool:
    """They never go out; one that is under way just now may. True, as what comes after it in a transaction wants to hear."""
    tx.run_all(f"UPDATE outbox SET done_at = :now, sealed = NULL WHERE {_WAITING}",
               [{"clinic_id": row.clinic_id, "id": row.id, "now": now} for row in rows])
    return True


def reseal(tx: Tx, sealed: list[tuple[Row, bytes]]) -> bool:
    """What they say is this now; False when one of them is gone, or sealed anew, since it was read."""
    return all(tx.run(f"UPDATE outbox SET sealed = :sealed WHERE {_WAITING} AND sealed = :before", clinic_id=row.clinic_id,
                      id=row.id, sealed=content, before=row.sealed) == 1 for row, content in sealed)
