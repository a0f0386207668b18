"""A visitor's session: found by its token, carried into another window, ended."""

import hmac
from contextlib import suppress
from dataclasses import dataclass

from securemsg.crypto import tokens
from securemsg.crypto.vouching import retired
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.errors import Missing, Unavailable, Unknown
from securemsg.live import Signal
from securemsg.store import Row, Tx, conversations, sessions
from securemsg.store.ids import new_id
from securemsg.times import DAY, HOUR, SECOND
from securemsg.words import say

SESSION_DAYS = 180
_TICKET_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor's living session: the only way to a conversation of one's own."""

    clinic: Clinic
    who: Who
    conversation: Row


def visit(desk: Desk, token: str, now: int, request_id: str | None = None) -> Visit:
    """Who holds this token, with the conversation it belongs to; Unknown otherwise."""
    home = _home(desk, tokens.clinic_of(token))
    sha256 = tokens.hashed(token)
    conversation = desk.database.read(lambda tx: conversations.one_by_session(tx, home.id, sha256, now))
    if conversation is None or desk.ended.at("session", conversation.session_id):
        raise Unknown
    told = facts(home.id, conversation.session_id, sha256, conversation.id, conversation.session_via)
    if not desk.vouched(conversation.session_mac, *told):
        raise Unknown
    who = Who("visitor", home.id, conversation.session_id, conversation.session_id, sha256, request_id=request_id)
    return Visit(home, who, conversation)


def insert(desk: Desk, tx: Tx, clinic_id: str, id: str, conversation_id: str, token: str, via: str, now: int) -> None:
    """A new session, vouched for: no other hand can give it to another conversation, or say that it began another way."""
    sha256 = tokens.hashed(token)
    mac = desk.vouch(*facts(clinic_id, id, sha256, conversation_id, via))
    sessions.insert(tx, clinic_id, id, conversation_id, sha256, mac, via, now, now + SESSION_DAYS * DAY)


def facts(clinic_id: str, id: str, sha256: bytes, conversation_id: str, via: str) -> tuple:
    """What a session's MAC covers: how it began too, since who came by the link in a mail has shown whose the address is. One
    that began with the first message has the MAC that it had before that was covered."""
    began = () if via == "open" else (via,)
    return "visitor_sessions", clinic_id, id, sha256, conversation_id, *began


def is_genuine(desk: Desk, row: Row) -> bool:
    """Whether the service wrote this row, as that of a living session or of an ended one."""
    mac = desk.vouch(*facts(row.clinic_id, row.id, row.token_sha256, row.conversation_id, row.via))
    return hmac.compare_digest(row.mac, mac if row.ended_at is None else retired(mac))


def came_by_link(desk: Desk, clinic_id: str, conversation_ids: list[str]) -> frozenset[str]:
    """Those of the conversations that somebody came back to by the link in a mail."""
    rows = desk.database.read(lambda tx: sessions.by_link(tx, clinic_id, conversation_ids))
    return frozenset(row.conversation_id for row in rows if is_genuine(desk, row))


def used(desk: Desk, visit: Visit, now: int) -> None:
    """Note, once an hour, that the session is in use: its owner finds this in the list of devices."""
    if now - (visit.conversation.session_used_at or 0) > HOUR:
        with suppress(Unavailable):  # no room to note it: people read what is their own all the same
            desk.database.write(lambda tx: sessions.touch(tx, visit.clinic.id, visit.who.session_id, now))


def is_alive(desk: Desk, visit: Visit) -> bool:
    """Whether the session has not ended since."""
    return desk.database.read(lambda tx: conversations.one_by_session(
        tx, visit.clinic.id, visit.who.session_sha256, desk.clock())) is not None


def ticket(desk: Desk, visit: Visit, now: int) -> str:
    """A secret that opens this conversation in one other window, once, within a minute."""
    secret, session_id = tokens.new_secret(), visit.who.session_id
    sha256, until = tokens.hashed(secret), now + _TICKET_SECONDS * SECOND
    written = entry(desk, visit.who, "session.ticket", "session", session_id, now, event=False)
    mac = desk.vouch("tickets", visit.clinic.id, sha256, session_id, visit.conversation.id)

    def write(tx: Tx) -> None:
        sessions.insert_ticket(tx, visit.clinic.id, session_id, sha256, mac, until)
        written.write(tx)

    desk.database.write(write)
    return secret


def redeem(desk: Desk, clinic: Clinic, secret: str, request_id: str | None, now: int) -> str:
    """A session of its own for the window that holds the ticket: the token. Unknown when it was used or is too old."""
    token, session_id, sha256 = tokens.new_visitor_token(clinic.slug), new_id(), tokens.hashed(secret)
    who = Who("visitor", clinic.id, session_id, session_id, tokens.hashed(token), request_id=request_id)
    written = entry(desk, who, "session.carried", "session", session_id, now, event=False)

    def write(tx: Tx) -> bool:
        row = sessions.use_ticket(tx, clinic.id, sha256, now)
        if row is None or not desk.vouched(row.mac, "tickets", clinic.id, sha256, row.session_id, row.conversation_id):
            return False
        insert(desk, tx, clinic.id, session_id, row.conversation_id, token, "ticket", now)
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise Unknown(say("This link was used already or is too old. Please go back and open the window again."))
    return token


def end(desk: Desk, visit: Visit, now: int) -> None:
    """End and forget on this device: the session is revoked, streams close; the clinic keeps the conversation."""
    written = entry(desk, visit.who, "session.ended", "session", visit.who.session_id, now, event=False)

    def write(tx: Tx) -> None:
        sessions.end(tx, visit.clinic.id, visit.who.session_id, now)
        written.write(tx)

    desk.database.write(write)
    desk.live.publish(("session", visit.who.session_id), Signal("end"))


def _home(desk: Desk, slug: str) -> Clinic:
    try:
        return clinic(desk, slug)
    except Missing as error:  # nothing else: a database that is away must not look like a session that has ended
        raise Unknown from error
