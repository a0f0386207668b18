"""Acts that wait until somebody has confirmed elsewhere that it is they: what was typed, sealed in the row of the session.

Each waits for some minutes and goes with the session; a few at a time, since one person has few tabs in which one waits.
"""

from dataclasses import dataclass, field

import orjson

from securemsg.crypto.envelope import Place, seal
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door.away import MINUTES
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.people import open_value
from securemsg.errors import Unverified
from securemsg.store import people
from securemsg.store.ids import new_id
from securemsg.times import MINUTE

_MOST = 4
_MINUTES = 2 * MINUTES  # some to read the page, and then those at the provider


@dataclass(frozen=True, slots=True)
class Act:
    """`action` is the address that it goes to, a path of ours; `typed` are the names and values of its form."""

    action: str
    typed: list[tuple[str, str]] = field(repr=False)


def keep(desk: Desk, clinic: Clinic, session: Session, act: Act, now: int) -> str:
    """Its id. The oldest goes where there are many."""
    id, others = new_id(), _all(desk, clinic, session, now)
    told = dict(list(others.items())[-_MOST + 1:]) | {id: {"action": act.action, "typed": act.typed, "at": now}}
    sealed = seal(desk.keys.data(clinic.id), Place("staff_sessions", "draft", clinic.id, session.id), orjson.dumps(told))
    desk.database.write(lambda tx: people.set_draft(tx, clinic.id, session.id, sealed))
    return id


def find(desk: Desk, clinic: Clinic, session: Session, id: str, now: int) -> Act | None:
    """None when there is none, or it has waited too long."""
    told = _all(desk, clinic, session, now).get(id)
    return Act(told["action"], [(name, text) for name, text in told["typed"]]) if told else None


def _all(desk: Desk, clinic: Clinic, session: Session, now: int) -> dict[str, dict]:
    sealed = desk.database.read(lambda tx: people.draft(tx, clinic.id, session.id))
    try:
        told = orjson.loads(open_value(desk, clinic.id, "staff_sessions", "draft", session.id, sealed)) if sealed else {}
    except Unverified:
        return {}
    return {id: each for id, each in told.items() if 0 <= now - each["at"] < _MINUTES * MINUTE}
