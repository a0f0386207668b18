"""The breaks of a clinic's log that somebody answered for, for the pages of who watches over it."""

from dataclasses import dataclass

from securemsg.desk import people
from securemsg.desk.access import Who, require
from securemsg.desk.audit import breaks
from securemsg.desk.audit.proofs import Proofs
from securemsg.desk.desk import Desk
from securemsg.store import audit_breaks


@dataclass(frozen=True, slots=True)
class Accepted:
    """When, who answers for it, up to which row, and what was found. `who` None: nobody vouches for the row that says so."""

    at: int
    upto: int
    who: str | None
    faults: tuple[str, ...]


def accepted(desk: Desk, who: Who) -> list[Accepted]:
    """All of them, the first one first: they are told for good."""
    require(who, "audit")
    rows = desk.database.read(lambda tx: audit_breaks.of_clinic(tx, who.clinic_id))
    if not rows:
        return []
    known, staff = breaks.genuine(rows, Proofs.of(desk)), people.everyone(desk, who.clinic_id)
    told = [Accepted(each.row.accepted_at, each.row.upto_number,
                     staff[each.person_id].name if each.person_id in staff else people.FORMER, each.faults) for each in known]
    return told + [Accepted(row.accepted_at, row.upto_number, None, ()) for row in rows[len(known):]]
