"""Roles as rows: what vouches for each, and which of them count.

Owners once read and answered what everybody at work does. So that no clinic's messages are before nobody since they only count,
who was made owner before goes on as before: as if the role `staff` stood beside it, until the person's roles are given anew. The
MAC tells which owner it is; nobody makes one of before by writing to the database.
"""

from collections.abc import Iterable

from securemsg.desk.desk import Desk
from securemsg.store import Row

_TABLE = "person_roles"
_ALSO = {"owner": ("counts",)}  # what the MAC of such a role covers beside what it covered before


def vouch(desk: Desk, clinic_id: str, person_id: str, role: str, granted_at: int) -> bytes:
    """The MAC of a role that is given now."""
    return desk.vouch(_TABLE, clinic_id, person_id, role, granted_at, *_ALSO.get(role, ()))


def is_genuine(desk: Desk, row: Row) -> bool:
    """Whether a role is as this service wrote it, now or before."""
    return desk.vouched(row.mac, _TABLE, *facts(row)) or _is_of_before(desk, row)


def facts(row: Row) -> tuple[object, ...]:
    """What the MAC of a role covers that is given now."""
    return (*_facts(row), *_ALSO.get(row.role, ()))


def by_person(desk: Desk, rows: Iterable[Row]) -> dict[str, frozenset[str]]:
    """The roles of people by id, of rows that are genuine and not of before the person's roles were last given anew."""
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        ended_at = desk.ended.at("roles", row.person_id)
        if is_genuine(desk, row) and (ended_at is None or (row.granted_at or 0) > ended_at):
            beside = {"staff"} if row.role in _ALSO and _is_of_before(desk, row) else set()
            found[row.person_id] = found.get(row.person_id, frozenset()) | {row.role} | beside
    return found


def _is_of_before(desk: Desk, row: Row) -> bool:
    return desk.vouched(row.mac, _TABLE, *_facts(row))


def _facts(row: Row) -> tuple[object, ...]:
    """What it covered before; of the time when no role could be changed it does not say when that was given."""
    named = (row.clinic_id, row.person_id, row.role)
    return named if row.granted_at is None else (*named, row.granted_at)
