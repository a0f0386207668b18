"""Names and addresses of staff go under the newest clinic key with each rotation: an older one ends, and with it the erased.

Their bytes stay in PostgreSQL's dead tuples and in old copies of the database, as those of conversation keys do; and like these
they open nothing once the clinic key of their time is destroyed.
"""

from functools import partial

from securemsg.desk.desk import Desk
from securemsg.desk.people import open_value, sealed_value
from securemsg.errors import Unverified
from securemsg.store import Lease, Row, keys


def move_people(desk: Desk, lease: Lease, clinic_id: str) -> None:
    """All of a clinic's. What does not open, since somebody altered it, stays as it is, and keeps the key that it names alive."""
    version = desk.keys.active(clinic_id, "clinic").version
    for row in lease.read(lambda tx: keys.people_but(tx, clinic_id, version)):
        name, email = (_moved(desk, clinic_id, row, column) for column in ("name", "email"))
        lease.write(partial(keys.move_person, clinic_id=clinic_id, before=row, name=name, email=email))


def _moved(desk: Desk, clinic_id: str, row: Row, column: str) -> bytes | None:
    sealed = getattr(row, column)
    try:
        value = sealed and open_value(desk, clinic_id, "people", column, row.id, sealed).decode()
    except Unverified:
        return sealed
    return sealed_value(desk, clinic_id, row.id, column, value) if sealed else None
