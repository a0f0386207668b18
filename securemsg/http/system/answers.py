"""What the API answers, from what the desk says: times as text, lists with their next page, entity tags."""

from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug import Response

from securemsg.desk.access import Who
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.times import rfc3339

_MOMENTS = ("waiting_since", "opened_at", "updated_at", "closed_at", "at")


def timed(facts: dict[str, Any]) -> dict[str, Any]:
    """What the desk tells of a conversation or an audit event, with its times as text (RFC 3339)."""
    return {name: rfc3339(value) if name in _MOMENTS and value is not None else value for name, value in facts.items()}


def listed(items: list[dict], cursor: str | None) -> Response:
    """A page of a list: its items, and where the next page is, in the body and as a Link (RFC 8288)."""
    answer = schemas.answer({"items": items, "next": cursor})
    if cursor:
        query = urlencode({**request.args.to_dict(), "cursor": cursor})
        answer.headers["Link"] = f'<{desk().settings.public_url}{request.path}?{query}>; rel="next"'
    return answer


def etag(who: Who, version: int) -> str:
    """Names a conversation's state as `who` sees it: with a name in it, or without."""
    return f'"{version}-named"' if who.may("read") else f'"{version}"'


def tag(facts: dict[str, Any]) -> str:
    """Names the state of a pool or a ready reply; also what is told of it and changes without anybody's doing."""
    beside = "-unseen" if facts.get("unseen") else "" if facts.get("verified", True) else "-altered"
    return f'"{facts["version"]}{beside}"'


def tag_of(who: Who, current: dict[str, Any]) -> str:
    """Names the present state of whatever was not as it was seen."""
    return etag(who, current["version"]) if "last_seq" in current else tag(current)


def tagged(answer: Response, tag: str) -> Response:
    answer.headers["ETag"] = tag
    return answer


def stated(facts: dict[str, Any], status: int = 200) -> Response:
    """A pool or a ready reply, with the name of its state."""
    return tagged(schemas.answer(facts, status), tag(facts))


def unchanged(tag: str) -> Response | None:
    """304 for who has just this (If-None-Match); it discloses nothing."""
    known = request.if_none_match
    if not known or not (known.star_tag or known.contains_weak(tag.strip('"'))):
        return None
    return tagged(Response(status=304), tag)
