"""Browsers that somebody has signed in with, and that are known again."""

from securemsg.store.database import Tx
from securemsg.store.outbox import insert_revocation


def insert(tx: Tx, clinic_id: str, id: str, person_id: str, name: bytes, token_sha256: bytes, mac: bytes, now: int) -> None:
    """A person's first is no news: there is nobody to tell."""
    first = tx.one("SELECT 1 AS one FROM devices WHERE clinic_id = :clinic_id AND person_id = :person_id LIMIT 1",
                   clinic_id=clinic_id, person_id=person_id) is None
    tx.insert("devices", clinic_id=clinic_id, id=id, person_id=person_id, name=name, token_sha256=token_sha256, mac=mac,
              first_at=now, last_at=now, noticed_at=now if first else None)


def of_person(tx: Tx, clinic_id: str, person_id: str) -> list:
    """The newest first."""
    return tx.all("SELECT id, person_id, name, token_sha256, mac, first_at, last_at, noticed_at FROM devices WHERE"
                  " clinic_id = :clinic_id AND"
                  " person_id = :person_id ORDER BY last_at DESC, id DESC", clinic_id=clinic_id, person_id=person_id)


def touch(tx: Tx, clinic_id: str, id: str, now: int) -> None:
    tx.run("UPDATE devices SET last_at = :now WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=id, now=now)


def notice(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """Its person knows of it; False when they did."""
    return tx.run("UPDATE devices SET noticed_at = :now WHERE clinic_id = :clinic_id AND id = :id AND noticed_at IS NULL",
                  clinic_id=clinic_id, id=id, now=now) == 1


def drop(tx: Tx, clinic_id: str, person_id: str, now: int, *, keep: int = 0, unused_since: int = 0) -> None:
    """Forget a person's browsers, in every restored copy too; all but the newest `keep` that were used since."""
    for number, row in enumerate(of_person(tx, clinic_id, person_id)):
        if number >= keep or row.last_at < unused_since:
            insert_revocation(tx, clinic_id, "device", row.id, now)
            tx.run("DELETE FROM devices WHERE clinic_id = :clinic_id AND id = :id", clinic_id=clinic_id, id=row.id)
