"""Conversations outside of one's pools that were opened in an emergency, and whether somebody has looked into it since."""

from securemsg.store.database import Row, Tx

_GLASS = ("SELECT g.clinic_id, g.id, g.conversation_id, g.person_id, g.purpose, g.sealed, g.opened_at, g.until_at, g.mac,"
          " g.reviewed_at, g.reviewed_by, c.reference FROM glass g JOIN conversations c ON c.clinic_id = g.clinic_id AND"
          " c.id = g.conversation_id WHERE g.clinic_id = :clinic_id")


def insert(tx: Tx, clinic_id: str, id: str, conversation_id: str, person_id: str, purpose: str, sealed: bytes, opened_at: int,
           until_at: int, mac: bytes) -> None:
    tx.insert("glass", clinic_id=clinic_id, id=id, conversation_id=conversation_id, person_id=person_id, purpose=purpose,
              sealed=sealed, opened_at=opened_at, until_at=until_at, mac=mac)


def open_for(tx: Tx, clinic_id: str, person_id: str, now: int) -> list[Row]:
    """What one person opened and may still see."""
    return tx.all(f"{_GLASS} AND g.person_id = :person_id AND g.until_at > :now ORDER BY g.id", clinic_id=clinic_id,
                  person_id=person_id, now=now)


def waiting(tx: Tx, clinic_id: str, limit: int) -> list[Row]:
    """What nobody has looked into yet, the oldest first."""
    return tx.all(f"{_GLASS} AND g.reviewed_at IS NULL ORDER BY g.opened_at, g.id LIMIT :limit", clinic_id=clinic_id, limit=limit)


def one(tx: Tx, clinic_id: str, id: str) -> Row | None:
    return tx.one(f"{_GLASS} AND g.id = :id", clinic_id=clinic_id, id=id)


def review(tx: Tx, clinic_id: str, id: str, person_id: str, now: int) -> bool:
    """Somebody looked into it; False when a colleague did before."""
    return tx.run("UPDATE glass SET reviewed_at = :now, reviewed_by = :person_id WHERE clinic_id = :clinic_id AND id = :id AND"
                  " reviewed_at IS NULL", clinic_id=clinic_id, id=id, person_id=person_id, now=now) == 1
