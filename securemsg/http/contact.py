"""The contact page: a visitor's whole job without a line of script. Whatever is refused, what was typed stays on the page."""

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import visitor, visits
from securemsg.desk.clinics import clinic
from securemsg.desk.visits import Visit
from securemsg.errors import BadRequest, Conflict, Error, Over, Unknown
from securemsg.http import auth, contact_sending, contact_views, cookies, languages, pages, stale, transcript
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.words import say as sentence

blueprint = Blueprint("contact", __name__, url_prefix="/contact/<slug>")
blueprint.url_defaults(languages.keep)


@blueprint.before_request
def take_more() -> None:
    """A form that is too large is read all the same, so that its text is not lost."""
    request.max_content_length = contact_sending.LARGEST_KEPT


@blueprint.get("")
def page(slug: str) -> Response:
    return contact_views.form_page(clinic(desk(), slug))


@blueprint.post("")
def send(slug: str) -> Response:
    home = clinic(desk(), slug)
    auth.same_origin()
    form = request.form
    if "language" in form:  # the same page in another one, with what was typed
        return contact_views.form_page(home, form)
    try:
        leaves = auth.held(slug) is not None and "another" not in form
        return contact_sending.opens(home, contact_views.as_json(form), leaves)
    except Error as error:
        return pages.again(contact_views.form_page(home, form, error), error)


@blueprint.get("/conversation")
def conversation(slug: str) -> Response:
    try:
        return contact_views.conversation_page(auth.visit("read"))
    except Unknown:
        return _to_the_form(slug)


@blueprint.get("/conversation.txt")
def saved(slug: str) -> Response:
    """The whole conversation with its receipts, as a file to keep."""
    try:
        return transcript.file(auth.visit("read"))
    except Unknown:
        return _to_the_form(slug)


@blueprint.post("/conversation")
def say(slug: str) -> Response:
    try:
        visit, form = auth.visit("read"), request.form
    except Unknown as error:
        return _over(slug, error)
    if "language" in form:
        return contact_views.conversation_page(visit, form)
    try:
        return contact_sending.says(visit, {"kind": "text", "data": {"text": pages.typed(form, "text")}})
    except Over as error:
        return _over(slug, error)
    except Error as error:
        return _told(visit, error)


@blueprint.post("/close")
def close(slug: str) -> Response:
    """My question is answered."""
    try:
        visit, form = auth.visit("read"), request.form
    except Unknown as error:
        return _over(slug, error)
    try:
        spend("message", visit.clinic, visit.who.session_id)
        stale.same_conversation(visit, form)
        if pages.typed(form, "text").strip():
            raise Conflict(errors={"text": [sentence("This was not sent yet. Send it first, or empty the box.")]})
        done = visitor.close(desk(), visit, _seen(form), pages.form_key(form, "close_key"), desk().clock())
        if not visit.conversation.closed_at and done["message"]["seq"] <= visit.conversation.last_seq:  # the answer of then
            raise Conflict(errors={"close": [sentence("This was closed before, and is open again. Please press it once more.")]})
    except Error as error:
        return _told(visit, error)
    return redirect(url_for("contact.conversation", slug=slug, closed=1), 303)


@blueprint.post("/forget")
def forget(slug: str) -> Response:
    """Pressed twice it is forgotten all the same."""
    try:
        visit = auth.visit("read")
    except Unknown:
        return _forgotten(slug)
    try:
        stale.same_conversation(visit, request.form)
    except Error as error:
        return _told(visit, error)
    visits.end(desk(), visit, desk().clock())
    return _forgotten(slug)


def _forgotten(slug: str) -> Response:
    auth.same_origin()
    response = redirect(url_for("contact.page", slug=slug, gone="forgotten"), 303)
    cookies.forget_visitor(response, slug)
    return response


def _to_the_form(slug: str) -> Response:
    """There is no conversation here; who had one is told."""
    had_one = bool(cookies.held("visitor", slug))
    return redirect(url_for("contact.page", slug=slug, gone="ended" if had_one else None), 303)


def _told(visit: Visit, error: Error) -> Response:
    """The conversation once more, with what was typed and why it was not done."""
    return pages.again(contact_views.conversation_page(visit, request.form, error), error)


def _over(slug: str, error: Unknown | Over) -> Response:
    """The session is over, or the conversation: the text becomes a new message's, under the same key."""
    auth.same_origin()
    home = clinic(desk(), slug)
    if isinstance(error, Over):
        error.errors = {"text": [error.detail]}
    elif pages.typed(request.form, "text").strip():
        error.errors = {"text": [sentence("This conversation is not open on this device any more, so this was not sent. "
                                          "You can send it as a new message.")]}
    return pages.again(contact_views.form_page(home, request.form, error), error)


def _seen(form) -> int:
    """The newest message that stood on the page."""
    seen = pages.whole_number(form.get("seen", ""))
    if seen is None:
        raise BadRequest(pages.INCOMPLETE)
    return seen
