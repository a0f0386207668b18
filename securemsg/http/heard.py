"""What a stream of staff says of a signal: which conversation changed and who types there, to those who have it in reach."""

from collections.abc import Iterator

import orjson

from securemsg.desk import Desk, people, reach
from securemsg.desk.access import Who
from securemsg.http.stream import event
from securemsg.live import Signal


def heard(desk: Desk, who: Who, signal: Signal) -> Iterator[str]:
    """Its events. Where a conversation out of reach changed, only that the list is to be looked at again, without a name: it may
    have left this person's reach just now."""
    if signal.kind in ("changed", "opened", "typing"):
        if reach.includes(desk, who, signal.conversation_id or "", "events"):
            yield from _named(desk, who, signal)
        elif signal.kind == "changed":
            yield event("opened", "{}")


def _named(desk: Desk, who: Who, signal: Signal) -> Iterator[str]:
    if signal.kind != "typing":
        yield event(signal.kind, f'{{"conversation":"{signal.conversation_id}"}}')
    elif person := people.everyone(desk, who.clinic_id).get(signal.person_id or ""):
        told = {"conversation": signal.conversation_id, "person": person.id, "name": person.name, "typing": bool(signal.seq)}
        yield event("typing", orjson.dumps(told).decode())
