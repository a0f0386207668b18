"""Signing in elsewhere: off to the clinic's own OpenID provider, and back from it."""

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.door import elsewhere
from securemsg.errors import Error, Unknown
from securemsg.http import auth, door, languages, pages
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = Blueprint("elsewhere", __name__, url_prefix="/staff/<slug>/sign-in")
blueprint.register_error_handler(Unknown, door.to_sign_in)
blueprint.url_defaults(languages.keep)


@blueprint.get("/elsewhere")
def leave(slug: str) -> Response:
    """To the provider. By GET: a form that is answered by another site's page is refused by our own policy (form-action)."""
    home = clinic(desk(), slug)
    try:
        spend("sign-in", home)
        leaving = elsewhere.begin(desk(), home, came_back_to(home), request.args.get("next", ""), desk().clock())
    except Error as error:
        return _again(home, error)
    response = redirect(leaving.url, 303)
    settings = desk().settings
    response.set_cookie(auth.away_cookie(settings, slug), leaving.kept, max_age=timedelta(minutes=elsewhere.MINUTES), path="/",
                        httponly=True, secure=settings.https, samesite="Lax")  # Strict would not come back with the person
    return response


@blueprint.get("/back")
def back(slug: str) -> Response:
    """From the provider, with a code or a refusal in the address; what went out lies in this browser's cookie."""
    home, browser = clinic(desk(), slug), auth.browser(slug)
    try:
        spend("sign-in", home)
        kept = request.cookies.get(auth.away_cookie(desk().settings, slug), "")
        signed_in, target = elsewhere.finish(desk(), home, came_back_to(home), request.url, kept, auth.nobody(home),
                                             desk().clock(), browser=browser, before=auth.staff_token(slug))
    except Error as error:
        return _forget(_again(home, error), slug)
    return _forget(door.let_in(home, target, browser, signed_in), slug)


def came_back_to(home: Clinic) -> str:
    """The address that the provider has to know."""
    return desk().settings.public_url + url_for("elsewhere.back", slug=home.slug, lang=None)


def _again(home: Clinic, error: Error) -> Response:
    return pages.again(door.sign_in_form(home, request.args.get("next"), error=error), error)


def _forget(response: Response, slug: str) -> Response:
    settings = desk().settings
    response.delete_cookie(auth.away_cookie(settings, slug), path="/", httponly=True, secure=settings.https, samesite="Lax")
    return response
