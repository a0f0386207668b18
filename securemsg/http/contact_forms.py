"""What plugins bring to the contact page: forms of their kinds, answers to their questions, files in their messages."""

import re
from typing import Any

from flask import Blueprint, request
from werkzeug import Response

from securemsg.answers import Kind
from securemsg.desk import thread
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.visits import Visit
from securemsg.errors import Conflict, Error, Missing, Over, Unknown
from securemsg.http import auth, contact_sending, contact_views, forms_of_kinds, languages, pages
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.parts import File, from_data
from securemsg.words import say

blueprint = Blueprint("contact_forms", __name__, url_prefix="/contact/<slug>")
blueprint.url_defaults(languages.keep)
_ENDED = say("This conversation is not open on this device any more, so this was not sent. You can send it as a new message.")
_BEGUN = say("There is a conversation on this device now. Press the button once more to send this as a part of it.")
_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,60}")
_ODD = re.compile(r'[^\w .()+-]|^\.+')  # what a file's name has no use for, and some systems stumble over


@blueprint.before_request
def take_more() -> None:
    """A form that is too large is read all the same, so that its text is not lost."""
    request.max_content_length = contact_sending.LARGEST_KEPT


@blueprint.get("/form/<kind>")
def form(slug: str, kind: str) -> Response:
    home, found = clinic(desk(), slug), _kind(kind)
    return _page(home, found, auth.held(slug))


@blueprint.post("/form/<kind>")
def send(slug: str, kind: str) -> Response:
    """In the conversation that the form stood in; without one it opens a conversation."""
    home, found = clinic(desk(), slug), _kind(kind)
    auth.same_origin()
    if "language" in request.form:  # the same page in another one, with what was typed
        return _page(home, found, auth.held(slug))
    value = {"kind": kind, "data": forms_of_kinds.typed(found.schema, request.form)}
    if "conversation" in request.form:
        return _go_on(home, found, value)
    held = auth.held(slug)
    try:
        if held:
            raise Conflict(_BEGUN)
        return contact_sending.opens(home, contact_views.as_json(request.form) | value, leaves=False)
    except Error as error:
        return pages.again(_page(home, found, held, error), error)


@blueprint.get("/file/<int:seq>/<int:number>")
def file(slug: str, seq: int, number: int) -> Response:
    """A file in one of the clinic's messages, to be saved: no browser shows it as a page of ours."""
    visit = auth.visit("read")
    if not 0 < seq <= visit.conversation.last_seq:
        raise Missing
    [message] = thread.page(desk(), visit.conversation, seq - 1, limit=1)
    parts = (message.data or {}).get("parts")
    part = from_data(parts[number]) if isinstance(parts, list) and number < len(parts) else None
    if not isinstance(part, File):
        raise Missing
    media_type = part.media_type if _TYPE.fullmatch(part.media_type) else "application/octet-stream"
    surface("api")
    response = Response(part.content.encode(), mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=_ODD.sub("_", part.name)[:100] or "file.txt")
    return response


def _go_on(home: Clinic, kind: Kind, value: dict[str, Any]) -> Response:
    try:
        visit = auth.visit("read")
    except Unknown as error:
        error.errors = {"": [_ENDED]}
        return pages.again(_page(home, kind, None, error), error)
    try:
        return contact_sending.says(visit, value)
    except Over as error:
        return pages.again(_page(home, kind, None, error), error)
    except Error as error:
        again = contact_views.conversation_page(visit, request.form, error) if "choice" in request.form else _page(
            home, kind, visit, error)
        return pages.again(again, error)


def _page(home: Clinic, kind: Kind, visit: Visit | None, error: Error | None = None) -> Response:
    fields = forms_of_kinds.asked(kind.schema, languages.here().code)
    return pages.page("contact_form.html", card=contact_views.card(home), kind=kind.name, title=languages.told(kind.label),
                      fields=fields, conversation=visit and visit.conversation, **contact_views.kept(request.form, error))


def _kind(name: str) -> Kind:
    """The kind of that name; Missing where there is none."""
    _, found = desk().registry.kinds.get(name, (None, None))
    if found is None:
        raise Missing
    return found
