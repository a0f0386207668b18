"""Nobody answers or closes on an old view: what came since is said, and the person decides again."""

from math import ceil

from securemsg.desk import thread
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.system.holders import authors
from securemsg.errors import Conflict
from securemsg.store import Row, pending
from securemsg.times import SECOND
from securemsg.words import say

_KEPT = say("Your text is kept: read what is new, then decide.")
_ANSWERED = say("{name} has answered in the meantime. {kept}", kept=_KEPT)
_DID = {"system.claimed": say("{name} has taken this conversation in the meantime. {kept}", kept=_KEPT),
        "system.closed": say("{name} has closed this conversation in the meantime. {kept}", kept=_KEPT),
        "system.reopened": say("{name} has reopened this conversation in the meantime. {kept}", kept=_KEPT)}

_FOR_PROGRAMS = ("Somebody at the clinic is sending an answer just now. Wait as many seconds as Retry-After says, read what was"
                 " said, then decide again.")


def refuse(desk: Desk, who: Who, before: Row, seen: int) -> None:
    """Conflict when the visitor or a colleague did anything after message number `seen`, the last that `who` has seen; also when
    there is no such message, which nobody has seen, or when there is more since than is looked through."""
    rows = thread.unseen(desk, before, seen)
    if any(row.author_kind == "visitor" for row in rows):
        raise Conflict(say("The visitor has written again in the meantime. {kept}", kept=_KEPT))
    others = [row for row in rows if row.author_id not in (None, who.id)]
    if others:
        answers = [row for row in others if row.kind not in _DID]
        told = (answers or others)[-1]  # an answer counts for more than who took or closed it
        raise Conflict(_DID.get(told.kind, _ANSWERED).format(name=name(desk, who.clinic_id, told.author_id)))


def refuse_beside(desk: Desk, who: Who, before: Row) -> None:
    """Conflict while somebody's answer is on its way."""
    row = desk.database.read(lambda tx: pending.one(tx, before.clinic_id, before.id))
    if row is not None and who.kind == "system":
        raise Conflict(_FOR_PROGRAMS, retry_after_seconds=max(1, ceil((row.due_at - desk.clock()) / SECOND)))
    if row is not None and row.person_id != who.id:
        who_sends = name(desk, who.clinic_id, row.person_id)
        raise Conflict(say("{name} is sending an answer just now: it stands among the messages. {kept}",
                           name=who_sends, kept=_KEPT))
    if row is not None:
        raise Conflict(say("Your answer before this one is still on its way."), retry_after_seconds=1)


def name(desk: Desk, clinic_id: str, author_id: str) -> str:
    """A colleague's name, or a system's label."""
    author = authors(desk, clinic_id).get(author_id)
    return author.name if author else say("Somebody else")
