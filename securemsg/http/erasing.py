"""A visitor has the own conversation deleted, at the clinic too: asked once more before, told what came of it after."""

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk.erasing import requests
from securemsg.desk.visits import Visit
from securemsg.errors import Elsewhere, Error, Unknown
from securemsg.http import auth, contact_views, cookies, languages, pages, schemas, shapes, stale
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.http.operations import VISITOR, ok, operation

blueprint = Blueprint("erasing", __name__)
blueprint.url_defaults(languages.keep)


@blueprint.get("/contact/<slug>/delete")
def question(slug: str) -> Response:
    try:
        return _page(auth.visit("read"))
    except Unknown:
        return redirect(url_for("contact.page", slug=slug, gone="ended"), 303)


@blueprint.post("/contact/<slug>/delete")
def erase(slug: str) -> Response:
    """Pressed twice it is deleted all the same."""
    try:
        visit = auth.visit("read")
    except Unknown:
        auth.same_origin()
        return redirect(url_for("contact.page", slug=slug, gone="ended"), 303)
    try:
        spend("message", visit.clinic, visit.who.session_id)
        stale.same_conversation(visit, request.form)
        pages.form_key(request.form)
        why = requests.ask(desk(), visit, desk().clock()).why
    except Error as error:
        return pages.again(_page(visit, error=error), error)
    return _page(visit, why=why) if why else _forgotten(visit, redirect(url_for("contact.page", slug=slug, gone="erased"), 303))


@blueprint.post("/v1/conversation/erasure")
@operation("Have the conversation deleted", "visitor", VISITOR, body=schemas.NOTHING, gives=ok(shapes.ERASURE), budget="message",
           problems=(Elsewhere,), takes=("Securemsg-Conversation",))
def erase_as_json() -> Response:
    """For good, at the clinic too: then the session is over with it. What the clinic has to keep, by law or for a claim, is kept;
    the answer says so, and the clinic hears of the wish and answers it in the conversation."""
    visit = auth.visit("message")
    schemas.body(schemas.NOTHING)
    why = requests.ask(desk(), visit, desk().clock()).why
    answer = schemas.answer({"erased": why is None, "detail": languages.told(why) if why else None})
    return answer if why else _forgotten(visit, answer)


def _forgotten(visit: Visit, response: Response) -> Response:
    cookies.forget_visitor(response, visit.clinic.slug)
    return response


def _page(visit: Visit, why: str | None = None, error: Error | None = None) -> Response:
    return pages.page("contact_delete.html", card=contact_views.card(visit.clinic), conversation=visit.conversation,
                      why=why and languages.told(why), errors=pages.told(error) if error else {})
