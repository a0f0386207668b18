"""Proof of work on the wire: what a hot address or clinic is asked for, and what it brings back.

A 429 carries `proof` = {algorithm, challenge, bits, expires_at}. Who finds a decimal n such that SHA-256(`<challenge>.<n>`)
begins with `bits` zero bits sends the same request again, under its Idempotency-Key, with `Securemsg-Proof: <challenge>.<n>`.
A proof counts once, for one clinic, one budget and one address; a wrong, used or old one gets a fresh challenge. The contact
page computes nothing: it has a reserve where only the clinic is hot (limits.begin), and else keeps what was typed, and says how
long to wait and which number to call.
"""

import time
from dataclasses import dataclass

from flask import request

from securemsg.crypto import proof
from securemsg.desk.clinics import Clinic
from securemsg.errors import Limited, ProofNeeded
from securemsg.http.budgets import Budget, storage
from securemsg.http.subjects import hidden, secret, subjects
from securemsg.times import SECOND, rfc3339

HEADER = "Securemsg-Proof"
_REPEATS = 5  # of one request whose answer was lost: they cost nothing more, and are not for ever
DIFFICULTY = (
    # how much of the second amount is used up, and the zero bits asked for: 16 take a phone a fraction of a second,
    # each one more doubles that
    (0.50, 16), (0.75, 18), (0.90, 20), (1.00, 22))


@dataclass(frozen=True, slots=True)
class Proof:
    """A good one. `repeated`: it came before, with the same request."""

    repeated: bool


def brought(budget: str, home: Clinic | None) -> Proof | None:
    """The proof this request brings; None without a good one. It is used up by this."""
    challenge = proof.solved(secret(), request.headers.get(HEADER, ""), time.time(), *_about(budget, home))
    if challenge is None:
        return None
    same_request = f"proof {hidden(challenge + ' ' + request.headers.get('Idempotency-Key', ''))}"
    uses = storage().incr(f"proof {hidden(challenge)}", proof.LIFE_SECONDS)
    if uses == 1:
        storage().incr(same_request, proof.LIFE_SECONDS)
        return Proof(repeated=False)
    return Proof(repeated=True) if uses <= 1 + _REPEATS and storage().get(same_request) else None


def asked(refusal: Limited, budget: str, home: Clinic | None, proven: list[Budget]) -> ProofNeeded:
    """The same refusal with a challenge, the harder the more of `proven` is used up."""
    heat = max(1 - each.standing().left / each.rule.item.amount for each in proven)
    bits = next(bits for share, bits in DIFFICULTY if heat <= share)
    puzzle = proof.challenge(secret(), bits, time.time(), *_about(budget, home))
    member = {"algorithm": proof.ALGORITHM, "challenge": puzzle.text, "bits": bits,
              "expires_at": rfc3339(puzzle.expires_at * SECOND)}
    return ProofNeeded(refusal.detail, retry_after_seconds=refusal.retry_after_seconds,
                       members={**refusal.members, "proof": member})


def _about(budget: str, home: Clinic | None) -> tuple[str, ...]:
    """Whom and what a proof is for: of an IPv6 address the /64, inside of which a phone changes its own."""
    return budget, home.id if home else "", subjects("address", home, "")[0]
