"""Exactly once: a request under an Idempotency-Key is done one time, and its answer is given each time."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from securemsg.crypto import tokens
from securemsg.crypto.envelope import Place, seal, unseal
from securemsg.desk.desk import Desk
from securemsg.errors import Conflict, Error, Reused, Unverified
from securemsg.metrics import Counter
from securemsg.store import Tx, idempotency
from securemsg.times import DAY
from securemsg.words import say

ACTS = Counter("securemsg_acts_total", "What was done and stored, each once: open, send, reply …", "act")
_TRIES = 3
Prepared = tuple[dict, Callable[[Tx], bool]]


class Moved(Exception):
    """Somebody else changed the row first; what was prepared does not fit any more. Rolls the transaction back."""


@dataclass(frozen=True, slots=True)
class Key:
    """The caller's key with what it belongs to: the same key elsewhere is another key. `body` is what was asked."""

    value: str
    clinic_id: str
    route: str
    body: bytes
    conversation_id: str | None = None

    @property
    def scope(self) -> bytes:
        return tokens.hashed(f"{self.route}\n{self.value}")


def once(desk: Desk, key: Key, now: int, prepare: Callable[[int], Prepared], *, independent: bool = False) -> dict:
    """Do what `prepare` plans, unless it was done under this key before.

    `prepare` (handed the attempt, from 0) returns the answer and the write; the write returns False when a row moved
    in between, then all is prepared anew. Reused when the key was used for another body, Conflict when the row keeps moving.
    `independent`: see `Database.write`.
    """
    seal_key, mac_key = tokens.answer_keys(key.value)
    mac = tokens.body_mac(mac_key, key.body)
    place = Place("idempotency", "answer", key.clinic_id, key.scope.hex())
    for attempt in range(_TRIES):
        try:
            answer, write = prepare(attempt)
        except Error:
            earlier = desk.database.read(lambda tx: idempotency.one(tx, key.clinic_id, key.scope))
            if earlier is None:
                raise
            return _replayed(earlier, mac, seal_key, place)
        sealed = seal(seal_key, place, orjson.dumps(answer))
        try:
            earlier = desk.database.write(_writing(key, mac, sealed, now + DAY, write, _conversation(key, answer)),
                                          independent=independent, keyed=True)
        except Moved:
            continue
        if earlier is None:
            ACTS.add(key.route.partition(" ")[0])
            return answer
        return _replayed(earlier, mac, seal_key, place)
    raise Conflict(retry_after_seconds=1)


def was_done(desk: Desk, key: Key) -> bool:
    """Whether something was done under this key before: what would come first is then not done again."""
    return desk.database.read(lambda tx: idempotency.one(tx, key.clinic_id, key.scope)) is not None


def _writing(key: Key, mac: bytes, sealed: bytes, expires_at: int, write: Callable[[Tx], bool],
             conversation_id: str | None = None) -> Callable[[Tx], object]:
    def fn(tx: Tx):
        if not idempotency.claim(tx, key.clinic_id, key.scope, mac, sealed, expires_at, conversation_id):
            return idempotency.one(tx, key.clinic_id, key.scope)
        if not write(tx):
            raise Moved
        return None

    return fn


def _conversation(key: Key, answer: dict) -> str | None:
    """The conversation with which the answer is erased; None for what belongs to none."""
    opened = answer.get("conversation")
    return opened["id"] if isinstance(opened, dict) else key.conversation_id


def _replayed(earlier, mac: bytes, seal_key, place: Place) -> dict:
    if earlier.body_mac != mac:
        raise Reused
    try:
        return orjson.loads(unseal(seal_key, place, earlier.answer))
    except Unverified:
        raise Conflict(say("The answer to this request can no longer be read. Please look at the conversation.")) from None
