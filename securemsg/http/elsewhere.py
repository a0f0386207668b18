"""Signing in elsewhere: off to the clinic's own OpenID provider, and back from it; with a code of one's own where that is owed.

Who comes back had left to sign in, or to confirm that it is still they (step_up.py).
"""

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.door import away as door_away
from securemsg.desk.door import elsewhere, halfway
from securemsg.desk.door.away import Away
from securemsg.desk.door.halfway import Halfway
from securemsg.errors import BadRequest, Error, Unknown
from securemsg.http import auth, away, cookies, door, pages, step_up, views
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = door.behind("elsewhere", "/sign-in")


@blueprint.get("/elsewhere")
def leave(slug: str) -> Response:
    home = clinic(desk(), slug)
    try:
        spend("sign-in", home)
        target = request.args.get("next", "")
        return away.off(home, door_away.leave(desk(), home, away.came_back_to(home), target, desk().clock()))
    except Error as error:
        return _again(home, error)


@blueprint.get("/back")
def back(slug: str) -> Response:
    """From the provider, with a code or a refusal in the address; what went out lies in this browser's cookie."""
    home, state = clinic(desk(), slug), request.args.get("state", "")
    try:
        spend("sign-in", home)
        left = door_away.opened(desk(), home, away.kept(slug, state), desk().clock())
    except Error as error:
        return _nobody_left(home, error)
    return away.forget(step_up.came_back(slug, left) if left.session_id else _came(home, left), slug, state)


def _nobody_left(home: Clinic, error: Error) -> Response:
    """Who is signed in need not do so again."""
    try:
        return step_up.begin_again(*auth.staff(home.slug), error)
    except Unknown:
        return _again(home, error)


def _came(home: Clinic, left: Away) -> Response:
    try:
        return _signed_in(home, left)
    except Error as error:
        return _again(home, error)


def _signed_in(home: Clinic, left: Away) -> Response:
    browser = cookies.browser(home.slug)
    came = elsewhere.finish(desk(), home, left, away.came_back_to(home), request.url, auth.nobody(home), desk().clock(),
                            browser=browser, before=cookies.held("staff", home.slug))
    if isinstance(came, Halfway):
        return away.keep(redirect(url_for("elsewhere.code", slug=home.slug), 303), home.slug, came.kept)
    return door.let_in(home, left.target, browser, came)


@blueprint.get("/code")
def code(slug: str) -> Response:
    """Between the two: the provider has said who it is."""
    home = clinic(desk(), slug)
    return _code_page(home) if away.kept(slug) else redirect(url_for("door.sign_in_page", slug=slug), 303)


@blueprint.post("/code")
def with_code(slug: str) -> Response:
    home, browser = clinic(desk(), slug), cookies.browser(slug)
    auth.same_origin()
    try:
        spend("sign-in", home)
        signed_in, target = halfway.finish(desk(), home, away.kept(slug), request.form.get("code", ""), auth.nobody(home),
                                           desk().clock(), browser=browser, before=cookies.held("staff", slug))
    except BadRequest as error:
        return away.forget(_again(home, error), slug)
    except Error as error:
        return pages.again(_code_page(home, error), error)
    return away.forget(door.let_in(home, target, browser, signed_in), slug)


def _code_page(home: Clinic, error: Error | None = None) -> Response:
    return pages.page("sign_in_code.html", clinic=views.clinic(home), me=None, provider=door_away.provider(desk(), home),
                      errors=pages.told(error) if error else {})


def _again(home: Clinic, error: Error) -> Response:
    return pages.again(door.sign_in_form(home, request.args.get("next"), error=error), error)
