"""Watching over a clinic: the audit log by person or conversation, what stood out, a sample to sign, and broken glass."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import glass, people
from securemsg.desk.audit import review, spreadsheet
from securemsg.desk.audit.accepted import accepted
from securemsg.desk.audit.unusual import unusual
from securemsg.desk.clinics import Clinic
from securemsg.desk.door import step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.system import trail
from securemsg.errors import BadRequest, Error, Missing, Refused
from securemsg.http import auth, buttons, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.http.oversight_views import acts, found_by, lines, references, shown_glass, shown_sample, shown_unusual

blueprint = behind("oversight", "/audit")
VIEWS = ("log", "unusual", "sample", "glass")
_PAGE, _SHEET = 50, 1_000  # rows


@blueprint.get("/")
def page(slug: str) -> Response:
    home, me = auth.staff(slug, may="audit")
    view = request.args.get("view") or "log"
    if view not in VIEWS:
        raise BadRequest("There is no such page of the audit log.")
    return _SHOWN[view](home, me, None)


@blueprint.get("/events.csv")
def sheet(slug: str) -> Response:
    """What the log's page shows, up to a thousand rows, as a file."""
    home, me = auth.staff(slug, may="audit")
    step_up.require_recent(desk(), me, desk().clock())
    spend("sheet", home, me.person.id)
    events = trail.sheet(desk(), me.who, found_by(home, request.args), _SHEET, desk().clock())
    answer = Response(spreadsheet.table(events), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


@blueprint.post("/sign-off")
def sign_off(slug: str) -> Response:
    home, me = auth.staff(slug, may="review")
    with _pressed(home, me, "sample"):
        review.sign_off(desk(), me.who, home, pages.typed(request.form, "note"), desk().clock())
    return redirect(url_for("oversight.page", slug=slug, view="sample"), 303)


@blueprint.post("/glass/<uuid:broken>")
def looked_into(slug: str, broken) -> Response:
    home, me = auth.staff(slug, may="review")
    with _pressed(home, me, "glass"):
        glass.review(desk(), me.who, str(broken), pages.typed(request.form, "note"), desk().clock())
    return redirect(url_for("oversight.page", slug=slug, view="glass"), 303)


def _pressed(home: Clinic, me: Session, view: str) -> AbstractContextManager[None]:
    pages.form_key(request.form)
    return buttons.pressed(home, me, partial(_SHOWN[view], home, me))


def _page(home: Clinic, me: Session, view: str, error: Error | None, **parts: Any) -> Response:
    waiting = glass.waiting(desk(), me.who)
    return pages.page("oversight.html", **views.frame(home, me), view=view, errors=pages.told(error) if error else {},
                      form=request.form if error else {}, glass_waiting=len(waiting), may_review=me.who.may("review"),
                      breaks=accepted(desk(), me.who), **parts)


def _log(home: Clinic, me: Session, error: Error | None) -> Response:
    staff, asked = people.everyone(desk(), home.id), request.args
    try:
        wanted = found_by(home, asked)
        events, cursor = trail.page(desk(), me.who, wanted, asked.get("cursor"), _PAGE, desk().clock())
    except (Missing, Refused) as missing:
        events, cursor, error = [], None, missing
    kept = {name: text for name, text in asked.items() if name in ("person", "reference", "action") and text}
    beside = {"events": lines(home, events), "cursor": cursor, "asked": kept, "query": urlencode(kept),
              "staff": sorted(staff.values(), key=lambda each: each.name), "actions": acts()}
    return _page(home, me, "log", error, **beside)


def _unusual(home: Clinic, me: Session, error: Error | None) -> Response:
    found = unusual(desk(), me.who, home, desk().clock())
    return _page(home, me, "unusual", error, found=shown_unusual(home, found, references(home, found)))


def _sample(home: Clinic, me: Session, error: Error | None) -> Response:
    drawn = review.sample(desk(), me.who, home, desk().clock())
    return _page(home, me, "sample", error, sample=shown_sample(home, drawn))


def _glass(home: Clinic, me: Session, error: Error | None) -> Response:
    return _page(home, me, "glass", error, broken=shown_glass(home, me, glass.waiting(desk(), me.who)))


_SHOWN: dict[str, Callable[[Clinic, Session, Error | None], Response]] = {
    "log": _log, "unusual": _unusual, "sample": _sample, "glass": _glass}
