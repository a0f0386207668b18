"""Whose an account at the clinic's provider is: one account is one person's, and one person has one."""

from dataclasses import dataclass, field

from securemsg.crypto import tokens
from securemsg.desk.desk import Desk
from securemsg.desk.door import proving
from securemsg.desk.people import named
from securemsg.store import Row, Tx, clinics, people
from securemsg.store.ids import new_id

_KIND = "openid"


@dataclass(frozen=True, slots=True)
class Account:
    """`rows`: how many name it, also such as do not count. `holders` are the ids of whom it is tied to: one, or nobody yet."""

    hash: str = field(repr=False)
    rows: int
    holders: frozenset[str]


def account(desk: Desk, clinic_id: str, issuer: str, subject: str) -> Account:
    """What is known of it here."""
    hash = tokens.hashed(f"{issuer} {subject}").hex()
    rows = desk.database.read(lambda tx: people.credentials_by_hash(tx, clinic_id, _KIND, hash))
    return Account(hash, len(rows), frozenset(row.person_id for row in proving.counted(desk, clinic_id, rows)))


def owner(desk: Desk, clinic_id: str, of: Account, email: str) -> Row | None:
    """Whom it is tied to, whatever their address is by now; before that who has this address, and no other account. None where
    that is nobody who works here, or where the address is somebody else's."""
    addressed = named(desk, clinic_id, email)
    meant = of.holders or {row.id for row in [addressed] if row and not has_one(desk, clinic_id, row.id)}
    if len(meant) != 1 or (addressed and addressed.id not in meant):
        return None
    [id] = meant
    person = desk.database.read(lambda tx: people.one(tx, clinic_id, id))
    return person if person and not person.disabled_at else None


def tie(desk: Desk, clinic_id: str, of: Account, person: Row, now: int) -> proving.Use:
    """Writes that it is theirs, and that they have come in; False when another sign-in with it was quicker."""
    id = new_id()
    mac = desk.vouch(*proving.facts(clinic_id, id, person.id, _KIND, of.hash, None))

    def write(tx: Tx) -> bool:
        if not of.holders:
            clinics.hold(tx, clinic_id)
            if len(people.credentials_by_hash(tx, clinic_id, _KIND, of.hash)) > of.rows:
                return False
            people.insert_credential(tx, clinic_id, person_id=person.id, kind=_KIND, id=id, hash=of.hash, mac=mac, now=now)
        return bool(person.enrolled_at) or people.set_enrolled(tx, clinic_id, person.id, now)

    return write


def has_one(desk: Desk, clinic_id: str, person_id: str) -> bool:
    """Whether a person comes by an account there."""
    return any(row.kind == _KIND for row in proving.kept(desk, clinic_id, person_id))
