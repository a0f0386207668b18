"""Send from the contact page, a first message or a later one, of whatever kind: limits, door, desk; once for each form's key."""

from dataclasses import replace
from typing import Any

from flask import g, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import first_message, visitor
from securemsg.desk.clinics import Clinic
from securemsg.desk.visits import Visit
from securemsg.errors import TooLarge
from securemsg.http import cookies, languages, pages, schemas, stale
from securemsg.http.here import desk
from securemsg.http.limits import begin, spend

LARGEST_KEPT = 400_000  # bytes of a form that is too large to be taken, and still shown again


def opens(home: Clinic, value: dict[str, Any], leaves: bool) -> Response:
    """Begin a conversation with what the JSON call would have; the way to it, with its cookie. `leaves`: see `Opening`."""
    refuse_too_large()
    stored = begin("open", home, reserve="open-without-proof")
    opening = schemas.opening(schemas.checked(schemas.OPEN, value), languages.here().code)
    key = pages.form_key(request.form)
    done = first_message.open(desk(), home, replace(opening, leaves=leaves), key, g.request_id, desk().clock())
    stored()
    response = redirect(url_for("contact.conversation", slug=home.slug, sent=1), 303)
    cookies.keep_visitor(response, home.slug, done["token"], embedded=False)
    return response


def says(visit: Visit, value: dict[str, Any]) -> Response:
    """One message more. The budget counts too: who has to wait keeps what was typed."""
    refuse_too_large()
    spend("message", visit.clinic, visit.who.session_id)
    stale.same_conversation(visit, request.form)
    said = schemas.checked(schemas.SAY, value)
    key, language = pages.form_key(request.form), languages.here().code
    visitor.send(desk(), visit, said["kind"], said["data"], key, desk().clock(), language)
    return redirect(url_for("contact.conversation", slug=visit.clinic.slug, sent=1), 303)


def refuse_too_large() -> None:
    if (request.content_length or 0) > schemas.LARGEST_FORM:
        raise TooLarge
