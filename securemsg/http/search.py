"""The search page of staff: one box, and the conversations found with a few words around each place."""

import select

from flask import request, url_for
from gevent.monkey import get_original
from werkzeug import Response

from securemsg.desk import thread
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.search.portions import Start
from securemsg.desk.search.results import Place, Result
from securemsg.desk.search.search import Found, search
from securemsg.desk.system.holders import authors
from securemsg.errors import Error, Limited, Refused, Unavailable
from securemsg.http import auth, entries, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = behind("search")


@blueprint.get("/search")
def page(slug: str) -> Response:
    """Without a question it shows the empty box; with one it looks, PAGE conversations or a few seconds at a time."""
    home, me = auth.staff(slug, may="search")
    asked, before = request.args.get("q", ""), request.args.get("before", "")
    if before:
        Start.read(before)
    try:
        if asked.strip():
            spend("search", home, me.person.id)
            return _shown(home, me, asked, search(desk(), me.who, asked, before, desk().clock(), still_there))
    except (Refused, Limited, Unavailable) as error:
        return pages.again(_shown(home, me, asked, None, error), error)
    return _shown(home, me, "", None)


def still_there() -> bool:
    """Whether whoever asked still holds the connection. Only gunicorn gives us its socket; elsewhere we cannot know."""
    connection = request.environ.get("gunicorn.socket")
    if connection is None:
        return True
    watched = get_original("select", "poll")()  # gevent's knows of no hanging up
    watched.register(connection.fileno(), select.POLLRDHUP)
    return not watched.poll(0)


def _shown(home: Clinic, me: Session, asked: str, found: Found | None, error: Error | None = None) -> Response:
    names = authors(desk(), home.id)
    on = found and found.before and url_for("search.page", slug=home.slug, q=asked, before=found.before)
    return pages.page(
        "search.html", **views.frame(home, me), asked=asked, glass=me.who.may("break_glass"), found=found, on_url=on,
        errors=pages.told(error) if error else {},
        results=[_result(home, me, result, names) for result in found.results] if found else [],
        strange=[(row.reference, _url(home, row.id)) for row in found.strange] if found else [])


def _result(home: Clinic, me: Session, result: Result, names: dict) -> dict:
    row = result.conversation
    return {"row": views.line(row, _url(home, row.id), names, views.labels(home), me),
            "places": [_place(home, result, place, names) for place in result.places]}


def _place(home: Clinic, result: Result, place: Place, names: dict) -> dict:
    row, is_said = result.conversation, place.kind in ("message", "note")
    author, plugin = names.get(place.author_id), (place.author_id or "").partition(":")[2]
    # An entry so far back that the page of the newest does not hold it is on an earlier page, as its last.
    before = place.seq + 1 if place.kind == "message" and place.seq <= row.last_seq - thread.PAGE else None
    return {"kind": place.kind, "by": author.name if author else entries.title(plugin) if plugin else None,
            "author_kind": place.author_kind, "at": place.at if is_said else None, "parts": place.parts,
            "url": _url(home, row.id, before, f"m-{place.id}" if is_said else "newest")}


def _url(home: Clinic, id: str, before: int | None = None, anchor: str | None = "newest") -> str:
    return url_for("staff.conversation", slug=home.slug, conversation=id, before=before, _anchor=anchor)
