"""Asking once more who it is: the page that stands in the way of an act, with all that was typed, until a code fits.

The form on it goes to the very address that the act was sent to, with the code beside what was typed (auth.staff looks at it):
so confirming and doing are one request, and nothing is typed twice. Who confirms at the clinic's provider instead finds the same
form when they come back, and only has to go on.
"""

from contextlib import suppress
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.desk.door import confirming, passkeys, step_up, waiting
from securemsg.desk.door.away import Away
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.door.waiting import Act
from securemsg.errors import Error, Limited, Missing, StepUpNeeded, Unavailable, Unknown
from securemsg.http import auth, away, languages, pages, problems, stale, views
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.words import say

blueprint = behind("step_up", "/step-up")
_GONE = say("What you began does not wait here any more: that was too long ago, or you have begun several other things since."
            " Nothing was done; please begin it again.")


@blueprint.get("")
def page(slug: str) -> Response:
    """Before an act, for a link that begins one: `next` is where it goes on."""
    home, me = auth.staff(slug)
    return _page(home, me, _to_go_on(slug, me, request.args.get("next", "")))


@blueprint.post("")
def confirm(slug: str) -> Response:
    _, me = auth.staff(slug)
    stale.same_person(me, request.form)
    step_up.require_recent(desk(), me, desk().clock())
    return _on(slug, request.form.get("next"))


@blueprint.get("/elsewhere/<uuid:act>")
def leave(slug: str, act: UUID) -> Response:
    """Off to the provider; the act waits."""
    home, me = auth.staff(slug)
    try:
        spend("step-up", home, me.id)
        _waiting(home, me, str(act))  # before somebody goes there for nothing
        left = confirming.leave(desk(), home, me, away.came_back_to(home), str(act), desk().clock())
    except Error as error:
        return _still_asked(home, me, str(act), error)
    return away.off(home, left)


def came_back(slug: str, left: Away) -> Response:
    """From there: on to what was to be done, or the page once more with the sentence why not."""
    home, me = auth.staff(slug)
    try:
        confirming.finish(desk(), home, me, left, away.came_back_to(home), request.url, desk().clock())
    except Error as error:
        return _still_asked(home, me, left.target, error)
    return redirect(url_for("step_up.waiting_act", slug=slug, act=left.target), 303)


@blueprint.get("/acts/<uuid:act>")
def waiting_act(slug: str, act: UUID) -> Response:
    """What was begun, as it was typed: one press away for who has confirmed. A link goes on by itself."""
    home, me = auth.staff(slug)
    try:
        found = _waiting(home, me, str(act))
    except Missing as error:
        return begin_again(home, me, error)
    if found.action == url_for("step_up.confirm", slug=slug):
        return _on(slug, dict(found.typed).get("next"))
    return _page(home, me, found, id=str(act))


@blueprint.app_errorhandler(StepUpNeeded)
def ask(error: StepUpNeeded) -> Response:
    """The page for people; a problem for programs. Where guesses are slowed it says for how long."""
    slug = (request.view_args or {}).get("slug")
    if not slug or not problems.wants_page():
        return problems.answer(error)
    try:
        home, me = auth.signed_in(slug)
    except Unknown:  # the session has ended since it was looked at
        return problems.answer(error)
    cause = error.__cause__
    return pages.again(_page(home, me, _sent(slug, me), error), cause if isinstance(cause, Limited) else error)


def _sent(slug: str, me: Session) -> Act:
    """The act that is in the way of this request."""
    path = request.full_path.rstrip("?")
    if request.method != "POST":
        return _to_go_on(slug, me, path)
    return Act(path, [(name, text) for name, text in request.form.items(multi=True) if name not in auth.STEP_UP_FIELDS])


def _to_go_on(slug: str, me: Session, next: str) -> Act:
    """To open a page."""
    return Act(url_for("step_up.confirm", slug=slug), [("next", next), ("me", me.person.id)])


def _on(slug: str, next: str | None) -> Response:
    inbox_url = url_for("staff.inbox", slug=slug)
    return redirect(auth.local_path(next, inbox_url) or inbox_url, 303)


def begin_again(home: Clinic, me: Session, error: Error) -> Response:
    """For who is signed in, and whose act does not wait: the sentence, and a way on."""
    if not problems.wants_page():
        return problems.answer(error)
    page = pages.page("begin_again.html", **views.frame(home, me), sentence=languages.told(error.detail))
    return pages.again(page, error)


def _still_asked(home: Clinic, me: Session, id: str, error: Error) -> Response:
    act = waiting.find(desk(), home, me, id, desk().clock())
    return pages.again(_page(home, me, act, error), error) if act else begin_again(home, me, error)


def _waiting(home: Clinic, me: Session, id: str) -> Act:
    """Missing, with a sentence, when it does not wait any more."""
    act = waiting.find(desk(), home, me, id, desk().clock())
    if act is None:
        raise Missing(_GONE)
    return act


def _page(home: Clinic, me: Session, act: Act, error: Error | None = None, id: str = "") -> Response:
    now = desk().clock()
    provider, confirmed = confirming.offered(desk(), home, me), bool(id) and step_up.is_recent(me, now)
    if provider and not confirmed:
        with suppress(Unavailable):  # no room to keep it: a code still does
            id = id or waiting.keep(desk(), home, me, act, now)
    there = url_for("step_up.leave", slug=home.slug, act=id) if provider and id else None
    return pages.page("step_up.html", **views.frame(home, me), action=act.action, typed=_keyed(act.typed), confirmed=confirmed,
                      provider=provider, there=there, code=confirming.has_code(desk(), home, me) or not there,
                      passkey=passkeys.to_confirm(desk(), home, me, now),
                      errors=pages.told(error) if error and (error.errors or not isinstance(error, StepUpNeeded)) else {})


def _keyed(typed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """With a key, where no form has brought one: a link's, which is the same link however often it is opened."""
    return typed if any(name == "key" for name, _ in typed) else [*typed, ("key", pages.new_form_key())]
