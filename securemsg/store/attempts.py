"""Counters of attempts at the staff door: in the database, so that they hold over all processes, and after a restart."""

from securemsg.store.database import Tx
from securemsg.times import HOUR, MINUTE

_LAST = HOUR
# A count or a pause of a time that has not come was made by a clock that was wrong: it would last until that time comes.
_COUNTS = "attempts.first_at > :lapsed AND attempts.first_at <= :soon"
_FREE = "attempts.blocked_until IS NULL OR attempts.blocked_until <= :now OR attempts.blocked_until > :never"


def one(tx: Tx, clinic_id: str, subject: bytes):
    return tx.one("SELECT failures, first_at, blocked_until FROM attempts WHERE clinic_id = :clinic_id AND subject = :subject",
                  clinic_id=clinic_id, subject=subject)


def count(tx: Tx, clinic_id: str, subject: bytes, now: int) -> bool:
    """Count one more; False, and nothing is counted, while they are blocked. Who comes at the same time waits in line.

    An hour after the first the count begins anew: a stranger's guesses of last week make nobody wait today.
    """
    return tx.run(f"{_ONE_MORE} WHERE {_FREE}", clinic_id=clinic_id, subject=subject, now=now, **_times(now, _LAST),
                  never=now + _LAST) == 1


def take(tx: Tx, clinic_id: str, subject: bytes, amount: int, window: int, now: int) -> bool:
    """Count one more of at most `amount` in a window (microseconds); False, and nothing is counted, when it is used up."""
    return tx.run(f"{_ONE_MORE} WHERE NOT ({_COUNTS}) OR attempts.failures < :amount", clinic_id=clinic_id, subject=subject,
                  now=now, **_times(now, window), amount=amount) == 1


def block(tx: Tx, clinic_id: str, subject: bytes, until: int) -> None:
    tx.run("UPDATE attempts SET blocked_until = :until WHERE clinic_id = :clinic_id AND subject = :subject",
           clinic_id=clinic_id, subject=subject, until=until)


def clear(tx: Tx, clinic_id: str, subject: bytes) -> None:
    tx.run("DELETE FROM attempts WHERE clinic_id = :clinic_id AND subject = :subject", clinic_id=clinic_id, subject=subject)


def expire(tx: Tx, now: int) -> None:
    """Drop the counts, in every clinic, that would begin anew anyway."""
    tx.everywhere.run(f"DELETE FROM attempts WHERE NOT ({_COUNTS}) AND ({_FREE})", now=now, **_times(now, _LAST),
                      never=now + _LAST)


_ONE_MORE = ("INSERT INTO attempts (clinic_id, subject, failures, first_at) VALUES (:clinic_id, :subject, 1, :now)"
             " ON CONFLICT (clinic_id, subject) DO UPDATE SET"
             f" failures = CASE WHEN {_COUNTS} THEN attempts.failures + 1 ELSE 1 END,"
             f" first_at = CASE WHEN {_COUNTS} THEN attempts.first_at ELSE excluded.first_at END")


def _times(now: int, window: int) -> dict[str, int]:
    return {"lapsed": now - window, "soon": now + MINUTE}
