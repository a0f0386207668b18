"""Tokens of systems: made, found, replaced, ended."""

from dataclasses import dataclass, field

from securemsg.crypto.vouching import retired
from securemsg.store.database import Row, Tx, columns
from securemsg.store.outbox import insert_revocation

_TOKEN = ("SELECT clinic_id, id, token_sha256, label, scopes, created_at, expires_at, last_used_at, ended_at, replaced_by_id, mac"
          " FROM api_tokens")
_THIS = "clinic_id = :clinic_id AND id = :id"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One row of `api_tokens`, as it is inserted. `scopes` are words with a space between them, in the order of the alphabet."""

    clinic_id: str
    id: str
    token_sha256: bytes = field(repr=False)
    label: str
    scopes: str
    created_at: int
    expires_at: int
    mac: bytes = field(repr=False)
    replaced_by_id: str | None = None


def insert(tx: Tx, row: TokenRow) -> None:
    tx.insert("api_tokens", **columns(row))


def one(tx: Tx, clinic_id: str, id: str) -> Row | None:
    return tx.one(f"{_TOKEN} WHERE {_THIS}", clinic_id=clinic_id, id=id)


def everyone(tx: Tx, clinic_id: str) -> list[Row]:
    """All tokens a clinic ever had, the oldest first."""
    return tx.all(f"{_TOKEN} WHERE clinic_id = :clinic_id ORDER BY id", clinic_id=clinic_id)


def touch(tx: Tx, clinic_id: str, id: str, now: int) -> None:
    tx.run(f"UPDATE api_tokens SET last_used_at = :now WHERE {_THIS}", clinic_id=clinic_id, id=id, now=now)


def end(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """End one, in every process and every restored copy; False when it had ended."""
    ended = retire(tx, clinic_id, id, now)
    if ended:
        insert_revocation(tx, clinic_id, "token", id, now)
    return ended


def retire(tx: Tx, clinic_id: str, id: str, now: int) -> bool:
    """The same without a word of it to anybody: its MAC is that of an ended token from now on."""
    row = one(tx, clinic_id, id)
    return row is not None and tx.run(
        f"UPDATE api_tokens SET ended_at = :now, mac = :mac WHERE {_THIS} AND ended_at IS NULL",
        clinic_id=clinic_id, id=id, now=now, mac=retired(row.mac or b"")) == 1


def retire_all(tx: Tx, now: int) -> int:
    """Every living token of all clinics; how many."""
    every = tx.everywhere
    living = every.all("SELECT clinic_id, id FROM api_tokens WHERE ended_at IS NULL")
    return sum(retire(every, row.clinic_id, row.id, now) for row in living)


def replace(tx: Tx, before: Row, by_id: str, expires_at: int, mac: bytes, now: int) -> bool:
    """Another token takes over, and this one ends soon; in a restored copy it has ended. False when it ended or was replaced."""
    replaced = tx.run(
        f"UPDATE api_tokens SET replaced_by_id = :by_id, expires_at = :expires_at, mac = :mac WHERE {_THIS} AND ended_at IS NULL"
        " AND replaced_by_id IS NULL", by_id=by_id, expires_at=expires_at, mac=mac, clinic_id=before.clinic_id, id=before.id) == 1
    if replaced:
        insert_revocation(tx, before.clinic_id, "replaced_token", before.id, now)
    return replaced


def overdue(tx: Tx, now: int) -> list[Row]:
    """Replaced ones whose time is over, of all clinics: there are few tokens."""
    return tx.everywhere.all("SELECT clinic_id, id FROM api_tokens WHERE ended_at IS NULL AND replaced_by_id IS NOT NULL AND"
                             " expires_at <= :now", now=now)


def ending(tx: Tx, now: int, until: int) -> list[Row]:
    """`slug, id, label, expires_at` of those in use that end by themselves, of all clinics, the soonest first."""
    return tx.everywhere.all(
        "SELECT c.slug, t.id, t.label, t.expires_at FROM api_tokens t JOIN clinics c ON c.id = t.clinic_id WHERE"
        " t.ended_at IS NULL AND t.replaced_by_id IS NULL AND t.expires_at > :now AND t.expires_at <= :until"
        " ORDER BY t.expires_at, t.id", now=now, until=until)
