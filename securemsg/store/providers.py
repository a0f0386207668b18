"""Where a clinic's staff can sign in elsewhere."""

from dataclasses import dataclass, field

from securemsg.store.database import Row, Tx, columns


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A new one; `secret` is sealed."""

    id: str
    name: str
    issuer: str
    client_id: str
    secret: bytes = field(repr=False)
    asks_second_factor: int


def of_clinic(tx: Tx, clinic_id: str) -> Row | None:
    return tx.one("SELECT id, name, issuer, client_id, secret, asks_second_factor, mac FROM providers WHERE"
                  " clinic_id = :clinic_id", clinic_id=clinic_id)


def put(tx: Tx, clinic_id: str, row: ProviderRow, mac: bytes, now: int) -> None:
    """In place of the one there was."""
    drop(tx, clinic_id)
    tx.insert("providers", clinic_id=clinic_id, mac=mac, changed_at=now, **columns(row))


def drop(tx: Tx, clinic_id: str) -> bool:
    """False when there was none."""
    return tx.run("DELETE FROM providers WHERE clinic_id = :clinic_id", clinic_id=clinic_id) == 1
