"""Where a conversation is open: its devices, for the visitor on any of them, as a page and as JSON."""

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import places, return_codes
from securemsg.desk.places import Place
from securemsg.desk.visits import Visit
from securemsg.errors import Elsewhere, Error, Missing, Unknown
from securemsg.http import auth, contact_views, cookies, languages, pages, schemas, shapes, stale
from securemsg.http.here import desk
from securemsg.http.operations import VISITOR, nothing, ok, operation
from securemsg.times import rfc3339

blueprint = Blueprint("places", __name__)
blueprint.url_defaults(languages.keep)


@blueprint.get("/contact/<slug>/devices")
def everywhere(slug: str) -> Response:
    try:
        return _page(auth.visit("read"))
    except Unknown:
        return redirect(url_for("contact.page", slug=slug, gone="ended"), 303)


@blueprint.post("/contact/<slug>/devices/<uuid:session>/end")
def end_one(slug: str, session) -> Response:
    """Pressed twice it has ended all the same."""
    visit = auth.visit("read")
    stale.same_conversation(visit, request.form)
    try:
        places.end_one(desk(), visit, str(session), desk().clock())
    except Missing as error:
        return pages.again(_page(visit, error), error)
    return _after(visit, str(session) == visit.who.session_id)


@blueprint.post("/contact/<slug>/devices/end")
def end_all(slug: str) -> Response:
    """Sign out everywhere, here too."""
    visit = auth.visit("read")
    stale.same_conversation(visit, request.form)
    places.end_all(desk(), visit, desk().clock())
    return _after(visit, is_here=True)


@blueprint.get("/v1/conversation/sessions")
@operation("Where it is open", "visitor", VISITOR, gives=ok(shapes.SESSIONS), budget="read", problems=(Elsewhere,),
           takes=("Securemsg-Conversation",))
def listed() -> Response:
    """The sessions of this conversation that are alive, on all devices, used last first."""
    visit = auth.visit("read")
    found = places.everywhere(desk(), visit, desk().clock())
    return schemas.answer({"items": [_as_json(each) for each in found], "by_mail": return_codes.is_of_use(desk(), visit)})


@blueprint.delete("/v1/conversation/sessions")
@operation("Sign out everywhere", "visitor", VISITOR, gives=nothing("All have ended, for good."), budget="read",
           problems=(Elsewhere,), takes=("Securemsg-Conversation",))
def end_every() -> Response:
    """Here too. A code that waits for somebody counts no more."""
    visit = auth.visit("read")
    places.end_all(desk(), visit, desk().clock())
    return _gone(visit)


@blueprint.delete("/v1/conversation/sessions/<uuid:session>")
@operation("End one of the sessions", "visitor", VISITOR, gives=nothing("It has ended, for good."), budget="read",
           problems=(Elsewhere, Missing), takes=("Securemsg-Conversation",))
def end(session) -> Response:
    """What was open there closes within a second. One's own ends like the others."""
    visit = auth.visit("read")
    places.end_one(desk(), visit, str(session), desk().clock())
    return _gone(visit) if str(session) == visit.who.session_id else Response(status=204)


def _gone(visit: Visit) -> Response:
    response = Response(status=204)
    cookies.forget_visitor(response, visit.clinic.slug)
    return response


def _page(visit: Visit, error: Error | None = None) -> Response:
    return pages.page("contact_devices.html", card=contact_views.card(visit.clinic), conversation=visit.conversation,
                      places=places.everywhere(desk(), visit, desk().clock()), errors=pages.told(error) if error else {})


def _after(visit: Visit, is_here: bool) -> Response:
    slug = visit.clinic.slug
    if not is_here:
        return redirect(url_for("places.everywhere", slug=slug), 303)
    response = redirect(url_for("contact.page", slug=slug, gone="forgotten"), 303)
    cookies.forget_visitor(response, slug)
    return response


def _as_json(place: Place) -> dict:
    return {"id": place.id, "via": place.via, "since": rfc3339(place.since), "last_used_at": rfc3339(place.last_used_at),
            "is_here": place.is_here}
