"""Answers kept for a day, so that a repeated request gets the first one's answer and changes nothing."""

from securemsg.store.database import Tx


def claim(tx: Tx, clinic_id: str, scope: bytes, body_mac: bytes, answer: bytes, expires_at: int,
          conversation_id: str | None = None) -> bool:
    """Store the answer under its scope; False when the scope is taken. On PostgreSQL this waits for who holds it. With its
    conversation the answer is erased."""
    return tx.insert("idempotency", clinic_id=clinic_id, scope=scope, body_mac=body_mac, answer=answer, state="done",
                     expires_at=expires_at, conversation_id=conversation_id, or_nothing=True)


def one(tx: Tx, clinic_id: str, scope: bytes):
    """`body_mac, answer` of an earlier request, or None."""
    return tx.one("SELECT body_mac, answer FROM idempotency WHERE clinic_id = :clinic_id AND scope = :scope",
                  clinic_id=clinic_id, scope=scope)


def forget(tx: Tx, clinic_id: str, scope: bytes) -> None:
    """What was done under this key was taken back: it may be done again."""
    tx.run("DELETE FROM idempotency WHERE clinic_id = :clinic_id AND scope = :scope", clinic_id=clinic_id, scope=scope)


def expire(tx: Tx, now: int) -> int:
    """Drop what is older than its day; how many."""
    return tx.everywhere.run("DELETE FROM idempotency WHERE expires_at < :now", now=now)
