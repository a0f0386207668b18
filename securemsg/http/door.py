"""The staff's door: sign-in and sign-out, and the first time by a one-time link. Forms that work without script."""

from contextlib import suppress

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.crypto import credentials
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.door import devices, enrolling, passkeys, providers, sign_in, staff_sessions
from securemsg.desk.door.devices import Browser
from securemsg.desk.door.sign_in import SignedIn
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Error, Unknown
from securemsg.http import auth, cookies, languages, pages, problems, views
from securemsg.http.here import desk
from securemsg.http.limits import shared, spend
from securemsg.words import say

blueprint = Blueprint("door", __name__, url_prefix="/staff/<slug>")
blueprint.url_defaults(languages.keep)
_NO_PAGES = ("staff.events", "templates.listed", "sessions.here", "sessions.stay")
_OUT = say("You have been signed out.")
_ENDED = say("Your session has ended: nobody worked here for a quarter of an hour, it was twelve hours old, or it was ended"
          " elsewhere. Please sign in again.")


def behind(name: str, path: str = "") -> Blueprint:
    """Pages behind the door, below `path` of the clinic's: who is not signed in is led to it, and links keep the language."""
    pages_there = Blueprint(name, __name__, url_prefix=f"/staff/<slug>{path}")
    pages_there.register_error_handler(Unknown, to_sign_in)
    pages_there.url_defaults(languages.keep)
    return pages_there


@blueprint.get("/sign-in")
def sign_in_page(slug: str) -> Response:
    notice = _OUT if "out" in request.args else _ENDED if "ended" in request.args else None
    return sign_in_form(clinic(desk(), slug), request.args.get("next"), notice=notice and languages.told(notice))


@blueprint.post("/sign-in", endpoint="sign_in")
def do_sign_in(slug: str) -> Response:
    home, form = clinic(desk(), slug), request.form
    auth.same_origin()
    try:
        browser, signed_in = _signed_in(home, form)
    except Error as error:
        page = sign_in_form(home, form.get("next"), {"email": form.get("email", "")}, error, typed=form.get("typed", ""))
        return pages.again(page, error)
    return let_in(home, form.get("next"), browser, signed_in)


def let_in(home: Clinic, target: str | None, browser: Browser, signed_in: SignedIn) -> Response:
    """Whoever was let in goes where they were going; the browser keeps the session, and is known from now on."""
    inbox_url = url_for("staff.inbox", slug=home.slug)
    response = redirect(auth.local_path(target, inbox_url) or inbox_url, 303)
    cookies.keep_staff(response, home.slug, signed_in.token)
    cookies.keep_device(response, home.slug, browser, signed_in.device)
    return response


@blueprint.post("/sign-out")
def sign_out(slug: str) -> Response:
    clinic(desk(), slug)  # only a clinic's name may become a cookie's
    response = redirect(url_for("door.sign_in_page", slug=slug, out=1), 303)
    cookies.forget_staff(response, slug)
    with suppress(Unknown):  # it may have ended by itself: signed out is signed out
        staff_sessions.sign_out(desk(), auth.staff(slug)[1], desk().clock())
    return response


@blueprint.get("/start")
def start(slug: str) -> Response:
    return pages.page("start.html", clinic=views.clinic(clinic(desk(), slug)), me=None, errors={})


@blueprint.post("/start")
def use_link(slug: str) -> Response:
    home = clinic(desk(), slug)
    auth.same_origin()
    try:
        spend("link", home)
        token = enrolling.start(desk(), home, request.form.get("secret", ""), auth.nobody(home), desk().clock())
    except Error as error:
        errors = {"secret": [languages.told(error.detail)]}
        return pages.again(pages.page("start.html", clinic=views.clinic(home), me=None, errors=errors), error)
    response = redirect(url_for("door.enrol", slug=slug), 303)
    cookies.keep_staff(response, slug, token)
    return response


