"""Blind indexes under the newest index key. Until one is moved it is found under the older key all the same."""

from functools import partial

from securemsg.crypto.envelope import Place, unseal
from securemsg.desk import contacts, thread
from securemsg.desk.desk import Desk
from securemsg.desk.people import normal_email, open_value
from securemsg.errors import Unverified
from securemsg.store import Lease, Row, keys

_BATCH = 200
_FIRST_ID = "00000000-0000-0000-0000-000000000000"


def index_people(desk: Desk, lease: Lease, clinic_id: str) -> None:
    """The addresses of staff. Of one that does not open, the index stays."""
    version = desk.keys.active(clinic_id, "index").version
    for row in lease.read(lambda tx: keys.people_to_index(tx, clinic_id, version)):
        try:
            email = open_value(desk, clinic_id, "people", "email", row.id, row.email).decode()
        except Unverified:
            continue
        index = desk.keys.newest_index(clinic_id, "people.email", normal_email(email))
        lease.write(partial(keys.index_person, clinic_id=clinic_id, row=row, index=index.hash, version=index.version))


def index_contacts(desk: Desk, lease: Lease, clinic_id: str) -> None:
    """The addresses and numbers of visitors."""
    version, after = desk.keys.active(clinic_id, "index").version, _FIRST_ID
    while rows := lease.read(partial(keys.contacts_to_index, clinic_id=clinic_id, version=version, after=after, limit=_BATCH)):
        batch = [(row, index) for row in rows if (index := _index(desk, row))]
        lease.write(partial(keys.index_contacts, clinic_id=clinic_id, version=version, indexed=batch))
        after = rows[-1].contact_id


def _index(desk: Desk, row: Row) -> bytes | None:
    try:
        body = thread.keys_of(desk, row, kept=False).body
        value = unseal(body, Place("contacts", "sealed", row.clinic_id, row.contact_id, row.id), row.sealed).decode()
    except Unverified:
        return None
    return desk.keys.newest_index(row.clinic_id, f"contact.{row.channel}", contacts.normal(row.channel, value)).hash
