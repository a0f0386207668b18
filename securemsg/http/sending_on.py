"""The page on which a conversation is sent to another pool: its topic and since when it waits, and no word of it.

So it is the same for who may act in a conversation and not read it.
"""

from functools import partial

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import reach, sending_on
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Error, Unverified
from securemsg.http import auth, buttons, pages, stale, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("sending_on", "/conversations/<uuid:conversation>/pool")


@blueprint.get("")
def page(slug: str, conversation) -> Response:
    home, me = auth.staff(slug, may="claim")
    return _page(home, me, str(conversation))


@blueprint.post("")
def send(slug: str, conversation) -> Response:
    """Back to the conversation, or to where work begins for who sees it no longer."""
    home, me, id = *auth.staff(slug), str(conversation)
    stale.this_conversation(id, request.form)
    with buttons.pressed(home, me, partial(_page, home, me, id), also=(Unverified,)):
        sending_on.send_on(desk(), me.who, id, request.form.get("pool", ""), pages.typed(request.form, "why"),
                           pages.form_key(request.form), desk().clock())
    if me.who.may("read") and reach.includes(desk(), me.who, id):
        return redirect(url_for("staff.conversation", slug=slug, conversation=id, _anchor="newest"), 303)
    return redirect(views.home_of(slug, me.who), 303)


def _page(home: Clinic, me: Session, id: str, error: Error | None = None) -> Response:
    row = reach.own(desk(), me.who, id, "claim")
    there = views.labels(home).get(row.category_id, "")
    may = sending_on.may(desk(), me.who, row)
    back = views.home_of(home.slug, me.who)
    if me.who.may("read"):
        back = url_for("staff.conversation", slug=home.slug, conversation=id)
    return pages.page(
        "sending_on.html", **views.frame(home, me), longest=sending_on.LONGEST, errors=pages.told(error) if error else {},
        conversation={"id": row.id, "reference": row.reference, "category": there, "waiting_since": row.waiting_since},
        targets=sending_on.targets(desk(), row) if may else {}, form=pages.kept(request.form, error) if error else {},
        back=back)
