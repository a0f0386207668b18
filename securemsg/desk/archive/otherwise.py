"""What lies sealed in a way of its own: the ready replies of a clinic, and what plugins keep, schedule, assign and send."""

from collections.abc import Callable

from securemsg.desk import thread
from securemsg.desk.canned import templates
from securemsg.desk.deliveries import telling
from securemsg.desk.desk import Desk
from securemsg.desk.plugin import kept, letters, tasks, todos
from securemsg.errors import Unverified
from securemsg.store import Row, conversations

REPORT = "delivered"  # the hook of a row that says how a letter went


def _kept(desk: Desk, row: Row) -> None:
    if row.conversation_id is None:
        kept.opened(kept.in_clinic(desk, row.clinic_id), row)
    else:
        conversation = _conversation(desk, row)
        kept.opened(kept.in_conversation(thread.keys_of(desk, conversation, kept=False), conversation), row)


def _task(desk: Desk, row: Row) -> None:
    (todos if row.for_staff else tasks).opened(desk, _conversation(desk, row), row)


def _delivery(desk: Desk, row: Row) -> None:
    (telling.said if row.hook == REPORT else letters.unsealed)(desk, row)


def _template(desk: Desk, row: Row) -> None:
    templates.content(desk, row.clinic_id, row)


def _conversation(desk: Desk, row: Row) -> Row:
    found = desk.database.read(lambda tx: conversations.one(tx, row.clinic_id, row.conversation_id))
    if found is None:
        raise Unverified
    return found


OPENS: dict[tuple[str, str], Callable[[Desk, Row], None]] = {
    # table and column: opens the value of a row, or raises Unverified
    ("kept", "sealed"): _kept, ("tasks", "sealed"): _task, ("outbox", "sealed"): _delivery, ("templates", "sealed"): _template}
