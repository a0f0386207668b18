"""Emergency access: the page that opens a conversation outside of one's pools, by its reference and with a reason."""

from functools import partial

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import glass
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Error, Forbidden, Missing, Refused
from securemsg.http import auth, buttons, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("glass", "/emergency-access")


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
    pages.form_key(request.form)
    with buttons.pressed(home, me, partial(_page, home, me)):
        id = _broken(home, me)
    return redirect(url_for("staff.conversation", slug=slug, conversation=id, _anchor="newest"), 303)


def _broken(home: Clinic, me: Session) -> str:
    """The id of the conversation that is open to `me` now; Refused where no conversation has the reference."""
    reference, reason = (pages.typed(request.form, name) for name in ("reference", "reason"))
    try:
        return glass.break_glass(desk(), me.who, home, reference, reason, request.form.get("purpose", ""), desk().clock())
    except Missing as missing:
        raise Refused(errors={"reference": [missing.detail]}) from None


def _page(home: Clinic, me: Session, error: Error | None = None) -> Response:
    if not (purposes := glass.purposes(me.who)):
        raise Forbidden
    return pages.page("glass.html", **views.frame(home, me), purposes=purposes, minutes=glass.MINUTES, longest=glass.LONGEST,
                      form=request.form if error else {}, errors=pages.told(error) if error else {})
