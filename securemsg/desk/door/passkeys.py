"""The passkeys of staff: several for each person, with names of their own; how one is added, shown and taken away.

Each row is vouched for and what it holds is sealed. A passkey belongs to one host name: where the service moves to another one,
people sign in with password and code, and add a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson

from securemsg.crypto import passkeys as standard
from securemsg.crypto import tokens
from securemsg.crypto.envelope import Place, seal
from securemsg.crypto.passkeys import Held, Party
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.door import challenges, proving, step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.journal import entry
from securemsg.desk.legible import is_name
from securemsg.desk.people import open_value
from securemsg.errors import Missing, Refused, Unverified
from securemsg.store import Row, Tx, passkeys, people
from securemsg.store.ids import new_id
from securemsg.words import say

_MOST = 20  # of one person
_LONGEST = 60  # characters of a name
_NO_ANSWER = say("This passkey was not accepted. Please try again.")
_NOT_CONFIRMED: dict[str, list[str]] = {"": [_NO_ANSWER]}


@dataclass(frozen=True, slots=True)
class Passkey:
    """As its owner sees it: what they called it, when it was added and when it was used last (microseconds)."""

    id: str
    name: str
    created_at: int
    used_at: int | None
    key: Held


def party(desk: Desk, clinic: Clinic) -> Party | None:
    """Whom passkeys are for; None where the service has no host name, since browsers give none to an address of numbers."""
    host = urlsplit(desk.settings.public_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return Party(host, desk.settings.public_url, clinic.name)
    return None


def of_person(desk: Desk, clinic_id: str, person_id: str) -> list[Passkey]:
    """The oldest first; one that another hand wrote or put back is not there."""
    rows = desk.database.read(lambda tx: passkeys.of_person(tx, clinic_id, person_id))
    return [found for row in rows if (found := _opened(desk, clinic_id, row))]


def to_make(desk: Desk, clinic: Clinic, session: Session, now: int) -> dict[str, Any] | None:
    """What the browser is asked to make a new one; None where there can be none."""
    who, known = party(desk, clinic), [each.key.id for each in of_person(desk, clinic.id, session.person.id)]
    challenge = challenges.new(desk, clinic.id, "make", session.id, now)
    person = session.person
    return standard.to_make(who, challenge, _handle(clinic.id, person.id), person.email, person.name, known) if who else None


def to_sign_in(desk: Desk, clinic: Clinic, now: int) -> dict[str, Any] | None:
    """What the browser of somebody who has not said who they are is asked; None where there can be none."""
    who = party(desk, clinic)
    return standard.to_use(who, challenges.new(desk, clinic.id, "sign-in", "", now), []) if who else None


def to_confirm(desk: Desk, clinic: Clinic, session: Session, now: int) -> dict[str, Any] | None:
    """What the browser of somebody who is signed in is asked; None where they have none."""
    who, known = party(desk, clinic), [each.key.id for each in of_person(desk, clinic.id, session.person.id)]
    return standard.to_use(who, challenges.new(desk, clinic.id, "confirm", session.id, now), known) if who and known else None


def add(desk: Desk, clinic: Clinic, session: Session, name: str, sent: str, now: int) -> None:
    """Keep a new one. Refused without a name, or when the browser's answer is none; StepUpNeeded before (step_up.py)."""
    step_up.require_recent(desk, session, now)
    name, person_id = " ".join(name.split())[:_LONGEST], session.person.id
    if not is_name(name):
        raise Refused(errors={"name": [say("Please give it a name, so that you know it again.")]})
    if len(of_person(desk, clinic.id, person_id)) >= _MOST:
        raise Refused(say("You have very many passkeys. Please remove one first."))
    row, challenge = _made(desk, clinic, session, name, sent, now)
    written = entry(desk, session.who, "passkey.added", "credential", row["id"], now, detail={"name": name}, event=False)

    def write(tx: Tx) -> bool:
        if not challenges.take(tx, clinic.id, challenge, now) or passkeys.by_hash(tx, clinic.id, row["hash"]):
            return False
        people.insert_credential(tx, clinic.id, person_id=person_id, kind="passkey", now=now, **row)
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise Refused(say("This passkey is there already."))


