"""Leaving for the clinic's OpenID provider, and the cookie that is kept until somebody comes back from it.

Each tab has its own, named by the `state` that comes back to it; another one is for the step between (halfway.py). Who does not
know the state, as no other site does, has no cookie forgotten.
"""

from datetime import timedelta
from hashlib import sha256

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.desk.door import away
from securemsg.desk.door.away import Leaving
from securemsg.http import cookies
from securemsg.http.here import desk

_MOST = 4  # tabs from which somebody is there


def came_back_to(home: Clinic) -> str:
    """The address that the provider has to know."""
    return desk().settings.public_url + url_for("elsewhere.back", slug=home.slug, lang=None)


def off(home: Clinic, leaving: Leaving) -> Response:
    """To the provider. By GET: a form that is answered by another site's page is refused by our own policy (form-action)."""
    response = keep(redirect(leaving.url, 303), home.slug, leaving.kept, leaving.state)
    others = [name for name in request.cookies if name.startswith(_name(home.slug) + "_")]
    for name in others[:-_MOST + 1]:  # browsers name the oldest first (RFC 6265, 5.4)
        _delete(response, name)
    return response


def keep(response: Response, slug: str, kept: str, state: str | None = None) -> Response:
    """Lax: Strict would not come back with the person."""
    response.set_cookie(_name(slug, state), kept, max_age=timedelta(minutes=away.KEPT_MINUTES), path="/", httponly=True,
                        secure=desk().settings.https, samesite="Lax")
    return response


def kept(slug: str, state: str | None = None) -> str:
    return request.cookies.get(_name(slug, state), "")


def forget(response: Response, slug: str, state: str | None = None) -> Response:
    """Where it was brought along."""
    if _name(slug, state) in request.cookies:
        _delete(response, _name(slug, state))
    return response


def _delete(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", httponly=True, secure=desk().settings.https, samesite="Lax")


def _name(slug: str, state: str | None = None) -> str:
    tab = "" if state is None else f"_{sha256(state.encode()).hexdigest()[:16]}"
    return f"{cookies.name('away', slug)}{tab}"
