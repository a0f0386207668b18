"""What happens in the clinic, as it happens: a stream of ids, resumed by number; or the same as pages."""

from collections.abc import Iterator

import orjson
from flask import request
from werkzeug import Response

from securemsg.desk.door import staff_sessions
from securemsg.desk.system import events as desk_events
from securemsg.desk.system import holders
from securemsg.errors import BadRequest, Conflict, Refused, Unknown
from securemsg.http import cookies
from securemsg.http.here import desk
from securemsg.http.operations import Event, Given, operation
from securemsg.http.shapes import END
from securemsg.http.stream import event, follow
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import Caller, blueprint, caller
from securemsg.live import Signal
from securemsg.times import rfc3339

_STREAM, _PAGES = "text/event-stream", "application/json"
_AT_ONCE = 200  # events out of the database; a slow reader gets no more before it has taken these
_NEWS = (Event("hello", shapes.HELLO, "Where the stream begins.", id="the number behind which it begins"),
         Event("happened", shapes.HAPPENED, "Something happened; fetch what with your own authority.", id="the event's number"),
         Event("end", END, "The token or session has ended; do not come back with it."))


@blueprint.get("/events")
@operation("Hear of events", "events", "events:read", query=asked.EVENTS, takes=("Last-Event-ID",), budget="api",
           gives=Given(200, "A page; or the stream, one event after the other.", shapes.EVENTS, ("Link",), _NEWS),
           problems=(Refused, Conflict))
def events() -> Response:
    """As pages; or, for `Accept: text/event-stream`, as a stream that tells each event once, in order, without gaps. It ends
    after some minutes, and goes on behind the `Last-Event-ID` that you come back with."""
    streams = request.accept_mimetypes.best_match((_PAGES, _STREAM)) == _STREAM
    me = caller("events", "stream" if streams else "api")
    found = asked.query(asked.EVENTS)
    after = _last_heard() if "Last-Event-ID" in request.headers else found["after"]
    if streams:
        return _stream(me, desk_events.begin(desk(), me.who, after))
    rows, cursor = desk_events.page(desk(), me.who, after or 0, found["cursor"], found["limit"])
    return answers.listed([_told(row) for row in rows], cursor)


def _stream(me: Caller, after: int) -> Response:
    here, told = desk(), [after]

    def news() -> Iterator[str]:
        """Each number once, in order, whatever woke the stream."""
        while rows := desk_events.following(here, me.who, told[0], _AT_ONCE):
            for row in rows:
                told[0] = row.number
                yield event("happened", orjson.dumps(_told(row)).decode(), row.number)

    def first() -> Iterator[str]:
        yield event("hello", f'{{"after":{after}}}', after)
        yield from news()

    def written(signal: Signal) -> Iterator[str]:
        if signal.kind == "numbered":
            yield from news()

    topics = ((desk_events.TOPIC, me.home.id), ("token" if me.who.kind == "system" else "session", me.who.session_id))
    return follow(here, topics, first, written, _alive(me))


def _alive(me: Caller):
    """Whether token or session has not ended: asked at each beat, from outside of the request."""
    here, token = desk(), "" if me.who.kind == "system" else cookies.held("staff", me.home.slug)

    def alive() -> bool:
        if me.who.kind == "system":
            return holders.is_alive(here, me.who, here.clock())
        try:
            return staff_sessions.session(here, me.home, token, "", None, here.clock(), use=False).who.may("events")
        except Unknown:
            return False

    return alive


def _last_heard() -> int:
    text = request.headers["Last-Event-ID"]
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise BadRequest("An event's number is a whole number.")
    return int(text)


def _told(row) -> dict:
    return {"number": row.number, "kind": row.kind, "conversation": row.conversation_id, "object": row.object_id, "seq": row.seq,
            "at": rfc3339(row.happened_at)}