def remove(desk: Desk, clinic: Clinic, session: Session, id: str, now: int) -> None:
    """Forget one of one's own; Missing when there is no such one, else StepUpNeeded before."""
    if id not in {each.id for each in of_person(desk, clinic.id, session.person.id)}:
        raise Missing
    step_up.require_recent(desk, session, now)
    written = entry(desk, session.who, "passkey.removed", "credential", id, now, event=False)
    if not desk.database.write(written.after(lambda tx: passkeys.drop(tx, clinic.id, session.person.id, id, now))):
        raise Missing


def shown(desk: Desk, clinic: Clinic, purpose: str, whose: str, sent: str, now: int) -> tuple[str, proving.Use]:
    """Who answered a challenge, by their person's id, and what uses passkey and challenge up; False for who comes second.

    Unverified when it is no answer to a challenge of this purpose, or by no passkey that is kept here.
    """
    who = party(desk, clinic)
    answer, key_id, challenge, handle = standard.read(sent)
    challenges.check(desk, clinic.id, purpose, whose, challenge, now)
    row = desk.database.read(lambda tx: passkeys.by_hash(tx, clinic.id, _hash(key_id)))
    found = row and _opened(desk, clinic.id, row)
    if not who or not row or not found or (handle and handle != _handle(clinic.id, row.person_id)):
        raise Unverified
    count = standard.used(who, challenge, answer, found.key)
    return row.person_id, _use(clinic.id, row.id, count, challenge, now)


def confirm(desk: Desk, clinic: Clinic, session: Session, sent: str, now: int) -> Session:
    """The session, confirmed by a passkey of the person's own; Refused when it is none."""
    try:
        person_id, use = shown(desk, clinic, "confirm", session.id, sent, now)
    except Unverified:
        person_id = ""
    if person_id != session.person.id:
        raise step_up.failed(desk, session, _NOT_CONFIRMED, now)
    return step_up.confirmed(desk, clinic, session, use, _NOT_CONFIRMED, now)


def _made(desk: Desk, clinic: Clinic, session: Session, name: str, sent: str, now: int) -> tuple[dict[str, Any], bytes]:
    """The row of a new one, and the challenge that it answers."""
    who, person_id, id = party(desk, clinic), session.person.id, new_id()
    try:
        answer, _, challenge, _ = standard.read(sent)
        challenges.check(desk, clinic.id, "make", session.id, challenge, now)
        if not who:
            raise Unverified
        made = standard.made(who, challenge, answer)
    except Unverified:
        raise Refused(_NO_ANSWER) from None
    told = orjson.dumps({"name": name, "id": standard.text(made.id), "public_key": standard.text(made.public_key),
                         "transports": made.transports})
    sealed = seal(desk.keys.data(clinic.id), Place("credentials", "sealed", clinic.id, id), told)
    mac = desk.vouch(*proving.facts(clinic.id, id, person_id, "passkey", _hash(made.id), sealed))
    return {"id": id, "hash": _hash(made.id), "sealed": sealed, "mac": mac, "last_step": made.count}, challenge


def _opened(desk: Desk, clinic_id: str, row: Row) -> Passkey | None:
    """None for one that another hand wrote, moved here or put back."""
    real = desk.vouched(row.mac, *proving.facts(clinic_id, row.id, row.person_id, row.kind, row.hash, row.sealed))
    if not real or desk.ended.at("credential", row.id):
        return None
    try:
        told = orjson.loads(open_value(desk, clinic_id, "credentials", "sealed", row.id, row.sealed))
    except Unverified:
        return None
    held = Held(standard.bytes_of(told["id"]), standard.bytes_of(told["public_key"]), row.last_step)
    return Passkey(row.id, told["name"], row.created_at, row.used_at, held)


def _use(clinic_id: str, id: str, count: int, challenge: bytes, now: int) -> Callable[[Tx], bool]:
    kept = partial(passkeys.use, clinic_id=clinic_id, id=id, count=count, now=now)
    return lambda tx: challenges.take(tx, clinic_id, challenge, now) and kept(tx)


def _handle(clinic_id: str, person_id: str) -> bytes:
    """What a passkey calls its person: 32 bytes that say nothing, and stay the same whatever becomes of our keys."""
    return tokens.hashed(f"passkey user {clinic_id} {person_id}")


def _hash(key_id: bytes) -> str:
    return tokens.hashed(standard.text(key_id)).hex()
