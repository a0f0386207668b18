"""Who did what: the clinic's audit log, for whoever watches over it."""

from typing import Any

from werkzeug import Response

from securemsg.desk.system import trail
from securemsg.errors import Refused
from securemsg.http.here import desk
from securemsg.http.operations import ok, operation
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import blueprint, caller

_FILTERS = {"action": "action", "actor": "actor_id", "actor_kind": "actor_kind", "object": "object_id", "outcome": "outcome",
            "from": "from_at", "to": "to_at"}


@blueprint.get("/audit-events")
@operation("Read the audit log", "audit", "audit:read", query=asked.AUDIT_EVENTS, gives=ok(shapes.AUDIT_EVENTS, "Link"),
           budget="api", problems=(Refused,))
def audit_events() -> Response:
    """The newest first, each verified. That you read it is recorded in it. A page looks through some thousand events: with a
    filter that few fit it may hold fewer than `limit`, or none, while `next` leads on."""
    me = caller("audit")
    found = asked.query(asked.AUDIT_EVENTS)
    items, cursor = trail.page(desk(), me.who, _wanted(found), found["cursor"], found["limit"], desk().clock())
    return answers.listed([answers.timed(item) for item in items], cursor)


def _wanted(found: dict[str, Any]) -> dict[str, object]:
    values = {column: found[name] for name, column in _FILTERS.items() if name in found}
    return {column: value if isinstance(value, int) else str(value) for column, value in values.items()}
