"""Clinics, their categories, wordings and wrapped keys."""

from securemsg.crypto.keyring import WrappedKey
from securemsg.store.database import Tx, columns
from securemsg.store.ids import new_id


def insert(tx: Tx, id: str, slug: str, timezone: str, locale: str, emergency_number: str, profile: str, origins: str, theme: str,
           now: int) -> bool:
    """A new clinic; False when the slug is taken."""
    return tx.everywhere.insert(
        "clinics", id=id, slug=slug, timezone=timezone, locale=locale, emergency_number=emergency_number, profile=profile,
        origins=origins, theme=theme, created_at=now, or_nothing=True)


def one(tx: Tx, slug: str):
    """A clinic's row by slug, or None."""
    return tx.one("SELECT id, slug, timezone, locale, emergency_number, profile, origins, theme, version FROM clinics WHERE"
                  " slug = :slug AND closed_at IS NULL", slug=slug)


def slug(tx: Tx, id: str) -> str | None:
    """The short name of a clinic, also of one that is closed."""
    row = tx.one("SELECT slug FROM clinics WHERE id = :id", id=id)
    return row.slug if row else None


def hold(tx: Tx, id: str) -> None:
    """Until this write ends no other one holds the clinic: what was counted stays so."""
    tx.run("UPDATE clinics SET version = version WHERE id = :clinic_id", clinic_id=id)


def everyone(tx: Tx) -> list:
    """`id, slug` of every clinic: for commands and for the leader's loops."""
    return tx.all("SELECT id, slug, profile, created_at FROM clinics WHERE closed_at IS NULL ORDER BY slug")


def update(tx: Tx, id: str, version: int, timezone: str, locale: str, emergency_number: str, profile: str, origins: str,
           theme: str) -> bool:
    """Replace what the clinic says of itself, unless somebody else did since `version`."""
    return tx.run("UPDATE clinics SET timezone = :timezone, locale = :locale, emergency_number = :emergency_number,"
                  " profile = :profile, origins = :origins, theme = :theme, version = version + 1 WHERE id = :clinic_id AND"
                  " version = :version", clinic_id=id, version=version, timezone=timezone, locale=locale,
                  emergency_number=emergency_number, profile=profile, origins=origins, theme=theme) == 1


def categories(tx: Tx, clinic_id: str) -> list:
    return tx.all("SELECT id, name, label, open, contact, closed_at FROM categories WHERE clinic_id = :clinic_id"
                  " ORDER BY position, name", clinic_id=clinic_id)


def put_category(tx: Tx, clinic_id: str, name: str, label: str, position: int, is_open: bool, contact: str) -> None:
    """Add a category, or change the one of that name."""
    tx.run("INSERT INTO categories (clinic_id, id, name, label, position, open, contact) VALUES (:clinic_id, :id, :name, :label,"
           " :position, :open, :contact) ON CONFLICT (clinic_id, name) DO UPDATE SET label = excluded.label,"
           " position = excluded.position, open = excluded.open, contact = excluded.contact, closed_at = NULL",
           clinic_id=clinic_id, id=new_id(), name=name, label=label, position=position, open=int(is_open), contact=contact)


def close_category(tx: Tx, clinic_id: str, name: str, now: int) -> None:
    """Take a category from the list; conversations keep it."""
    tx.run("UPDATE categories SET closed_at = :now WHERE clinic_id = :clinic_id AND name = :name AND closed_at IS NULL",
           clinic_id=clinic_id, name=name, now=now)


def wordings(tx: Tx, clinic_id: str, purpose: str) -> list:
    """Every version of one text in every language it was stored in, the newest first."""
    return tx.all("SELECT id, version, language, body, body_sha256, created_at FROM wordings WHERE clinic_id = :clinic_id"
                  " AND purpose = :purpose ORDER BY version DESC, language", clinic_id=clinic_id, purpose=purpose)


def insert_wording(tx: Tx, clinic_id: str, purpose: str, language: str, version: int, body: str, sha256: bytes, now: int) -> None:
    tx.insert("wordings", clinic_id=clinic_id, id=new_id(), purpose=purpose, language=language, version=version, body=body,
              body_sha256=sha256, created_at=now)


def insert_keys(tx: Tx, clinic_id: str, rows: list[WrappedKey], now: int) -> None:
    for row in rows:
        tx.insert("keys", clinic_id=clinic_id, id=new_id(), scope="clinic", created_at=now, **columns(row))


def keys(tx: Tx, clinic_id: str) -> list[WrappedKey]:
    rows = tx.all("SELECT purpose, version, wrapped, wrapped_by, state FROM keys WHERE clinic_id = :clinic_id AND"
                  " state <> 'destroyed'", clinic_id=clinic_id)
    return [WrappedKey(row.purpose, row.version, row.wrapped, row.wrapped_by, row.state) for row in rows]


def any_keys(tx: Tx) -> bool:
    """Whether anything was ever wrapped here: then a new root key must not be made."""
    return tx.everywhere.one("SELECT 1 AS yes FROM keys LIMIT 1") is not None
