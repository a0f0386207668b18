"""What the API takes beside its paths: queries, bodies, conditions; strictly, so that no misspelt filter is passed over."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from flask import request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from securemsg.desk.staff import CLOSE_REASONS
from securemsg.desk.system.changing import URGENCIES
from securemsg.desk.system.conditions import Expected
from securemsg.errors import BadRequest, ConditionNeeded, Refused
from securemsg.http import schemas
from securemsg.http.operations import about
from securemsg.http.shaping import CONVERSATION_ID, MOMENT

MOST, USUAL = 100, 50  # items of a page
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_STRONG = re.compile(r'"([0-9a-f]{1,18})(?:-(?:named|unseen|altered))?"')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**53 - 1  # what every reader of JSON holds exactly


class Whole(fields.Integer):
    """A whole number as its digits: Python would take `1_000`, ` 5` and `٣` as well."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if not re.fullmatch(r"[0-9]{1,16}", str(value)):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **more)


class Query(schemas.Strict):
    """No unknown parameter passes."""

    error_messages: ClassVar = {  # type: ignore[misc]  # marshmallow collects them from the classes
        "unknown": "There is no such parameter here."}


class Page(Query):
    limit = Whole(load_default=USUAL, validate=validate.Range(1, MOST), metadata=about("How many at most.", USUAL))
    cursor = fields.String(load_default=None, validate=validate.Length(1, 512), metadata=about(
        "`next` of the page before this one, with the same filter and sort.", None))


class Conversations(Page):
    state = fields.String(validate=validate.OneOf(["open", "closed"]), metadata=about("Only those.", "open"))
    category = fields.String(validate=validate.Length(1, 64), metadata=about("A category's id.", "appointment"))
    urgency = fields.String(validate=validate.OneOf(URGENCIES), metadata=about("Only those.", "urgent"))
    waiting_on = fields.String(validate=validate.OneOf(["staff", "visitor", "nobody"]), metadata=about("Who is next.", "staff"))
    claimed_by = fields.String(validate=validate.Regexp(
        r"(nobody|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\Z", error="Please give a person's id, or nobody."),
        metadata=about("The id of who has taken them, or `nobody`.", "nobody"))
    reference = fields.String(validate=validate.Regexp(r"[0-9A-Za-z-]{1,20}\Z", error="A reference is like BF-PCH5."),
                              metadata=about("The short name, in capital or small letters.", "BF-PCH5"))
    opened_since = fields.AwareDateTime(format="iso", metadata=about("Opened at this time or later.", MOMENT))
    updated_since = fields.AwareDateTime(format="iso", metadata=about(
        "With a message, or somebody who claimed, closed or reopened it, at this time or later.", MOMENT))
    sort = fields.String(load_default="updated", validate=validate.OneOf(["updated", "opened", "waiting"]), metadata=about(
        "By the last message, by the first, or by how long they wait; then only those that wait are listed.", "updated"))
    order = fields.String(load_default="desc", validate=validate.OneOf(["asc", "desc"]), metadata=about("Which way.", "desc"))


class Messages(Page):
    after = Whole(load_default=0, validate=validate.Range(0, 2**31 - 1), metadata=about("Only messages numbered above.", 2))


class Events(Page):
    after = Whole(load_default=None, validate=validate.Range(0, _LARGEST), metadata=about(
        "Only events numbered above. Without it a list begins at the first, a stream with what comes from now on.", 41))


class AuditEvents(Page):
    class Meta(Query.Meta):
        include: ClassVar = {"from": fields.AwareDateTime(format="iso", metadata=about("At this time or later.", MOMENT))}

    action = fields.String(validate=validate.Regexp(r"[a-z_]{1,40}\.[a-z_]{1,40}\Z", error="An action is like message.sent."),
                           metadata=about("What was done.", "conversation.read"))
    actor = fields.UUID(metadata=about("Who did it: the id of a person, a session or a token.", CONVERSATION_ID))
    actor_kind = fields.String(validate=validate.OneOf(["visitor", "staff", "system", "service", "plugin"]), metadata=about(
        "What kind of actor.", "staff"))
    object = fields.UUID(metadata=about("What it was done to, or what was read: an id.", CONVERSATION_ID))
    outcome = fields.String(validate=validate.OneOf(["ok", "failed", "refused"]), metadata=about("How it ended.", "ok"))
    to = fields.AwareDateTime(format="iso", metadata=about("Before this time.", MOMENT))


