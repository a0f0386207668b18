"""Who is asking: a visitor by token or cookie, staff by cookie; and whether the request comes from our own pages."""

import re
from contextlib import suppress
from ipaddress import ip_address, ip_network

from flask import g, request

from securemsg.desk import visits
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.door import passkeys, staff_sessions, step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.visits import Visit
from securemsg.errors import Elsewhere, Error, Forbidden, Limited, Refused, StepUpNeeded, Unknown
from securemsg.http import cookies
from securemsg.http.here import address, desk
from securemsg.http.limits import spend
from securemsg.words import say

STEP_UP_FIELDS = ("step_up_code", "step_up_passkey")  # what a page adds to an act's own fields when it asks who it is
_SAFE = ("GET", "HEAD", "OPTIONS")
_PATH = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash, which browsers take for a slash


def visit(budget: str) -> Visit:
    """The visitor who holds this request's token; Unknown without one, Elsewhere where the request names another conversation."""
    token = _visitor_token()
    try:
        found = visits.visit(desk(), token, desk().clock(), g.request_id)
        if found.clinic.slug != _clinic_named(found.clinic.slug):
            raise Unknown  # a session of one clinic is none at another, wherever it was put
    except Unknown:
        spend("unknown")
        raise
    spend(budget, found.clinic, found.who.session_id)
    if request.headers.get("Securemsg-Conversation", found.conversation.id) != found.conversation.id:
        raise Elsewhere  # one browser may hold another's session by now than when the page was drawn
    visits.used(desk(), found, desk().clock())
    return found


def held(slug: str) -> Visit | None:
    """The visit that this browser's cookie opens at the clinic, as far as that can be told just now: the page is shown in any
    case."""
    if cookies.held("visitor", slug):
        with suppress(Error):
            return visit("read")
    return None


def _visitor_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    token = cookies.held("visitor", _clinic_named(""))
    if not token:
        raise Unknown
    same_origin()
    return token


def _clinic_named(otherwise: str) -> str:
    """The clinic this request is for, where it says so."""
    return request.headers.get("Securemsg-Clinic") or (request.view_args or {}).get("slug", otherwise)


def same_origin() -> None:
    """A cookie counts only for what our own pages ask: Fetch Metadata, or Origin where that is missing."""
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site == "same-origin" or (site is None and origin == desk().settings.public_url):
        return
    raise Forbidden(say("This request did not come from our own page. Please go back, reload the page and try again."))


def staff(slug: str, *, may: str | None = None, stage: str = "signed_in", use: bool = True) -> tuple[Clinic, Session]:
    """The member of staff who asks, with the clinic; Unknown when nobody is signed in there, Forbidden for who may not `may`."""
    same_origin()
    home = clinic(desk(), slug)
    use = use and "Securemsg-Live" not in request.headers  # a page that refreshes itself is nobody at work
    found = staff_sessions.session(desk(), home, cookies.held("staff", slug), coarse_address(), g.request_id, desk().clock(),
                                   use=use)
    if found.stage != stage:
        raise Unknown(say("Please sign in."))
    me = _confirmed(home, found) if _brings_a_code() else found
    if may:
        require(me.who, may)
    return home, me


def signed_in(slug: str) -> tuple[Clinic, Session]:
    """As `staff`, where that has looked at the code of this request already."""
    home = clinic(desk(), slug)
    return home, staff_sessions.session(desk(), home, cookies.held("staff", slug), coarse_address(), g.request_id, desk().clock())


def _brings_a_code() -> bool:
    return request.mimetype == "application/x-www-form-urlencoded" and any(name in request.form for name in STEP_UP_FIELDS)


def _confirmed(home: Clinic, me: Session) -> Session:
    """The session once the code fits that came along with an act, used once however often it is asked for in this request;
    StepUpNeeded, with the sentence, where it does not."""
    if "confirmed" in g:
        return g.confirmed
    try:
        spend("step-up", home, me.id)
        code, passkey = (request.form.get(name, "") for name in STEP_UP_FIELDS)
        g.confirmed = (passkeys.confirm(desk(), home, me, passkey, desk().clock()) if passkey else
                       step_up.by_code(desk(), home, me, code, desk().clock()))
        return g.confirmed
    except (Refused, Limited) as error:
        raise StepUpNeeded(errors=error.errors or {STEP_UP_FIELDS[0]: [error.detail]},
                           retry_after_seconds=error.retry_after_seconds) from error


def nobody(home: Clinic) -> Who:
    """Somebody at the staff door who has not said who they are."""
    return Who("staff", home.id, address=coarse_address(), request_id=g.request_id)


def coarse_address() -> str:
    """The neighbourhood a request comes from: /24 or /48, enough to notice a stranger, too little to follow a person."""
    ip = ip_address(address())
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def local_path(target: str | None, prefix: str) -> str | None:
    """A `next` parameter that stays below `prefix` of this service, or None."""
    if not target or not target.startswith(prefix) or not _PATH.fullmatch(target):
        return None
    return target if ".." not in target.partition("?")[0].split("/") else None
