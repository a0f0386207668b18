"""Who holds a token: found at the door of the API, and told in the audit log when it opens nothing."""

import hmac
import time
from contextlib import suppress
from dataclasses import dataclass, field

from securemsg.crypto import tokens
from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.people import Person
from securemsg.desk.system.tokens import is_genuine
from securemsg.errors import Missing, Unavailable, Unknown
from securemsg.store import Row
from securemsg.store import tokens as store
from securemsg.times import HOUR, MINUTE

_FRESH_SECONDS = 5
_NONE = "This token is not known here or has ended."  # whatever is wrong with it: nobody learns how near a guess was


@dataclass(frozen=True, slots=True)
class System:
    """A system as staff see it beside what it wrote: by the label of its token."""

    name: str = field(repr=False)
    title: str | None = "System"


def holder(desk: Desk, token: str, address: str, request_id: str | None, now: int) -> tuple[Clinic, Who]:
    """The clinic, and the system that holds this token; Unknown when it is none, has ended or was altered."""
    try:
        slug, id = tokens.system_of(token)
        home = clinic(desk, slug)
    except (Unknown, Missing) as error:
        raise Unknown(_NONE) from error
    sha256 = tokens.hashed(token)
    row = desk.database.read(lambda tx: store.one(tx, home.id, id))
    if row is None:
        raise Unknown(_NONE)
    who = Who("system", home.id, id, id, sha256, address, request_id, frozenset(row.scopes.split()), row.label)
    if reason := _refusal(desk, row, sha256, now):
        report(desk, who, reason, now)
        raise Unknown(_NONE)
    _use(desk, row, now)
    return home, who


def is_alive(desk: Desk, who: Who, now: int) -> bool:
    """Whether the token has not ended since."""
    row = desk.database.read(lambda tx: store.one(tx, who.clinic_id, who.id))
    return row is not None and not _refusal(desk, row, who.session_sha256, now)


def report(desk: Desk, who: Who, reason: str, now: int) -> None:
    """A row about a refused use; one an hour for each token and reason, so that no forgotten program fills the log by asking."""
    if now - desk.refused_tokens.get((who.id, reason), -HOUR) < HOUR:
        return
    written = entry(desk, who, "token.refused", "token", who.id, now, outcome="refused", detail={"reason": reason}, event=False)
    with suppress(Unavailable):  # it is refused all the same
        desk.database.write(written.write)
        desk.refused_tokens[who.id, reason] = now


def authors(desk: Desk, clinic_id: str) -> dict[str, Person | System]:
    """Everybody who may have written for the clinic, by id: people, and systems by the labels of their tokens."""
    known = desk.known_systems.get(clinic_id)
    if not known or known[0] <= time.monotonic():
        rows = desk.database.read(lambda tx: store.everyone(tx, clinic_id))
        found = {row.id: System(row.label) for row in rows if is_genuine(desk, row)}
        known = desk.known_systems[clinic_id] = (time.monotonic() + _FRESH_SECONDS, found)
    return {**people.everyone(desk, clinic_id), **known[1]}


def faces(desk: Desk, home: Clinic) -> dict[str, Person | System]:
    """The same as visitors see them: a system speaks for the clinic and under its name, never as a person."""
    found = authors(desk, home.id)
    return {id: each if isinstance(each, Person) else System(home.name, None) for id, each in found.items()}


def _refusal(desk: Desk, row: Row, sha256: bytes, now: int) -> str:
    """Why this token opens nothing, in one word; "" when it does."""
    if not hmac.compare_digest(row.token_sha256, sha256):
        return "secret"
    if not is_genuine(desk, row):
        return "altered"
    if row.ended_at is not None or desk.ended.at("token", row.id):
        return "ended"
    if desk.ended.at("replaced_token", row.id) and not row.replaced_by_id:
        return "altered"  # it was replaced, and the row from before was put back
    return "expired" if row.expires_at <= now else ""


def _use(desk: Desk, row: Row, now: int) -> None:
    if now - (row.last_used_at or 0) > MINUTE:
        with suppress(Unavailable):  # no room to note it: what needs a record says so itself
            desk.database.write(lambda tx: store.touch(tx, row.clinic_id, row.id, now))
