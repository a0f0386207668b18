"""Codes for coming back on another device: six digits that a device which is signed in shows, or staff say on the telephone.

One counts at a time in a conversation: the newest, for ten minutes, once. The database holds a MAC of it, so that who reads a
copy cannot try all of them.
"""

import secrets
import unicodedata
from dataclasses import dataclass, field

from securemsg.desk import reach
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.visits import Visit
from securemsg.errors import Missing
from securemsg.store import Tx, conversations, returns
from securemsg.times import MINUTE

MINUTES, DIGITS = 10, 6


@dataclass(frozen=True, slots=True)
class Given:
    """A code, shown this once, and until when it counts (microseconds)."""

    code: str = field(repr=False)
    until: int


def to_visitor(desk: Desk, visit: Visit, now: int) -> Given:
    """For somebody who is signed in here, and wants to be on another device."""
    return _given(desk, visit.who, visit.conversation.id, now)


def is_of_use(desk: Desk, visit: Visit) -> bool:
    """Whether the visitor can get the link that goes with it: by mail, to an address that they gave."""
    row = visit.conversation
    given = desk.database.read(lambda tx: conversations.one_contact(tx, row.clinic_id, row.id))
    return bool(desk.settings.smtp_url) and given is not None and given.channel == "email"


def by_staff(desk: Desk, who: Who, id: str, now: int) -> Given:
    """For the visitor on the telephone; Missing for a conversation that is none of this clinic, or was erased."""
    require(who, "reply")
    if reach.own(desk, who, id).wrapped is None:
        raise Missing
    return _given(desk, who, id, now)


def typed(text: str) -> str:
    """The digits of a code however it was typed or pasted, in whatever script; "" when they are not six."""
    found = "".join(str(unicodedata.decimal(each, "")) for each in text)
    return found if len(found) == DIGITS else ""


def use(desk: Desk, tx: Tx, clinic_id: str, conversation_id: str, code: str, now: int) -> bool:
    """Use the code up, if it is the one that counts."""
    row = returns.code(tx, clinic_id, conversation_id)
    return (row is not None and row.expires_at > now
            and desk.vouched(row.code_mac, *_facts(clinic_id, conversation_id, row.expires_at, code))
            and returns.drop_code(tx, clinic_id, conversation_id))


def _given(desk: Desk, who: Who, id: str, now: int) -> Given:
    given = Given(f"{secrets.randbelow(10 ** DIGITS):0{DIGITS}d}", now + MINUTES * MINUTE)
    mac = desk.vouch(*_facts(who.clinic_id, id, given.until, given.code))
    written = entry(desk, who, "return.code", "conversation", id, now, event=False)

    def write(tx: Tx) -> None:
        returns.put_code(tx, who.clinic_id, id, mac, given.until)
        written.write(tx)

    desk.database.write(write)
    return given


def _facts(clinic_id: str, conversation_id: str, expires_at: int, code: str) -> tuple:
    return "return_codes", clinic_id, conversation_id, expires_at, code
