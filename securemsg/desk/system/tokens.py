"""Tokens of systems: made, listed, replaced while both hold, ended. What one may do: access.py; who holds one: holders.py."""

import hmac
from dataclasses import dataclass, replace
from functools import partial

from securemsg.crypto import tokens
from securemsg.crypto.vouching import retired
from securemsg.desk.access import SCOPES, Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import is_name
from securemsg.errors import Conflict, Missing, Refused
from securemsg.live import Signal
from securemsg.store import Row, Tx
from securemsg.store import tokens as store
from securemsg.store.ids import new_id
from securemsg.store.tokens import TokenRow
from securemsg.times import DAY, HOUR, rfc3339

USUAL_DAYS, MOST_DAYS = 90, 366
USUAL_OVERLAP_HOURS, MOST_OVERLAP_DAYS = 24, 30
_LONGEST_LABEL = 80  # characters


@dataclass(frozen=True, slots=True)
class Token:
    """A token as a listing shows it. `genuine` False: somebody altered its row, and it opens nothing."""

    id: str
    label: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int
    last_used_at: int | None
    ended_at: int | None
    replaced_by_id: str | None
    genuine: bool

    def state(self, now: int) -> str:
        """One word: altered, revoked, expired, replaced (it holds until it expires), active."""
        if not self.genuine:
            return "altered"
        if self.expires_at <= now:
            return "expired"
        if self.ended_at is not None:
            return "revoked"
        return "replaced" if self.replaced_by_id else "active"


def add(desk: Desk, who: Who, clinic: Clinic, label: str, scopes: tuple[str, ...], lifetime: int, now: int) -> tuple[str, Token]:
    """A new token, shown this once, and how it is listed. `lifetime` in microseconds. Refused when something does not fit."""
    _check(label, scopes, lifetime)
    token, row = _made(desk, clinic, label.strip(), scopes, now, now + lifetime)
    told = {"label": row.label, "scopes": scopes, "expires_at": rfc3339(row.expires_at)}
    written = entry(desk, who, "token.added", "token", row.id, now, detail=told, event=False)

    def write(tx: Tx) -> None:
        store.insert(tx, row)
        written.write(tx)

    desk.database.write(write)
    return token, one(desk, clinic, row.id)


def everyone(desk: Desk, clinic: Clinic) -> list[Token]:
    """All tokens the clinic ever had, the oldest first."""
    return [_listed(desk, row) for row in desk.database.read(lambda tx: store.everyone(tx, clinic.id))]


def one(desk: Desk, clinic: Clinic, id: str) -> Token:
    """The token of that id, or Missing."""
    return _listed(desk, _row(desk, clinic, id))


def revoke(desk: Desk, who: Who, clinic: Clinic, id: str, now: int) -> Token:
    """End a token at once, its streams within a second; Refused when it had ended."""
    row = _row(desk, clinic, id)
    written = entry(desk, who, "token.revoked", "token", id, now, event=False)

    def write(tx: Tx) -> bool:
        ended = store.end(tx, clinic.id, id, now)
        if ended:
            written.write(tx)
        return ended

    if not desk.database.write(write):
        raise Refused(f"The token {row.label!r} was ended before.")
    desk.live.publish(("token", id), Signal("end"))
    return one(desk, clinic, id)


