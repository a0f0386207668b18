"""Visitors' sessions and the tickets that carry one into another window."""

from securemsg.crypto.vouching import SPENT, retired
from securemsg.store.database import Row, Tx, placed, places
from securemsg.store.ids import new_id
from securemsg.store.outbox import insert_revocation


def insert(tx: Tx, clinic_id: str, id: str, conversation_id: str, token_sha256: bytes, mac: bytes, via: str, now: int,
           expires_at: int) -> None:
    tx.insert("visitor_sessions", clinic_id=clinic_id, id=id, conversation_id=conversation_id, token_sha256=token_sha256, mac=mac,
              via=via, created_at=now, last_used_at=now, expires_at=expires_at)


def touch(tx: Tx, clinic_id: str, id: str, now: int) -> None:
    tx.run("UPDATE visitor_sessions SET last_used_at = :now WHERE clinic_id = :clinic_id AND id = :id",
           clinic_id=clinic_id, id=id, now=now)


def living(tx: Tx, clinic_id: str, conversation_id: str, now: int) -> list[Row]:
    """`id, via, token_sha256, mac, created_at, last_used_at` of a conversation's sessions, used last first."""
    return tx.all("SELECT id, via, token_sha256, mac, created_at, last_used_at FROM visitor_sessions WHERE"
                  " clinic_id = :clinic_id AND conversation_id = :conversation_id AND ended_at IS NULL AND expires_at > :now"
                  " ORDER BY coalesce(last_used_at, created_at) DESC, id", clinic_id=clinic_id, conversation_id=conversation_id,
                  now=now)


def by_link(tx: Tx, clinic_id: str, conversation_ids: list[str]) -> list[Row]:
    """The sessions of these conversations, also ended ones, that say they began by the link in a mail: whole rows, so that what
    they say can be vouched for."""
    return tx.all("SELECT clinic_id, id, conversation_id, token_sha256, mac, via, ended_at FROM visitor_sessions WHERE"
                  f" clinic_id = :clinic_id AND via = 'link' AND conversation_id IN ({places('id', conversation_ids)})",
                  clinic_id=clinic_id, **placed("id", conversation_ids))


def end(tx: Tx, clinic_id: str, id: str, now: int) -> None:
    """End one, in every process and every restored copy."""
    retire(tx, clinic_id, id, now)
    insert_revocation(tx, clinic_id, "session", id, now)


def retire(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """The same without a word of it to anybody; False when it had ended. Its MAC is that of an ended session from now on, since
    how it began still tells whose the conversation is."""
    row = tx.one("SELECT mac FROM visitor_sessions WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id)
    return row is not None and tx.run(
        "UPDATE visitor_sessions SET ended_at = :now, mac = :mac WHERE clinic_id = :clinic_id AND id = :id AND ended_at IS NULL",
        clinic_id=clinic_id, id=id, now=now, mac=retired(row.mac)) == 1


def retire_all(tx: Tx, now: int) -> int:
    """Every session of all clinics that has not ended; how many."""
    every = tx.everywhere
    living = every.all("SELECT clinic_id, id FROM visitor_sessions WHERE ended_at IS NULL")
    return sum(retire(every, row.clinic_id, row.id, now) for row in living)


def insert_ticket(tx: Tx, clinic_id: str, session_id: str, secret_sha256: bytes, mac: bytes, expires_at: int) -> None:
    tx.insert("tickets", clinic_id=clinic_id, id=new_id(), session_id=session_id, secret_sha256=secret_sha256,
              mac=mac, expires_at=expires_at)


def use_ticket(tx: Tx, clinic_id: str, secret_sha256: bytes, now: int):
    """`session_id, mac, conversation_id` of a ticket, once; None when it is unknown, used or too old."""
    row = tx.one("SELECT t.session_id, t.mac, s.conversation_id FROM tickets t JOIN visitor_sessions s ON"
                 " s.clinic_id = t.clinic_id AND s.id = t.session_id"
                 " WHERE t.clinic_id = :clinic_id AND t.secret_sha256 = :secret_sha256 AND"
                 " s.ended_at IS NULL", clinic_id=clinic_id, secret_sha256=secret_sha256)
    used = tx.run("UPDATE tickets SET used_at = :now, mac = :spent WHERE clinic_id = :clinic_id AND"
                  " secret_sha256 = :secret_sha256 AND used_at IS NULL AND expires_at > :now",
                  clinic_id=clinic_id, secret_sha256=secret_sha256, now=now, spent=SPENT)
    return row if used else None
