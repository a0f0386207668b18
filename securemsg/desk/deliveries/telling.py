"""What a hook is handed for a row of the outbox: made of ids, so that it is what is true now, not when the row was written."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from securemsg import given
from securemsg.crypto.envelope import Place, key_version, seal, unseal
from securemsg.desk.desk import Desk
from securemsg.desk.listening import hooks
from securemsg.desk.plugin import PluginDesk
from securemsg.errors import Missing, Unverified
from securemsg.store import Row, deliveries
from securemsg.store.ids import new_id

Values = dict[str, Any]
_ABOUT = ("plugin", "target", "conversation_id", "object_id")  # which letter a report is of


def values(desk: Desk, mine: PluginDesk, row: Row) -> Values | None:
    """The hook's arguments beside the desk; None where there is nothing to tell any more: cancelled, or erased since. Unverified
    where it is not what becomes of the event that it names, or not as it was written: somebody has put it there."""
    try:
        return _BY_HOOK[row.hook](desk, mine, row)
    except Missing:
        return None


def report(desk: Desk, row: Row, outcome: str, status: int | None, now: int) -> dict[str, Any]:
    """A row that tells the plugin how its letter went."""
    id = new_id()
    about = dict(zip(_ABOUT, (row.plugin, row.target, row.conversation_id, row.id), strict=True))
    said = {"outcome": outcome, "attempts": row.attempts, "status": status, "at": now, "about": about}
    return {**about, "clinic_id": row.clinic_id, "id": id, "lane": row.plugin, "hook": "delivered", "event_id": None,
            "event": row.event, "due_at": now,
            "sealed": seal(desk.keys.data(row.clinic_id), _place(row.clinic_id, id), orjson.dumps(said))}


def said(desk: Desk, row: Row) -> dict[str, Any]:
    """What such a row says; Unverified when it was altered, or is to tell of another letter than the one that it was made for."""
    said = orjson.loads(unseal(desk.keys.data(row.clinic_id, key_version(row.sealed)), _place(row.clinic_id, row.id), row.sealed))
    if said.pop("about", None) != {name: getattr(row, name) for name in _ABOUT}:
        raise Unverified
    return said


def _place(clinic_id: str, id: str) -> Place:
    return Place("outbox", "sealed", clinic_id, id, "report")


def _event(desk: Desk, row: Row, by: Callable[[Row], str] = lambda event: "") -> Row:
    """What it tells of, if that is told so; `by` finds out whose doing it was, where that counts."""
    event = desk.database.read(lambda tx: deliveries.happened(tx, row.clinic_id, row.event_id))
    if event is None:
        raise Missing
    if event.conversation_id != row.conversation_id or row.hook not in hooks(event.kind, by(event)):
        raise Unverified
    return event


def _message(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    event = _event(desk, row, lambda event: mine.message(event.object_id).author_kind)
    message = mine.message(event.object_id)
    if message.conversation != event.conversation_id:
        raise Unverified
    return {"message": message, "at": event.happened_at}


def _closed(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    return {"conversation": mine.conversation(row.conversation_id), "at": _event(desk, row).happened_at}


def _erased(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    """Of one that is not erased a plugin must forget nothing."""
    with suppress(Missing):
        mine.conversation(row.conversation_id)
        raise Unverified
    return {"conversation": row.conversation_id, "at": _event(desk, row).happened_at}


def _new_browser(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    event = _event(desk, row)
    return {"person": event.object_id, "at": event.happened_at}


def _happened(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    event = _event(desk, row)
    return {"event": given.Event(event.id, row.clinic_id, event.kind, event.happened_at, event.conversation_id, event.object_id,
                                 event.seq, event.number)}


def _due(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    task = mine.task(row.object_id)
    due = desk.database.read(lambda tx: deliveries.task_due_at(tx, row.clinic_id, row.object_id))
    if task is None or due is None:
        raise Missing
    mine.finished(task.id)
    return {"task": task, "at": due}


def _delivered(desk: Desk, mine: PluginDesk, row: Row) -> Values:
    told = said(desk, row)
    delivery = given.Delivery(row.object_id, row.target, told["outcome"], told["attempts"], told["status"])
    return {"delivery": delivery, "at": told["at"]}


_BY_HOOK: dict[str, Callable[[Desk, PluginDesk, Row], Values]] = {
    "message_received": _message, "reply_sent": _message, "conversation_closed": _closed, "conversation_erased": _erased,
    "new_browser": _new_browser, "happened": _happened, "task_due": _due, "delivered": _delivered}
