"""Conversations: a list, one, and changes on condition that it is as it was seen."""

from typing import Any

from werkzeug import Response

from securemsg.desk.system import changing, conversations
from securemsg.desk.system.changing import Change
from securemsg.desk.system.conversations import Wanted
from securemsg.errors import BadRequest, ConditionNeeded, Conflict, Refused, Stale, Unverified
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.http.operations import ok, operation
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import blueprint, caller

_FILTERS = ("category", "urgency", "waiting_on", "opened_since", "updated_since")


@blueprint.get("/conversations", endpoint="conversations")
@operation("List conversations", "conversations", "conversations:read", query=asked.CONVERSATIONS, budget="api",
           gives=ok(shapes.CONVERSATIONS, "Link"), problems=(Refused,))
def some() -> Response:
    """Facts only: no list opens a name or a word. A conversation that changes its place in the order while you page may be listed
    again or passed over; sorted by `opened` none changes it, and each is listed once."""
    me = caller("inbox")
    found = asked.query(asked.CONVERSATIONS)
    items, cursor = conversations.page(desk(), me.home, me.who, _wanted(found), found["cursor"], found["limit"])
    return answers.listed([answers.timed(item) for item in items], cursor)


@blueprint.get("/conversations/<uuid:conversation>")
@operation("One conversation", "conversations", "conversations:read", query=asked.NONE, takes=("If-None-Match",), budget="api",
           gives=ok(shapes.CONVERSATION, "ETag"), problems=(Refused,))
def conversation(conversation) -> Response:
    """Its facts, and who wrote it for whoever may read messages: that is recorded, with each answer but 304."""
    me = caller("inbox")
    asked.query(asked.NONE)
    row = conversations.one(desk(), me.who, str(conversation))
    tag = answers.etag(me.who, row.version)
    if unchanged := answers.unchanged(tag):
        return unchanged
    shown = conversations.shown(desk(), me.home, me.who, row, desk().clock())
    return answers.tagged(schemas.answer(answers.timed(shown)), tag)


@blueprint.patch("/conversations/<uuid:conversation>")
@operation("Change a conversation", "conversations", "conversations:write", body=asked.CHANGE, query=asked.NONE, budget="api",
           takes=("Idempotency-Key", "If-Match"), gives=ok(shapes.STANDING, "ETag"),
           problems=(Stale, ConditionNeeded, Conflict, Unverified, BadRequest))
def change(conversation) -> Response:
    """Close it with a reason, open it again, say how urgent it is, hand it back or (as a person) take it. Where somebody else was
    quicker nothing is done: 412, with the present state as `current`."""
    me = caller("claim")
    asked.query(asked.NONE)
    wanted = schemas.body(asked.CHANGE)
    if wanted.get("claimed_by"):
        wanted["claimed_by"] = str(wanted["claimed_by"])
    done = changing.change(desk(), me.home, me.who, str(conversation), Change(wanted), asked.expected(),
                           schemas.idempotency_key(), desk().clock())
    return answers.tagged(schemas.answer(answers.timed(done)), answers.etag(me.who, done["version"]))


def _wanted(found: dict[str, Any]) -> Wanted:
    """The query as the desk takes it."""
    filters: dict[str, object] = {name: found[name] for name in _FILTERS if name in found}
    if "reference" in found:
        filters["reference"] = found["reference"].upper()
    if "state" in found:
        filters[found["state"]] = True
    if (holder := found.get("claimed_by", "").lower()) == "nobody":
        filters["unclaimed"] = True
    elif holder:
        filters["claimed_by"] = holder
    return Wanted(filters, found["sort"], found["order"] == "desc")
