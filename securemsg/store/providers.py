"""Where a clinic's staff can sign in elsewhere."""

from securemsg.store.database import Row, Tx


def of_clinic(tx: Tx, clinic_id: str) -> Row | None:
    return tx.one("SELECT id, name, issuer, client_id, secret, mac FROM providers WHERE clinic_id = :clinic_id",
                  clinic_id=clinic_id)


def put(tx: Tx, clinic_id: str, id: str, name: str, issuer: str, client_id: str, secret: bytes, mac: bytes, now: int) -> None:
    """In place of the one there was."""
    drop(tx, clinic_id)
    tx.insert("providers", clinic_id=clinic_id, id=id, name=name, issuer=issuer, client_id=client_id, secret=secret, mac=mac,
              changed_at=now)


def drop(tx: Tx, clinic_id: str) -> bool:
    """False when there was none."""
    return tx.run("DELETE FROM providers WHERE clinic_id = :clinic_id", clinic_id=clinic_id) == 1
