"""Passkeys among the credentials of staff: `hash` is of the passkey's id, `last_step` how often it was used."""

from securemsg.store.database import Row, Tx
from securemsg.store.outbox import insert_revocation

_ROW = ("SELECT id, person_id, kind, hash, sealed, mac, last_step, created_at, used_at FROM credentials WHERE"
        " clinic_id = :clinic_id AND kind = 'passkey'")


def by_hash(tx: Tx, clinic_id: str, hash: str) -> Row | None:
    """The one with this id; whoever registers one has shown that they hold it, so there is one row at most that counts."""
    return tx.one(f"{_ROW} AND hash = :hash ORDER BY id LIMIT 1", clinic_id=clinic_id, hash=hash)


def of_person(tx: Tx, clinic_id: str, person_id: str) -> list:
    """The oldest first."""
    return tx.all(f"{_ROW} AND person_id = :person_id ORDER BY created_at, id", clinic_id=clinic_id, person_id=person_id)


def use(tx: Tx, clinic_id: str, id: str, count: int, now: int) -> bool:
    """Note a use; False when the passkey is gone, or was used as often already. Those that do not count always say 0."""
    return tx.run("UPDATE credentials SET last_step = :count, used_at = :now WHERE clinic_id = :clinic_id AND id = :id AND"
                  " (last_step < :count OR (last_step = 0 AND :count = 0))",
                  clinic_id=clinic_id, id=id, count=count, now=now) == 1


def drop(tx: Tx, clinic_id: str, person_id: str, id: str, now: int) -> bool:
    """It opens nothing any more, in no restored copy either; False when it was gone."""
    dropped = tx.run("DELETE FROM credentials WHERE clinic_id = :clinic_id AND person_id = :person_id AND id = :id AND"
                     " kind = 'passkey'", clinic_id=clinic_id, person_id=person_id, id=id) == 1
    if dropped:
        insert_revocation(tx, clinic_id, "credential", id, now)
    return dropped
