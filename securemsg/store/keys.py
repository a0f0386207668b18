"""Wrapped keys as rows: those of a clinic and of the service, and those of conversations, moved in batches."""

from collections.abc import Sequence
from typing import NamedTuple

from securemsg.crypto.keyring import SERVICE, WrappedKey
from securemsg.store.database import Row, Tx, columns
from securemsg.store.ids import new_id

_ROW = "purpose, version, wrapped, wrapped_by, state"
_BY_EPOCH = f"(clinic_id = '{SERVICE}' OR purpose = 'clinic') AND state <> 'destroyed'"
_OLD = "clinic_id = :clinic_id AND wrapped IS NOT NULL AND wrapped_by <> :version"


def all_versions(tx: Tx, clinic_id: str) -> list[WrappedKey]:
    """Every key a clinic ever had, also those that were destroyed: a number is not given twice."""
    rows = tx.all(f"SELECT {_ROW} FROM keys WHERE clinic_id = :clinic_id", clinic_id=clinic_id)
    return [WrappedKey(*row) for row in rows]


def told(tx: Tx) -> list:
    """`clinic_id, purpose, version, wrapped_by, state, created_at` of every key there is and was."""
    return tx.everywhere.all("SELECT clinic_id, purpose, version, wrapped_by, state, created_at FROM keys"
                             " ORDER BY clinic_id, purpose, version")


def insert(tx: Tx, clinic_id: str, row: WrappedKey, now: int) -> None:
    """The next version of a key: the one that was active is retired."""
    tx.run("UPDATE keys SET state = 'retired' WHERE clinic_id = :clinic_id AND purpose = :purpose AND state = 'active'",
           clinic_id=clinic_id, purpose=row.purpose)
    tx.insert("keys", clinic_id=clinic_id, id=new_id(), scope="clinic", created_at=now, **columns(row))


def move(tx: Tx, clinic_id: str, before: WrappedKey, after: WrappedKey) -> bool:
    """The same key, wrapped by another one; False when it is not as it was."""
    return tx.run("UPDATE keys SET wrapped = :wrapped, wrapped_by = :wrapped_by WHERE clinic_id = :clinic_id AND"
                  " purpose = :purpose AND version = :version AND wrapped = :before", wrapped=after.wrapped,
                  wrapped_by=after.wrapped_by, clinic_id=clinic_id, purpose=before.purpose, version=before.version,
                  before=before.wrapped) == 1


class Under(NamedTuple):
    """A key of a clinic, or of the service, that an epoch wraps."""

    clinic_id: str
    key: WrappedKey


def under_epochs(tx: Tx, but: str) -> list[Under]:
    """Every key that an epoch wraps, other than the epoch `but`. Without old versions of clinic keys that wrap nothing more: they
    wait for their end."""
    rows = tx.everywhere.all(
        f"SELECT clinic_id, {_ROW} FROM keys k WHERE {_BY_EPOCH} AND wrapped_by <> :but AND (state = 'active' OR"
        " purpose <> 'clinic' OR EXISTS (SELECT 1 FROM conversation_keys c WHERE c.clinic_id = k.clinic_id AND"
        " c.wrapped_by = k.version AND c.wrapped IS NOT NULL)) ORDER BY clinic_id", but=but)
    return [Under(row[0], WrappedKey(*row[1:])) for row in rows]


def move_all(tx: Tx, moved: Sequence[tuple[Under, WrappedKey]]) -> None:
    """The same of keys of several clinics. One that is not as it was stays as it is."""
    every = tx.everywhere
    for row, after in moved:
        move(every, row.clinic_id, row.key, after)


def uses_of_epochs(tx: Tx) -> dict[str, int]:
    """How many keys each epoch wraps."""
    rows = tx.everywhere.all(f"SELECT wrapped_by, count(*) AS number FROM keys WHERE {_BY_EPOCH} GROUP BY wrapped_by")
    return {row.wrapped_by: row.number for row in rows}


