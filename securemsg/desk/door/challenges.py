"""Challenges that a passkey answers: made without a row, known again by their MAC, each taken once, for an hour.

A challenge says what it is for (`purpose`), at which clinic and for whom, so that an answer to one opens nothing else.
"""

import secrets

from securemsg.crypto import tokens
from securemsg.crypto.vouching import BYTES
from securemsg.desk.desk import Desk
from securemsg.errors import Unverified
from securemsg.store import Tx, attempts
from securemsg.times import HOUR

_NONCE, _TIME = 16, 8  # bytes: 128 random bits, and until when in microseconds


def new(desk: Desk, clinic_id: str, purpose: str, whose: str, now: int) -> bytes:
    """56 bytes. `whose` is a session's or a person's id, or "" where nobody is known yet."""
    told = secrets.token_bytes(_NONCE) + (now + HOUR).to_bytes(_TIME, "big")
    return told + desk.vouch("challenges", clinic_id, purpose, whose, told)


def check(desk: Desk, clinic_id: str, purpose: str, whose: str, challenge: bytes, now: int) -> None:
    """Unverified unless this service made it for that, within the last hour."""
    told, mac = challenge[:-BYTES], challenge[-BYTES:]
    until = int.from_bytes(told[_NONCE:], "big")
    if not desk.vouched(mac, "challenges", clinic_id, purpose, whose, told) or not now < until <= now + HOUR:
        raise Unverified


def take(tx: Tx, clinic_id: str, challenge: bytes, now: int) -> bool:
    """Use it up; False when it was."""
    return attempts.take(tx, clinic_id, tokens.hashed(challenge.hex()), 1, HOUR, now)
