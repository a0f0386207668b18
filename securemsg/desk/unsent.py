"""A reply that could not be sent is told where it should have gone out, until somebody answers there."""

from dataclasses import dataclass

import orjson

from securemsg.desk.desk import Desk
from securemsg.desk.thread import Message
from securemsg.store import Row, audit


@dataclass(frozen=True, slots=True)
class Withheld:
    """Who wrote it, and whether its text is this person's draft now; if not, nobody can read it any more."""

    person_id: str
    is_draft: bool


def withheld(desk: Desk, clinic_id: str, trail: list[Row], messages: list[Message]) -> Withheld | None:
    """The newest that `trail`, the conversation's audit rows from the newest on, tells of; None where staff wrote since."""
    line = next((line for line in trail if line.action == "reply.withheld"), None)
    if line is None or any(_answers(each) and (each.received_at or 0) > line.happened_at for each in messages):
        return None
    told = dict(orjson.loads(desk.database.read(lambda tx: audit.objects_of(tx, clinic_id, line.id)) or "[]"))
    return Withheld(told.get("person", ""), "draft" in told)


def _answers(message: Message) -> bool:
    """Whether somebody wrote it, if only by a plugin's tool: what a plugin says by itself has no author."""
    return message.author_kind in ("staff", "plugin") and message.author_id is not None