def rotate(desk: Desk, who: Who, clinic: Clinic, id: str, overlap: int, now: int) -> tuple[str, Token]:
    """Another token with the same label, scopes and lifetime, shown this once. The old one holds for `overlap` microseconds more,
    never longer than it would have. Refused when there is nothing to go on with."""
    row = _row(desk, clinic, id)
    before = _listed(desk, row)
    _check_replaceable(before, overlap, now)
    token, fresh = _made(desk, clinic, before.label, before.scopes, now, now + before.expires_at - before.created_at)
    until = min(before.expires_at, now + overlap)
    mac = desk.vouch(*facts(row._replace(expires_at=until, replaced_by_id=fresh.id)))
    written = entry(desk, who, "token.rotated", "token", id, now, objects=(("token", fresh.id),), event=False,
                    detail={"until": rfc3339(until), "expires_at": rfc3339(fresh.expires_at)})

    def write(tx: Tx) -> bool:
        if not store.replace(tx, row, fresh.id, until, mac, now):
            return False
        store.insert(tx, fresh)
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise Conflict("Somebody else ended or replaced this token just now. Please look at the list again.")
    end_overdue(desk, now)
    return token, one(desk, clinic, fresh.id)


def end_overdue(desk: Desk, now: int) -> None:
    """End the replaced tokens whose time is over, of all clinics: their streams close, and no restored copy brings them back."""
    for row in desk.database.read(lambda tx: store.overdue(tx, now)):
        desk.database.write(partial(store.end, clinic_id=row.clinic_id, id=row.id, now=now))
        desk.live.publish(("token", row.id), Signal("end"))


def facts(row: Row | TokenRow) -> tuple:
    """What a token's MAC covers: who only writes to the database makes none, and gives none more scopes or more time."""
    replaced = (row.replaced_by_id,) if row.replaced_by_id else ()
    lives = row.created_at, row.expires_at
    return "api_tokens", row.clinic_id, row.id, row.token_sha256, row.label, row.scopes, *lives, *replaced


def is_genuine(desk: Desk, row: Row) -> bool:
    """Whether the service wrote this row, as that of a living token or of an ended one."""
    mac = desk.vouch(*facts(row))
    return hmac.compare_digest(row.mac or b"", mac if row.ended_at is None else retired(mac))


def _made(desk: Desk, clinic: Clinic, label: str, scopes: tuple[str, ...], now: int, expires_at: int) -> tuple[str, TokenRow]:
    id = new_id()
    token = tokens.new_system_token(clinic.slug, id)
    row = TokenRow(clinic.id, id, tokens.hashed(token), label, " ".join(sorted(set(scopes))), now, expires_at, b"")
    return token, replace(row, mac=desk.vouch(*facts(row)))


def _row(desk: Desk, clinic: Clinic, id: str) -> Row:
    row = desk.database.read(lambda tx: store.one(tx, clinic.id, id))
    if row is None:
        raise Missing(f"{clinic.name} has no token with the id {id}.")
    return row


def _listed(desk: Desk, row: Row) -> Token:
    return Token(row.id, row.label, tuple(row.scopes.split()), row.created_at, row.expires_at, row.last_used_at, row.ended_at,
                 row.replaced_by_id, is_genuine(desk, row))


def _check(label: str, scopes: tuple[str, ...], lifetime: int) -> None:
    if not is_name(label) or len(label.strip()) > _LONGEST_LABEL:
        raise Refused(f"Please say in 1 to {_LONGEST_LABEL} characters which system this token is for.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise Refused(f"There is no scope {unknown[0]!r}. Known are: {', '.join(SCOPES)}.")
    if not scopes:
        raise Refused(f"A token without scopes opens nothing. Known are: {', '.join(SCOPES)}.")
    if not HOUR <= lifetime <= MOST_DAYS * DAY:
        raise Refused(f"A token lives for at least an hour and for at most {MOST_DAYS} days.")


def _check_replaceable(token: Token, overlap: int, now: int) -> None:
    if token.state(now) == "replaced":
        raise Refused(f"The token {token.label!r} was replaced before, by {token.replaced_by_id}. Rotate that one.")
    if token.state(now) != "active":
        raise Refused(f"The token {token.label!r} is {token.state(now)}, so there is nothing to go on with. Add a new one.")
    if not 0 <= overlap <= MOST_OVERLAP_DAYS * DAY:
        raise Refused(f"Two tokens hold beside each other for at most {MOST_OVERLAP_DAYS} days.")
