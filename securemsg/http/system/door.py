"""Who asks at /api/v1: a system by its token, or staff by their session; what is answered to who may not."""

from dataclasses import dataclass

from flask import Blueprint, g, request
from werkzeug import Response

from securemsg.desk.access import SCOPES, Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.door import step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.system import holders
from securemsg.errors import Forbidden, Limited, Missing, Stale, Unknown
from securemsg.http import auth, problems
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.http.system import answers

blueprint = Blueprint("system", __name__, url_prefix="/api/v1")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and at which clinic: a token belongs to one."""

    home: Clinic
    who: Who
    session: Session | None = None  # of staff


def caller(act: str, budget: str = "api") -> Caller:
    """Who asks, if they may `act`; Unknown, Limited or Forbidden otherwise, in this order."""
    try:
        found = _by_token() or _by_session(use=budget != "stream")
    except Unknown:
        spend("unknown")
        raise
    g.caller = found
    spend(budget, found.home, found.who.session_id)
    require(found.who, act)
    return found


def decider(act: str) -> Caller:
    """The same, for what decides who reads what: staff have confirmed a moment ago that it is they; StepUpNeeded otherwise."""
    found = caller(act)
    if found.session:
        step_up.require_recent(desk(), found.session, desk().clock())
    return found


def holder(scope: str) -> Caller:
    """Who asks, if they may all that this scope of a token allows."""
    first, *others = sorted(SCOPES[scope])
    found = caller(first)
    for act in others:
        require(found.who, act)
    return found


def _by_token() -> Caller | None:
    """The system that holds the token of this request; None without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer":
        raise Unknown
    return Caller(*holders.holder(desk(), token.strip(), auth.coarse_address(), g.request_id, desk().clock()))


def _by_session(*, use: bool) -> Caller:
    """The member of staff at this browser. The clinic is named by a header that no page of another site can send. Who only
    listens is nobody at work: without `use` the idle limit is not prolonged."""
    slug = request.headers.get("Securemsg-Clinic")
    if not slug:
        raise Unknown("This call needs a token (Authorization: Bearer sm_live_…), or a staff session and Securemsg-Clinic.")
    try:
        home, session = auth.staff(slug, use=use)
    except Missing as error:
        raise Unknown from error
    return Caller(home, session.who, session)


@blueprint.errorhandler(Missing)
def nothing_there(error: Missing) -> Response:
    """Who asks for what is not there may be guessing: only so often."""
    try:
        if "caller" in g:
            spend("missing", g.caller.home, g.caller.who.session_id)
    except Limited as limited:
        return problems.answer(limited)
    return problems.answer(error)


@blueprint.errorhandler(Forbidden)
def not_allowed(error: Forbidden) -> Response:
    """A token that is used for more than it is good for is worth a row."""
    who = g.caller.who if "caller" in g else None
    if who and who.kind == "system":
        holders.report(desk(), who, f"lacks {error.members.get('missing_scope', 'a scope')}", desk().clock())
    return problems.answer(error)


@blueprint.errorhandler(Stale)
def changed(error: Stale) -> Response:
    """With the present state as `current`, and that state's tag: with it the call can be made again."""
    current = error.members.get("current")
    if not isinstance(current, dict):  # desk/system always gives it
        return problems.answer(error)
    error.members["current"] = answers.timed(current)
    return answers.tagged(problems.answer(error), answers.tag_of(g.caller.who, current))
