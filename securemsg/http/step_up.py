"""Asking once more who it is: the page that stands in the way of an act, with all that was typed, until a code fits.

The form on it goes to the very address that the act was sent to, with the code beside what was typed (auth.staff looks at it):
so confirming and doing are one request, and nothing is typed twice.
"""

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk.door import passkeys, step_up
from securemsg.errors import Error, Limited, StepUpNeeded, Unknown
from securemsg.http import auth, languages, pages, problems, stale, views
from securemsg.http.door import to_sign_in
from securemsg.http.here import desk

blueprint = Blueprint("step_up", __name__, url_prefix="/staff/<slug>/step-up")
blueprint.register_error_handler(Unknown, to_sign_in)
blueprint.url_defaults(languages.keep)


@blueprint.get("")
def page(slug: str) -> Response:
    """Before an act, for a link that begins one: `next` is where it goes on."""
    auth.staff(slug)
    return _page(slug, StepUpNeeded(), status=200)


@blueprint.post("")
def confirm(slug: str) -> Response:
    _, me = auth.staff(slug)
    stale.same_person(me, request.form)
    step_up.require_recent(desk(), me, desk().clock())
    inbox_url = url_for("staff.inbox", slug=slug)
    return redirect(auth.local_path(request.form.get("next"), inbox_url) or inbox_url, 303)


@blueprint.app_errorhandler(StepUpNeeded)
def ask(error: StepUpNeeded) -> Response:
    """The page for people; a problem for programs. Where guesses are slowed it says for how long."""
    slug = (request.view_args or {}).get("slug")
    if not slug or not problems.wants_page():
        return problems.answer(error)
    cause = error.__cause__
    try:
        return pages.again(_page(slug, error), cause if isinstance(cause, Limited) else error)
    except Unknown:  # the session has ended since it was looked at
        return problems.answer(error)


def _page(slug: str, error: Error, status: int = 401) -> Response:
    home, me = auth.signed_in(slug)
    sent = request.method == "POST"
    action = request.full_path.rstrip("?") if sent else url_for("step_up.confirm", slug=slug)
    typed = [(name, text) for name, text in request.form.items(multi=True) if name not in auth.STEP_UP_FIELDS] if sent else [
        ("next", request.args.get("next", "") if request.endpoint == "step_up.page" else request.full_path.rstrip("?")),
        ("key", pages.new_form_key()), ("me", me.person.id)]
    return pages.page("step_up.html", status, **views.frame(home, me), action=action, typed=typed,
                      passkey=passkeys.to_confirm(desk(), home, me, desk().clock()),
                      errors=pages.told(error) if error.errors else {})
