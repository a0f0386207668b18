"""Where somebody is signed in: a page of one's own, to end what should not be there."""

from flask import redirect, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.desk.door import passkeys, staff_sessions, strangers
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Error
from securemsg.http import auth, buttons, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("sessions", "/sessions")


@blueprint.get("/")
def everywhere(slug: str) -> Response:
    return page(*auth.staff(slug))


def page(home: Clinic, me: Session, error: Error | None = None) -> Response:
    """Where this person is signed in, and the passkeys they have."""
    found = staff_sessions.everywhere(desk(), me.who, desk().clock())
    return pages.page("sessions.html", **views.frame(home, me), sessions=found, here_id=me.id,
                      passkeys=passkeys.of_person(desk(), home.id, me.person.id),
                      new=passkeys.to_make(desk(), home, me, desk().clock()), errors=pages.told(error) if error else {})


@blueprint.get("/here")
def here(slug: str) -> dict[str, int]:
    """When this sign-in ends; asking is no work, and prolongs nothing."""
    return views.session_ends(auth.staff(slug, use=False)[1])


@blueprint.post("/here")
def stay(slug: str) -> dict[str, int]:
    """Somebody still works, though nothing else told the service so."""
    home, me = auth.staff(slug)
    buttons.check(home, me)
    return views.session_ends(me)


@blueprint.post("/<uuid:session>/end")
def end_one(slug: str, session) -> Response:
    home, me = auth.staff(slug)
    buttons.check(home, me)
    staff_sessions.end_one(desk(), me.who, str(session), desk().clock())
    return redirect(url_for("sessions.everywhere", slug=slug), 303)


@blueprint.post("/devices/<uuid:device>/noticed")
def noticed(slug: str, device) -> Response:
    """A new browser was this person's own."""
    home, me = auth.staff(slug)
    buttons.check(home, me)
    strangers.notice(desk(), me, str(device), desk().clock())
    return redirect(url_for("sessions.everywhere", slug=slug), 303)


@blueprint.post("/end-others")
def end_others(slug: str) -> Response:
    home, me = auth.staff(slug)
    buttons.check(home, me)
    staff_sessions.end_others(desk(), me.who, desk().clock())
    return redirect(url_for("sessions.everywhere", slug=slug), 303)
