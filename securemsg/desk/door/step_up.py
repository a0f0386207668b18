"""Confirming that it is still the same person: no code within the last five minutes, no export, erasure, keys or roles.

A session that was left open on a desk does the day's work; what cannot be undone, or carries much away, asks once more. Signing
in counts, since it asked for the same. The moment stands under the MAC of the session's row: nobody sets it by SQL alone.
"""

from securemsg.crypto import tokens
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
_WRONG: dict[str, list[str]] = {"step_up_code": [
    say("This code does not fit. Check that the phone's clock is right, and enter the newest code.")]}


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
    guesses.count(desk, clinic.id, _subject(session), (), now)
    use = proving.second_factor(desk, clinic.id, proving.kept(desk, clinic.id, session.person.id), code, now)
    if use is None:
        raise failed(desk, session, _WRONG, now)
    return confirmed(desk, clinic, session, use, _WRONG, now)


def confirmed(desk: Desk, clinic: Clinic, session: Session, use: proving.Use, otherwise: dict[str, list[str]],
              now: int, at: int | None = None) -> Session:
    """What was shown is used up and the session confirmed, both or neither: somebody may have been quicker with the same code.
    Refused then, with the sentences `otherwise`; Conflict when the session has changed meanwhile. `at` is when it was shown,
    where that was not now."""
    after, note = staff_sessions.stepped_up(desk, clinic, session, now if at is None else at)
    written = entry(desk, session.who, "staff.stepped_up", "session", session.id, now, event=False)

    def write(tx: Tx) -> bool:
        if not use(tx):
            return False
        if not note(tx):
            raise Conflict
        attempts.clear(tx, clinic.id, _subject(session))
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise failed(desk, session, otherwise, now)
    return after


def failed(desk: Desk, session: Session, errors: dict[str, list[str]], now: int) -> Refused:
    """What is raised where nothing fits, once it stands in the audit log."""
    written = entry(desk, session.who, "staff.step_up_failed", "session", session.id, now, outcome="refused", event=False)
    desk.database.write(written.write)
    return Refused(errors=errors)


def _subject(session: Session) -> bytes:
    """Whose guesses are counted: this session's alone, so that who holds another one slows nobody."""
    return tokens.hashed(f"step-up {session.id}")
