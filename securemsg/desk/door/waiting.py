"""Acts that wait until somebody has confirmed elsewhere that it is they: what was typed, sealed in the row of the session.

Each waits for some minutes and goes with the session; a few at a time, since one person has few tabs in which one waits. An act
that is asked about again is the same one: a wrong code, or a page that is loaded anew, pushes no other out.
"""

from dataclasses import dataclass, field

import orjson

from securemsg.crypto.envelope import Place, seal
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door.away import KEPT_MINUTES
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.people import open_value
from securemsg.errors import Unavailable, Unverified
from securemsg.store import people
from securemsg.store.ids import new_id
from securemsg.times import MINUTE

_MOST = 4
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Act:
    """`action` is the address that it goes to, a path of ours; `typed` are the names and values of its form."""

    action: str
    typed: list[tuple[str, str]] = field(repr=False)


def keep(desk: Desk, clinic: Clinic, session: Session, act: Act, now: int) -> str:
    """Its id, the same for the same act. The oldest goes where there are many. Unavailable when the session has ended, or others
    of its tabs are quicker all the time."""
    kept = next(filter(None, (_kept(desk, clinic, session, act, now) for _ in range(_TRIES))), None)
    if kept is None:
        raise Unavailable
    return kept


def find(desk: Desk, clinic: Clinic, session: Session, id: str, now: int) -> Act | None:
    """None when there is none, or it has waited too long."""
    told = _opened(desk, clinic, session, _sealed(desk, clinic, session), now).get(id)
    return _act(told) if told else None


def _kept(desk: Desk, clinic: Clinic, session: Session, act: Act, now: int) -> str | None:
    """Its id; None when another tab has written meanwhile: what that one keeps must not go."""
    before = _sealed(desk, clinic, session)
    told = _opened(desk, clinic, session, before, now)
    id = next((id for id, each in told.items() if _act(each) == act), "") or new_id()
    others = [(other, each) for other, each in told.items() if other != id]
    text = orjson.dumps({**dict(others[-_MOST + 1:]), id: {"action": act.action, "typed": act.typed, "at": now}})
    sealed = seal(desk.keys.data(clinic.id), Place("staff_sessions", "draft", clinic.id, session.id), text)
    return id if desk.database.write(lambda tx: people.set_draft(tx, clinic.id, session.id, before, sealed)) else None


def _sealed(desk: Desk, clinic: Clinic, session: Session) -> bytes | None:
    return desk.database.read(lambda tx: people.draft(tx, clinic.id, session.id))


def _opened(desk: Desk, clinic: Clinic, session: Session, sealed: bytes | None, now: int) -> dict[str, dict]:
    """What waits, by its id, the oldest first."""
    try:
        told = orjson.loads(open_value(desk, clinic.id, "staff_sessions", "draft", session.id, sealed)) if sealed else {}
    except Unverified:
        return {}
    return {id: each for id, each in told.items() if 0 <= now - each["at"] < KEPT_MINUTES * MINUTE}


def _act(told: dict) -> Act:
    return Act(told["action"], [(name, text) for name, text in told["typed"]])
