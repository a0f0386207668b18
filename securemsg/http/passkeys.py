"""Passkeys on the staff's pages: sign in with one, add one, take one away. What the browser does with them needs script; what it
gives goes out by the same forms as everything else."""

from functools import partial

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import clinic
from securemsg.desk.door import passkeys, sign_in
from securemsg.errors import Error
from securemsg.http import auth, buttons, cookies, door, pages, sessions
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = behind("passkeys")


@blueprint.post("/sign-in/passkey", endpoint="sign_in")
def do_sign_in(slug: str) -> Response:
    home, form, browser = clinic(desk(), slug), request.form, cookies.browser(slug)
    auth.same_origin()
    try:
        spend("sign-in", home)
        signed_in = sign_in.by_passkey(desk(), home, form.get("passkey", ""), auth.nobody(home), desk().clock(), browser=browser,
                                       before=cookies.held("staff", slug))
    except Error as error:
        return pages.again(door.sign_in_form(home, form.get("next"), error=error), error)
    return door.let_in(home, form.get("next"), browser, signed_in)


@blueprint.post("/passkeys")
def add(slug: str) -> Response:
    home, me = auth.staff(slug)
    with buttons.pressed(home, me, partial(sessions.page, home, me)):
        passkeys.add(desk(), home, me, request.form.get("name", ""), request.form.get("passkey", ""), desk().clock())
    return redirect(url_for("sessions.everywhere", slug=slug, _anchor="passkeys"), 303)


@blueprint.post("/passkeys/<uuid:passkey>/remove")
def remove(slug: str, passkey) -> Response:
    home, me = auth.staff(slug)
    buttons.check(home, me)
    passkeys.remove(desk(), home, me, str(passkey), desk().clock())
    return redirect(url_for("sessions.everywhere", slug=slug, _anchor="passkeys"), 303)
