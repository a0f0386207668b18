"""What could not be delivered and waits for a person: listed, tried again or let go. Ids and kinds only; no word of a letter."""

from collections.abc import Callable

from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.reach import own
from securemsg.errors import Missing
from securemsg.store import Row, Tx, deliveries
from securemsg.words import say

MOST = 200  # of a page
_GONE = say("This is not waiting any more: somebody was quicker, or it was erased.")


def set_aside(desk: Desk, who: Who, conversation_id: str | None = None, limit: int = MOST) -> list[Row]:
    """Of a conversation, for who works there, or of the clinic, for its owner; the newest first. Rows of `id plugin hook target
    event conversation_id due_at attempts gave_up_at fault`."""
    require(who, "inbox" if conversation_id else "clinic")
    return desk.database.read(lambda tx: deliveries.aside(tx, who.clinic_id, conversation_id, limit))


def retry(desk: Desk, who: Who, id: str, now: int, conversation_id: str | None = None) -> None:
    """Deliver it after all, from its first try on. Missing when it does not wait any more, or not on this conversation's page."""
    _decide(desk, who, "delivery.retried", deliveries.try_again, _waiting(desk, who, id, conversation_id), now)


def dismiss(desk: Desk, who: Who, id: str, now: int, conversation_id: str | None = None) -> None:
    """Let it go: it is never delivered, and what it held is gone. Missing as for `retry`."""
    _decide(desk, who, "delivery.dismissed", deliveries.dismiss, _waiting(desk, who, id, conversation_id), now)


def retry_all(desk: Desk, who: Who, now: int) -> int:
    """Everything of the clinic, by its owner; how many."""
    require(who, "clinic")
    ids = desk.database.read(lambda tx: deliveries.all_aside(tx, who.clinic_id))
    written = entry(desk, who, "delivery.retried", "clinic", who.clinic_id, now, objects=tuple(("delivery", id) for id in ids),
                    event=False)

    def write(tx: Tx) -> bool:
        return sum(deliveries.try_again(tx, who.clinic_id, id, now) for id in ids) > 0

    desk.database.write(written.after(write))
    return len(ids)


def _waiting(desk: Desk, who: Who, id: str, conversation_id: str | None) -> str:
    """Its id, where it waits in the conversation whose page asks; on the owner's page (None) any of the clinic's."""
    if conversation_id or not who.may("clinic"):
        require(who, "reply")
    row = desk.database.read(lambda tx: deliveries.one_aside(tx, who.clinic_id, id))
    if row is None or (conversation_id and row.conversation_id != conversation_id):
        raise Missing(_GONE)
    if row.conversation_id and (conversation_id or not who.may("clinic")):
        own(desk, who, row.conversation_id)
    return id


def _decide(desk: Desk, who: Who, action: str, change: Callable[[Tx, str, str, int], bool], id: str, now: int) -> None:
    written = entry(desk, who, action, "delivery", id, now, event=False)
    if not desk.database.write(written.after(lambda tx: change(tx, who.clinic_id, id, now))):
        raise Missing(_GONE)


def standing(desk: Desk, who: Who, now: int) -> dict[str, Row]:
    """How the deliveries of each plugin stand in this clinic, by its name: rows of `plugin due failing aside fault`."""
    require(who, "clinic")
    return {row.plugin: row for row in desk.database.read(lambda tx: deliveries.standing(tx, who.clinic_id, now))}