class Reply(schemas.Strict):
    kind = fields.String(required=True, metadata=about("What kind it is.", "text"),
                         validate=validate.OneOf(["text"], error="This kind of message is not known here."))
    data = fields.Nested(schemas.Text, required=True)
    seen = schemas.Whole(strict=True, validate=validate.Range(0, 2**31 - 1), metadata=about(
        "The number of the newest message that the answer takes into account; instead of If-Match.", 1))


class Change(schemas.Different):
    """What is to be different; all of it, or nothing."""

    class Meta(schemas.Different.Meta):
        also: ClassVar = schemas.Different.Meta.also | {  # as `makes_sense` has it below
            "if": {"properties": {"state": {"const": "closed"}}, "required": ["state"]},
            "then": {"required": ["reason"]}, "else": {"not": {"required": ["reason"]}},
            "dependentSchemas": {"state": {"properties": {"claimed_by": {"type": "null"}}}}}
        example: ClassVar = {"state": "closed", "reason": "answered"}

    state = fields.String(validate=validate.OneOf(["open", "closed"]), metadata=about("Close it, or take it up again.", "closed"))
    reason = fields.String(validate=validate.OneOf(list(CLOSE_REASONS)), metadata=about(
        "Why it ends; only and always when it is closed.", "answered"))
    urgency = fields.String(validate=validate.OneOf(URGENCIES), metadata=about("How urgent it is.", "urgent"))
    claimed_by = fields.UUID(allow_none=True, metadata=about(
        "Null hands it back to whoever is free; staff may give their own id to take it.", None))

    @validates_schema
    def makes_sense(self, data: dict, **_: Any) -> None:
        if ("reason" in data) != (data.get("state") == "closed"):
            raise ValidationError("A reason belongs to `state` closed, and that needs one.", "reason")
        if "state" in data and data.get("claimed_by"):
            raise ValidationError("Take it, or change its state: one after the other.", "claimed_by")


CONVERSATIONS, MESSAGES, EVENTS, AUDIT_EVENTS, PAGE, NONE = Conversations(), Messages(), Events(), AuditEvents(), Page(), Query()
REPLY, CHANGE = Reply(), Change()


def query(schema: Schema) -> dict[str, Any]:
    """The parameters behind the question mark; Refused names one that is unknown, repeated or wrong. Times are microseconds."""
    repeated = {name: ["Please give this once."] for name, values in request.args.lists() if len(values) > 1}
    if repeated:
        raise Refused(errors=repeated)
    loaded = schemas.checked(schema, request.args.to_dict())
    return {name: _microseconds(value) if isinstance(value, datetime) else value for name, value in loaded.items()}


def expected(seen: int | None = None) -> Expected:
    """What the caller knows of the conversation: If-Match, or the last message `seen`. ConditionNeeded without either."""
    if "If-Match" not in request.headers and seen is not None:
        return Expected(seen=seen)
    return Expected(versions(), seen)


def versions() -> frozenset[int]:
    """The numbers that If-Match names; what is no version of anything matches nothing."""
    return frozenset(int(known) for known in names() if re.fullmatch(r"[0-9]{1,18}", known))


def names() -> frozenset[str]:
    """The states that If-Match names (RFC 9110, 13.1.1: strong ones), each without what is told beside it. ConditionNeeded where
    it names none."""
    header = request.headers.get("If-Match", "*")
    if header.strip() == "*":  # which would take any state for the one that was seen
        raise ConditionNeeded
    tags = _TAG.findall(header)
    if not tags or re.sub(r"[\s,]", "", header) != "".join(tags):
        raise BadRequest('If-Match holds entity tags, as "7".')
    return frozenset(found[1] for found in map(_STRONG.fullmatch, tags) if found)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
