"""Leaving for the clinic's OpenID provider, and the cookie that is kept until somebody comes back from it."""

from datetime import timedelta

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.desk.door import away
from securemsg.desk.door.away import Leaving
from securemsg.http import auth
from securemsg.http.here import desk


def came_back_to(home: Clinic) -> str:
    """The address that the provider has to know."""
    return desk().settings.public_url + url_for("elsewhere.back", slug=home.slug, lang=None)


def off(home: Clinic, leaving: Leaving) -> Response:
    """To the provider. By GET: a form that is answered by another site's page is refused by our own policy (form-action)."""
    return keep(redirect(leaving.url, 303), home.slug, leaving.kept)


def keep(response: Response, slug: str, kept: str) -> Response:
    """Lax: Strict would not come back with the person."""
    settings = desk().settings
    response.set_cookie(auth.away_cookie(settings, slug), kept, max_age=timedelta(minutes=away.MINUTES), path="/", httponly=True,
                        secure=settings.https, samesite="Lax")
    return response


def kept(slug: str) -> str:
    return request.cookies.get(auth.away_cookie(desk().settings, slug), "")


def forget(response: Response, slug: str) -> Response:
    settings = desk().settings
    response.delete_cookie(auth.away_cookie(settings, slug), path="/", httponly=True, secure=settings.https, samesite="Lax")
    return response
