"""The owner's page of the sign-in elsewhere: which OpenID provider the clinic has, and what to tell it."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk.access import require
from securemsg.desk.clinics import Clinic
from securemsg.desk.door import providers, step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Limited, Refused, Unknown
from securemsg.http import auth, away, languages, pages, stale, views
from securemsg.http.door import to_sign_in
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = Blueprint("owner_sign_in", __name__, url_prefix="/staff/<slug>/people/sign-in")
blueprint.register_error_handler(Unknown, to_sign_in)
blueprint.url_defaults(languages.keep)


@blueprint.get("")
def page(slug: str) -> Response:
    home, me = auth.staff(slug)
    require(me.who, "people")
    return _page(home, me)


@blueprint.post("")
def save(slug: str) -> Response:
    home, me = auth.staff(slug)
    require(me.who, "people")
    fields = ("name", "issuer", "client_id", "secret", "asks_second_factor")
    form, now = {name: request.form.get(name, "").strip() for name in fields}, desk().clock()
    try:
        spend("act", home, me.id)
        stale.same_person(me, request.form)
        step_up.require_recent(desk(), me, now)
        if "remove" in request.form:
            providers.remove(desk(), me.who, home, now)
        else:
            providers.save(desk(), me.who, home, form["name"], form["issuer"], form["client_id"], form["secret"], now,
                           asks_second_factor=bool(form["asks_second_factor"]))
    except (Refused, Limited) as error:
        return pages.again(_page(home, me, form, error), error)
    return redirect(url_for("owner_sign_in.page", slug=slug, saved=1), 303)


def _page(home: Clinic, me: Session, form: dict[str, str] | None = None, error: Any = None) -> Response:
    kept = providers.of_clinic(desk(), home.id)
    form = form or ({"name": kept.name, "issuer": kept.issuer, "client_id": kept.client_id,
                     "asks_second_factor": "1" if kept.asks_second_factor else ""} if kept else {})
    return pages.page("owner_sign_in.html", **views.frame(home, me), form=form, is_set=bool(kept), saved="saved" in request.args,
                      back_url=away.came_back_to(home), errors=pages.told(error) if error else {})
