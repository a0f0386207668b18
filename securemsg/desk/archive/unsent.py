"""Replies that waited to go out when the archive was made: each may have been sent or taken back since, so none is sent."""

from securemsg.desk import drafts, held, sending
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.errors import Unverified
from securemsg.store import Row, Tx, conversations, pending


def give_back(desk: Desk, tx: Tx, now: int) -> int:
    """Make a draft of each, for who wrote it; how many. It is on record, and stands in the conversation."""
    return sum(_given_back(desk, tx, row, now) for row in pending.everything(tx))


def _given_back(desk: Desk, tx: Tx, row: Row, now: int) -> bool:
    before, writer = conversations.one(tx, row.clinic_id, row.conversation_id), Who("staff", row.clinic_id, row.person_id)
    try:
        text = held.content(desk, before, row)["text"]
    except Unverified:
        text = ""
    if text:
        stored = pending.draft(tx, row.clinic_id, row.conversation_id, row.person_id)
        drafts.returned(desk, writer, before, text, stored, now)(tx)
    pending.take(tx, row.clinic_id, row.id)
    sending.settled(tx, sending.withheld(desk, row, "refused" if text else "failed", now, given_back=bool(text)), row.id)
    return bool(text)
