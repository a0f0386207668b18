"""The owner's page of the sign-in elsewhere: which OpenID provider the clinic has, and what to tell it."""

from functools import partial

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.desk.door import providers
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Error
from securemsg.http import auth, away, buttons, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("owner_sign_in", "/people/sign-in")


@blueprint.get("")
def page(slug: str) -> Response:
    home, me = auth.staff(slug, may="people")
    return _page(home, me)


@blueprint.post("")
def save(slug: str) -> Response:
    home, me = auth.staff(slug, may="people")
    fields = ("name", "issuer", "client_id", "secret", "asks_second_factor")
    form, now = {name: request.form.get(name, "").strip() for name in fields}, desk().clock()
    with buttons.pressed(home, me, partial(_page, home, me, form), confirmed=True):
        if "remove" in request.form:
            providers.remove(desk(), me.who, home, now)
        else:
            providers.save(desk(), me.who, home, form["name"], form["issuer"], form["client_id"], form["secret"], now,
                           asks_second_factor=bool(form["asks_second_factor"]))
    return redirect(url_for("owner_sign_in.page", slug=slug, saved=1), 303)


def _page(home: Clinic, me: Session, form: dict[str, str] | None = None, error: Error | None = None) -> Response:
    kept = providers.of_clinic(desk(), home.id)
    form = form or ({"name": kept.name, "issuer": kept.issuer, "client_id": kept.client_id,
                     "asks_second_factor": "1" if kept.asks_second_factor else ""} if kept else {})
    return pages.page("owner_sign_in.html", **views.frame(home, me), form=form, is_set=bool(kept), saved="saved" in request.args,
                      back_url=away.came_back_to(home), errors=pages.told(error) if error else {})