@blueprint.get("/enrol")
def enrol(slug: str) -> Response:
    return _enrol_page(*auth.staff(slug, stage="enrolling"))


@blueprint.post("/enrol")
def do_enrol(slug: str) -> Response:
    (home, session), form = auth.staff(slug, stage="enrolling"), request.form
    try:
        spend("link", home)
        browser = cookies.browser(slug)
        signed_in, codes = enrolling.enrol(desk(), home, session, form.get("password", ""), form.get("code", ""), desk().clock(),
                                           browser)
    except Error as error:
        return pages.again(_enrol_page(home, session, error), error)
    response = pages.page("recovery_codes.html", clinic=views.clinic(home), me=None, codes=codes,
                          next_url=url_for("staff.inbox", slug=slug))
    cookies.keep_staff(response, slug, signed_in.token)
    cookies.keep_device(response, slug, browser, signed_in.device)
    return response


@blueprint.errorhandler(Unknown)
def to_sign_in(error: Unknown):
    """Whoever is not signed in goes to the sign-in page, and comes back from there; what no person looks at just hears 401."""
    if request.endpoint in _NO_PAGES:
        return problems.answer(error)
    slug = (request.view_args or {})["slug"]
    if (text := problems.typed()[0]).strip() and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
        home, notice = clinic(desk(), slug), languages.told(_ENDED) if cookies.held("staff", slug) else None
        return pages.again(sign_in_form(home, _page_before(slug), notice=notice, typed=text), error)
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    ended = 1 if cookies.held("staff", slug) and request.blueprint != "door" else None  # who is enrolling has no sign-in yet
    return redirect(url_for("door.sign_in_page", slug=slug, next=back, ended=ended), 303)


def _page_before(slug: str) -> str | None:
    """The page that a form came from, where it was a conversation's."""
    id = (request.view_args or {}).get("conversation")
    return url_for("staff.conversation", slug=slug, conversation=id, _anchor="reply") if id else None


def _signed_in(home: Clinic, form) -> tuple[Browser, SignedIn]:
    """A browser that is known has a budget of its own: whoever guesses from elsewhere does not use it up."""
    email, browser, now = form.get("email", ""), cookies.browser(home.slug), desk().clock()
    known = devices.known(desk(), home, email, browser, now)
    if known:
        spend("known-sign-in", home, known.id)
    else:
        spend("sign-in", home)
    return browser, sign_in.sign_in(
        desk(), home, email, form.get("password", ""), form.get("code", ""), auth.nobody(home), now, browser=browser,
        known=known, shared=() if known else shared("sign-in", home), before=cookies.held("staff", home.slug))


def sign_in_form(home: Clinic, target: str | None, form: dict | None = None, error: Error | None = None,
                 notice: str | None = None, typed: str = "") -> Response:
    """`typed`: what a form brought after the session had ended; its box goes along until somebody is signed in."""
    errors = {"": [languages.told(error.detail)]} if error else {}
    return pages.page("sign_in.html", clinic=views.clinic(home), me=None, form=form or {}, errors=errors, next=target,
                      notice=notice, typed=typed, passkey=passkeys.to_sign_in(desk(), home, desk().clock()),
                      provider=providers.of_clinic(desk(), home.id))


def _enrol_page(home: Clinic, session: Session, error: Error | None = None) -> Response:
    import segno  # here: it takes a twentieth of the time in which the service starts, and is for a person's first day

    secret, person = session.totp_secret or b"", session.person
    uri = credentials.totp_uri(secret, person.email, home.name)
    errors = pages.told(error) if error else {}
    return pages.page("enrol.html", clinic=views.clinic(home), me=None, errors=errors, ticket=None,
                      person={"name": person.name, "email": person.email, "role": person.title or ""},
                      qr=segno.make(uri).svg_data_uri(scale=5, border=2, dark="#000", light="#fff"),
                      key_text=credentials.totp_key(secret))
