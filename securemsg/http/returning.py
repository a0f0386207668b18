"""Coming back on another device: the page behind a link from a mail, and the code that a device which is signed in shows.

Only a form that is sent uses the link up: who looks at the page, be it a hundred times, has used up nothing.
"""

from flask import Blueprint, g, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import return_codes, returning
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.visits import Visit
from securemsg.errors import Elsewhere, Error
from securemsg.http import auth, contact_views, cookies, languages, pages, schemas, shapes, stale
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.http.operations import VISITOR, created, operation
from securemsg.times import rfc3339

blueprint = Blueprint("returning", __name__)
blueprint.url_defaults(languages.keep)


@blueprint.get("/contact/<slug>/return")
def page(slug: str) -> Response:
    home = clinic(desk(), slug)
    return _page(home, auth.held(slug))


@blueprint.post("/contact/<slug>/return")
def come(slug: str) -> Response:
    """Into the conversation, by link and code; who is in it already needs neither."""
    home, secret = clinic(desk(), slug), _secret()
    auth.same_origin()
    held = auth.held(slug)
    response = redirect(url_for("contact.conversation", slug=slug), 303)
    try:
        spend("link", home)
        if held and returning.leads_to(desk(), home, secret, held.conversation.id):
            return response
        token = returning.come_back(desk(), home, secret, request.form.get("code", ""), g.request_id, desk().clock())
    except Error as error:
        return pages.again(_page(home, held, error), error)
    cookies.keep_visitor(response, slug, token, embedded=False)
    return response


@blueprint.post("/contact/<slug>/code")
def code(slug: str) -> Response:
    """A code for another device, shown this once."""
    visit = auth.visit("read")
    stale.same_conversation(visit, request.form)
    return pages.page("contact_code.html", card=contact_views.card(visit.clinic), given=_given(visit))


@blueprint.post("/v1/conversation/code")
@operation("A code for another device", "visitor", VISITOR, body=schemas.NOTHING, gives=created(shapes.CODE), budget="ticket",
           problems=(Elsewhere,), takes=("Securemsg-Conversation",))
def code_as_json() -> Response:
    """Whoever holds a link from a mail of this conversation has it on another device with this code: once, within ten minutes.
    The code before it counts no more."""
    visit = auth.visit("read")
    schemas.body(schemas.NOTHING)
    given = _given(visit)
    return schemas.answer({"code": given.code, "expires_at": rfc3339(given.until)}, 201)


def _given(visit: Visit) -> return_codes.Given:
    spend("ticket", visit.clinic)
    return return_codes.to_visitor(desk(), visit, desk().clock())


def _secret() -> str:
    """What is behind the # of a link; the whole link may be pasted too."""
    return request.form.get("secret", "").rpartition("#")[2].strip()


def _page(home: Clinic, held: Visit | None, error: Error | None = None) -> Response:
    return pages.page("contact_return.html", card=contact_views.card(home), held=held, secret=_secret(),
                      errors=pages.told(error) if error else {})
