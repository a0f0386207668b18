"""Nobody answers or closes on an old view: what came since is said, and the person decides again."""

from securemsg.desk import thread
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.system.holders import authors
from securemsg.errors import Conflict
from securemsg.store import Row, conversations, pending

_KEPT = "Your text is kept: read what is new, then decide."
_DID = {"system.claimed": "has taken this conversation", "system.closed": "has closed this conversation",
        "system.reopened": "has reopened this conversation"}


def refuse(desk: Desk, who: Who, before: Row, seen: int) -> None:
    """Conflict when the visitor or a colleague did anything after message number `seen`, the last that `who` has seen."""
    if before.last_seq <= seen:
        return
    rows = desk.database.read(lambda tx: conversations.messages(tx, before.clinic_id, before.id, seen + 1, thread.PAGE))
    if any(row.author_kind == "visitor" for row in rows):
        raise Conflict(f"The visitor has written again in the meantime. {_KEPT}")
    others = [row for row in rows if row.author_id not in (None, who.id)]
    if others:
        answers = [row for row in others if row.kind not in _DID]
        told = (answers or others)[-1]  # an answer counts for more than who took or closed it
        did = _DID.get(told.kind, "has answered")
        raise Conflict(f"{name(desk, who.clinic_id, told.author_id)} {did} in the meantime. {_KEPT}")


def refuse_beside(desk: Desk, who: Who, before: Row) -> None:
    """Conflict while somebody's answer is on its way."""
    row = desk.database.read(lambda tx: pending.one(tx, before.clinic_id, before.id))
    if row is not None and row.person_id != who.id:
        who_sends = name(desk, who.clinic_id, row.person_id)
        raise Conflict(f"{who_sends} is sending an answer just now: it stands among the messages. {_KEPT}")
    if row is not None:
        raise Conflict("Your answer before this one is still on its way.", retry_after_seconds=1)


def name(desk: Desk, clinic_id: str, author_id: str) -> str:
    """A colleague's name, or a system's label."""
    author = authors(desk, clinic_id).get(author_id)
    return author.name if author else "Somebody else"
