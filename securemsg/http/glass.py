"""Emergency access: the page that opens a conversation outside of one's pools, by its reference and with a reason."""

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import glass
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Conflict, Error, Forbidden, Limited, Missing, Refused, Unknown
from securemsg.http import auth, languages, pages, stale, views
from securemsg.http.door import to_sign_in
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = Blueprint("glass", __name__, url_prefix="/staff/<slug>/emergency-access")
blueprint.register_error_handler(Unknown, to_sign_in)
blueprint.url_defaults(languages.keep)


@blueprint.get("")
def page(slug: str) -> Response:
    home, me = auth.staff(slug)
    return _page(home, me)


@blueprint.post("")
def break_glass(slug: str) -> Response:
    """The conversation at once; on a mistake the page again, with what was typed."""
    home, me = auth.staff(slug)
    if not glass.purposes(me.who):
        raise Forbidden
    try:
        pages.form_key(request.form)
        spend("act", home, me.id)
        stale.same_person(me, request.form)
        reference, reason = (pages.typed(request.form, name) for name in ("reference", "reason"))
        id = glass.break_glass(desk(), me.who, home, reference, reason, request.form.get("purpose", ""), desk().clock())
    except (Refused, Conflict, Limited) as error:
        return pages.again(_page(home, me, error), error)
    except Missing as missing:
        wrong = Refused(errors={"reference": [missing.detail]})
        return pages.again(_page(home, me, wrong), wrong)
    return redirect(url_for("staff.conversation", slug=slug, conversation=id, _anchor="newest"), 303)


def _page(home: Clinic, me: Session, error: Error | None = None) -> Response:
    if not (purposes := glass.purposes(me.who)):
        raise Forbidden
    return pages.page("glass.html", **views.frame(home, me), purposes=purposes, minutes=glass.MINUTES, longest=glass.LONGEST,
                      form=request.form if error else {}, errors=pages.told(error) if error else {})
