"""Guesses at the staff door: each is counted before anything is looked at, so that none of many at once slips through.

After five failures an account's pauses grow. Browsers that signed in before have a count of their own: who only guesses
slows other strangers, never the people who work there.
"""

from dataclasses import dataclass

from securemsg.crypto.keyring import SERVICE
from securemsg.desk.desk import Desk
from securemsg.errors import Limited
from securemsg.store import Tx, attempts
from securemsg.times import SECOND
from securemsg.words import say

FREE_FAILURES = 5
LONGEST_PAUSE_SECONDS = 300
_WAIT = say("There were several wrong attempts. Please wait a little before the next one.")
_BUSY = say("Very many people are trying to sign in just now. Please wait a little before the next attempt.")


@dataclass(frozen=True, slots=True)
class Shared:
    """A budget of many, an address's or the whole service's: `amount` in `seconds`. `subject` tells nobody whose."""

    subject: bytes
    amount: int
    seconds: int


def count(desk: Desk, clinic_id: str, subject: bytes, shared: tuple[Shared, ...], now: int) -> None:
    """Count an attempt everywhere, or nowhere; Limited with the seconds to wait. A success clears the account's count."""
    def write(tx: Tx) -> None:
        for each in shared:
            _take(tx, each, now)
        _pause(tx, clinic_id, subject, now)

    desk.database.write(write)  # what it raises undoes what it counted


def _take(tx: Tx, shared: Shared, now: int) -> None:
    window = shared.seconds * SECOND
    if not attempts.take(tx, SERVICE, shared.subject, shared.amount, window, now):
        began = attempts.one(tx, SERVICE, shared.subject).first_at
        raise Limited(_BUSY, retry_after_seconds=(began + window - now) // SECOND + 1)


def _pause(tx: Tx, clinic_id: str, subject: bytes, now: int) -> None:
    counted, row = attempts.count(tx, clinic_id, subject, now), attempts.one(tx, clinic_id, subject)
    if not counted:
        raise Limited(_WAIT, retry_after_seconds=(row.blocked_until - now) // SECOND + 1)
    if (beyond := row.failures - FREE_FAILURES) >= 0:
        pause_seconds = min(2 ** min(beyond, 10), LONGEST_PAUSE_SECONDS)
        attempts.block(tx, clinic_id, subject, now + pause_seconds * SECOND)
