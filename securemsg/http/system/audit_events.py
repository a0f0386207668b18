"""Who did what: the clinic's audit log, for whoever watches over it."""

from typing import Any
from urllib.parse import urlencode

import orjson
from flask import request
from werkzeug import Response

from securemsg.desk.audit import fhir
from securemsg.desk.system import trail
from securemsg.errors import Refused
from securemsg.http.here import desk
from securemsg.http.operations import Given, operation
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import blueprint, caller

_FHIR = "application/fhir+json"
_FILTERS = {"action": "action", "actor": "actor_id", "actor_kind": "actor_kind", "object": "object_id", "outcome": "outcome",
            "from": "from_at", "to": "to_at"}


@blueprint.get("/audit-events")
@operation("Read the audit log", "audit", "audit:read", query=asked.AUDIT_EVENTS, budget="api", problems=(Refused,),
           gives=Given(200, "A page of it.", shapes.AUDIT_EVENTS, ("Link",), other_type=_FHIR))
def audit_events() -> Response:
    """The newest first, each verified. That you read it is recorded in it. A page looks through some thousand events: with a
    filter that few fit it may hold fewer than `limit`, or none, while `next` leads on. With `Accept: application/fhir+json` the
    same page is a FHIR R4 Bundle of AuditEvents, after IHE's Basic Audit Log Patterns."""
    me = caller("audit")
    found = asked.query(asked.AUDIT_EVENTS)
    items, cursor = trail.page(desk(), me.who, _wanted(found), found["cursor"], found["limit"], desk().clock())
    if request.accept_mimetypes.best == _FHIR:
        return _as_fhir(items, cursor)
    return answers.listed([answers.timed(item) for item in items], cursor)


def _as_fhir(items: list[dict[str, Any]], cursor: str | None) -> Response:
    public, path = desk().settings.public_url, desk().settings.public_url + request.path
    here = f"{path}?{urlencode(request.args.to_dict())}"
    following = f"{path}?{urlencode({**request.args.to_dict(), 'cursor': cursor})}" if cursor else None
    return Response(orjson.dumps(fhir.bundle(items, public, here, following)), mimetype=_FHIR)


def _wanted(found: dict[str, Any]) -> dict[str, object]:
    values = {column: found[name] for name, column in _FILTERS.items() if name in found}
    return {column: value if isinstance(value, int) else str(value) for column, value in values.items()}
