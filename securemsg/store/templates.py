"""Ready replies: a clinic's own texts, sealed. Their label stands inside; the column of that name stays empty."""

from securemsg.store.database import Tx


def everything(tx: Tx, clinic_id: str) -> list:
    """`id, language, sealed, version` of each."""
    return tx.all("SELECT id, language, sealed, version FROM templates WHERE clinic_id = :clinic_id ORDER BY id",
                  clinic_id=clinic_id)


def one(tx: Tx, clinic_id: str, id: str):
    return tx.one("SELECT id, language, sealed, version FROM templates WHERE clinic_id = :clinic_id AND id = :id",
                  clinic_id=clinic_id, id=id)


def insert(tx: Tx, clinic_id: str, id: str, language: str, sealed: bytes, most: int) -> bool:
    """A new one; False when there are `most` already."""
    held = tx.one("SELECT count(*) AS number FROM templates WHERE clinic_id = :clinic_id", clinic_id=clinic_id)
    return held is not None and held.number < most and tx.insert(
        "templates", clinic_id=clinic_id, id=id, label="", language=language, sealed=sealed)


def update(tx: Tx, clinic_id: str, id: str, language: str, sealed: bytes, version: int) -> bool:
    """Replace the one of that version; False when it is another by now, or gone."""
    return tx.run("UPDATE templates SET language = :language, sealed = :sealed, version = version + 1 WHERE"
                  " clinic_id = :clinic_id AND id = :id AND version = :version", language=language, sealed=sealed,
                  clinic_id=clinic_id, id=id, version=version) == 1


def remove(tx: Tx, clinic_id: str, id: str, version: int) -> bool:
    """False when it is another by now, or gone."""
    return tx.run("DELETE FROM templates WHERE clinic_id = :clinic_id AND id = :id AND version = :version", clinic_id=clinic_id,
                  id=id, version=version) == 1