def conversations(tx: Tx) -> dict[tuple[str, int], int]:
    """How many conversation keys each version of each clinic key wraps."""
    rows = tx.everywhere.all("SELECT clinic_id, wrapped_by, count(*) AS number FROM conversation_keys WHERE wrapped IS NOT NULL"
                             " GROUP BY clinic_id, wrapped_by")
    return {(row.clinic_id, row.wrapped_by): row.number for row in rows}


def uses_of_version(tx: Tx, clinic_id: str, version: int) -> tuple[int, int]:
    """How many conversation keys need this version of a clinic key, and how many others: keys, and people whose name or address
    it seals."""
    one = tx.one("SELECT count(*) AS number FROM conversation_keys WHERE clinic_id = :clinic_id AND wrapped_by = :version AND"
                 " wrapped IS NOT NULL", clinic_id=clinic_id, version=version)
    two = tx.one("SELECT count(*) AS number FROM keys WHERE clinic_id = :clinic_id AND purpose <> 'clinic' AND"
                 " wrapped_by = :version AND state <> 'destroyed'", clinic_id=clinic_id, version=str(version))
    three = tx.one("SELECT count(*) AS number FROM people WHERE clinic_id = :clinic_id AND (substr(name, 3, 4) = :under OR"
                   " substr(email, 3, 4) = :under)", clinic_id=clinic_id, under=_numbered(version))
    return one.number, two.number + three.number  # type: ignore[union-attr]


def people_but(tx: Tx, clinic_id: str, version: int) -> list[Row]:
    """`id, name, email` of those with a value that is not sealed under this version of the clinic key."""
    return tx.all("SELECT id, name, email FROM people WHERE clinic_id = :clinic_id AND (substr(name, 3, 4) <> :under OR"
                  " substr(email, 3, 4) <> :under) ORDER BY id", clinic_id=clinic_id, under=_numbered(version))


def _numbered(version: int) -> bytes:
    """As it stands in the header of what is sealed, behind two bytes (crypto/envelope.py)."""
    return version.to_bytes(4)


def move_person(tx: Tx, clinic_id: str, before: Row, name: bytes | None, email: bytes | None) -> None:
    """Name and address as they are sealed now; nothing where somebody changed or erased them in between."""
    tx.run("UPDATE people SET name = :name, email = :email WHERE clinic_id = :clinic_id AND id = :id AND"
           " coalesce(name, :nothing) = :old_name AND coalesce(email, :nothing) = :old_email", name=name, email=email,
           clinic_id=clinic_id, id=before.id, nothing=b"", old_name=before.name or b"", old_email=before.email or b"")


def left(tx: Tx, clinic_id: str, version: int) -> int:
    """How many conversation keys are not yet wrapped by this version of the clinic key."""
    row = tx.one(f"SELECT count(*) AS number FROM conversation_keys WHERE {_OLD}", clinic_id=clinic_id, version=version)
    return int(row.number)  # type: ignore[union-attr]


def next_old(tx: Tx, clinic_id: str, version: int, after: tuple[str, int], limit: int) -> list:
    """Some of them, `conversation_id, version, wrapped, wrapped_by`, in the order of their keys."""
    return tx.all(f"SELECT conversation_id, version, wrapped, wrapped_by FROM conversation_keys WHERE {_OLD} AND"
                  " (conversation_id, version) > (:conversation, :number) ORDER BY conversation_id, version LIMIT :limit",
                  clinic_id=clinic_id, version=version, conversation=after[0], number=after[1], limit=limit)


def move_conversations(tx: Tx, clinic_id: str, version: int, moved: Sequence[tuple[Row, bytes]]) -> None:
    """Each conversation key as it is wrapped now. One that was erased in between stays erased."""
    tx.run_all("UPDATE conversation_keys SET wrapped = :wrapped, wrapped_by = :by WHERE clinic_id = :clinic_id AND"
               " conversation_id = :conversation_id AND version = :version AND wrapped = :before",
               [{"wrapped": wrapped, "by": version, "clinic_id": clinic_id, "conversation_id": row.conversation_id,
                 "version": row.version, "before": row.wrapped} for row, wrapped in moved])


