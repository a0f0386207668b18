"""Confirming that it is still the same person: no code within the last five minutes, no export, erasure, keys or roles.

A session that was left open on a desk does the day's work; what cannot be undone, or carries much away, asks once more. Signing
in counts, since it asked for the same. The moment stands under the MAC of the session's row: nobody sets it by SQL alone.
"""

from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import attempts as guesses
from securemsg.desk.door import proving, staff_sessions
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.journal import entry
from securemsg.errors import Conflict, Refused, StepUpNeeded
from securemsg.store import Tx, attempts
from securemsg.times import SECOND
from securemsg.words import say

SECONDS = 300
_WRONG = say("This code does not fit. Check that the phone's clock is right, and enter the newest code.")


def require_recent(desk: Desk, session: Session, now: int) -> None:
    """StepUpNeeded unless this person gave a code, or used a passkey, in this session within the last five minutes."""
    if not is_recent(session, now):
        raise StepUpNeeded


def is_recent(session: Session, now: int) -> bool:
    """Whether it was; a moment that has not come was noted under a wrong clock, and counts for nothing."""
    return session.step_up_at is not None and 0 <= now - session.step_up_at < SECONDS * SECOND


def by_code(desk: Desk, clinic: Clinic, session: Session, code: str, now: int) -> Session:
    """The session, confirmed by the app's code or a recovery code, each used up. Refused when it does not fit, Limited after
    several that did not."""
    subject = desk.keys.blind_index(clinic.id, "attempts.step_up", session.id)
    guesses.count(desk, clinic.id, subject, (), now)
    use = proving.second_factor(desk, clinic.id, proving.kept(desk, clinic.id, session.person.id), code, now)
    if use is None:
        return _refused(desk, session, now)
    return confirmed(desk, clinic, session, subject, use, now)


def confirmed(desk: Desk, clinic: Clinic, session: Session, subject: bytes, use: proving.Use, now: int) -> Session:
    """What was shown is used up and the session confirmed, both or neither: somebody may have been quicker with the same code.
    `subject` is whose guesses were counted. Conflict when the session has changed meanwhile."""
    after, note = staff_sessions.stepped_up(desk, clinic, session, now)
    written = entry(desk, session.who, "staff.stepped_up", "session", session.id, now, event=False)

    def write(tx: Tx) -> bool:
        if not use(tx):
            return False
        if not note(tx):
            raise Conflict
        attempts.clear(tx, clinic.id, subject)
        written.write(tx)
        return True

    return after if desk.database.write(write) else _refused(desk, session, now)


def _refused(desk: Desk, session: Session, now: int) -> Session:
    failed = entry(desk, session.who, "staff.step_up_failed", "session", session.id, now, outcome="refused", event=False)
    desk.database.write(failed.write)
    raise Refused(errors={"step_up_code": [_WRONG]})