def destroy_version(tx: Tx, clinic_id: str, version: int) -> bool:
    """Nothing is left of this version of a clinic key but its number; False when anything is wrapped by it, or it is active."""
    if any(uses_of_version(tx, clinic_id, version)):
        return False
    return tx.run("UPDATE keys SET wrapped = :nothing, state = 'destroyed' WHERE clinic_id = :clinic_id AND"
                  " purpose = 'clinic' AND version = :version AND state = 'retired'", nothing=b"", clinic_id=clinic_id,
                  version=version) == 1


def people_to_index(tx: Tx, clinic_id: str, version: int) -> list:
    """`id, email, email_index` of those whose address is not yet indexed under this version."""
    return tx.all("SELECT id, email, email_index FROM people WHERE clinic_id = :clinic_id AND index_version <> :version AND"
                  " email IS NOT NULL", clinic_id=clinic_id, version=version)


def index_person(tx: Tx, clinic_id: str, row: Row, index: bytes, version: int) -> None:
    tx.run("UPDATE people SET email_index = :index, index_version = :version WHERE clinic_id = :clinic_id AND id = :id AND"
           " email_index = :before", index=index, version=version, clinic_id=clinic_id, id=row.id, before=row.email_index)


def contacts_to_index(tx: Tx, clinic_id: str, version: int, after: str, limit: int) -> list:
    """Contacts not yet indexed under this version, each with its conversation's wrapped key."""
    return tx.all("SELECT t.clinic_id, t.id AS contact_id, t.channel, t.sealed, t.blind_index, c.id, k.version AS key_version,"
                  " k.wrapped, k.wrapped_by FROM contacts t JOIN conversations c ON c.clinic_id = t.clinic_id AND"
                  " c.id = t.conversation_id JOIN conversation_keys k ON k.clinic_id = c.clinic_id AND"
                  " k.conversation_id = c.id AND k.version = c.key_version WHERE t.clinic_id = :clinic_id AND t.id > :after AND"
                  " t.index_version <> :version AND t.sealed IS NOT NULL AND t.blind_index IS NOT NULL AND"
                  " k.wrapped IS NOT NULL ORDER BY t.id LIMIT :limit",
                  clinic_id=clinic_id, after=after, version=version, limit=limit)


def index_contacts(tx: Tx, clinic_id: str, version: int, indexed: Sequence[tuple[Row, bytes]]) -> None:
    tx.run_all("UPDATE contacts SET blind_index = :index, index_version = :version WHERE clinic_id = :clinic_id AND id = :id AND"
               " blind_index = :before", [{"index": index, "version": version, "clinic_id": clinic_id, "id": row.contact_id,
                                           "before": row.blind_index} for row, index in indexed])


def is_erased_since(tx: Tx, since: int) -> bool:
    """Whether anything was erased since then, in any clinic."""
    return tx.everywhere.one("SELECT 1 AS one FROM erasures WHERE erased_at >= :since LIMIT 1", since=since) is not None


def erased_under_active(tx: Tx, late: int) -> list[str]:
    """The clinics in which something was erased since their active clinic key was made, or so many microseconds before."""
    rows = tx.everywhere.all(
        "SELECT DISTINCT e.clinic_id FROM erasures e JOIN keys k ON k.clinic_id = e.clinic_id WHERE"
        " k.purpose = 'clinic' AND k.state = 'active' AND e.erased_at >= k.created_at - :late ORDER BY e.clinic_id", late=late)
    return [row.clinic_id for row in rows]


def anything_between(tx: Tx, first: int, last: int) -> bool:
    """Whether the audit log holds anything that was written in this time."""
    newest = "(SELECT happened_at FROM audit WHERE clinic_id = {} AND happened_at < :last ORDER BY id DESC LIMIT 1)"
    rows = tx.everywhere.all(f"SELECT {newest.format('clinics.id')} AS at FROM clinics UNION ALL SELECT {newest.format(':nil')}",
                             last=last, nil=SERVICE)
    return any(row.at is not None and row.at >= first for row in rows)
