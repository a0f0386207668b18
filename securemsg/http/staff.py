"""The reply page: inbox, conversation, and the acts of staff, as forms that work without script. The way in: door.py; what is not
sent yet: unsent.py."""

from collections.abc import Iterator
from functools import partial

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import lists, pending, reach, return_codes, staff
from securemsg.desk.door import staff_sessions
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Unknown
from securemsg.http import auth, buttons, cookies, pages, stale, views
from securemsg.http.acting import act, conversation_page, draft_version, list_view, seen, text
from securemsg.http.door import behind
from securemsg.http.heard import heard
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.http.stream import event, follow

blueprint = behind("staff")


@blueprint.get("/")
def inbox(slug: str) -> Response:
    """The lists; the door leads here, and on from here who has no lists."""
    home, me = auth.staff(slug)
    if not me.who.may("inbox") and (begins := views.home_of(slug, me.who)) != url_for("staff.inbox", slug=slug):
        return redirect(begins, 303)
    view = list_view()
    before = pages.whole_number(request.args.get("before", "")) or 0
    rows, older = lists.inbox(desk(), me.who, view, before, desk().clock())
    return pages.page("inbox.html", **views.inbox(home, me, view, rows, older, first=not before))


@blueprint.get("/conversations/<uuid:conversation>")
def conversation(slug: str, conversation) -> Response:
    home, me = auth.staff(slug)
    return conversation_page(home, me, str(conversation), before=pages.whole_number(request.args.get("before", "")) or 0)


@blueprint.post("/conversations/<uuid:conversation>/reply")
def reply(slug: str, conversation) -> Response:
    def send(me: Session, id: str) -> None:
        pending.reply(desk(), me.who, id, text(), seen(), pages.form_key(request.form), desk().clock(), draft_version())

    return act(slug, str(conversation), send, "newest")


@blueprint.post("/conversations/<uuid:conversation>/note")
def note(slug: str, conversation) -> Response:
    return act(slug, str(conversation), lambda me, id: staff.note(
        desk(), me.who, id, text(), pages.form_key(request.form), desk().clock(), draft_version()), "newest")


@blueprint.post("/conversations/<uuid:conversation>/claim")
def claim(slug: str, conversation) -> Response:
    return act(slug, str(conversation), lambda me, id: staff.claim(
        desk(), me.who, id, pages.form_key(request.form), desk().clock()))


@blueprint.post("/conversations/<uuid:conversation>/release")
def release(slug: str, conversation) -> Response:
    """Back to the list where it is out of this person's reach then: it went to another pool."""
    answer = act(slug, str(conversation), lambda me, id: staff.release(
        desk(), me.who, id, pages.form_key(request.form), desk().clock()))
    _, me = auth.staff(slug)
    if answer.status_code == 303 and not reach.includes(desk(), me.who, str(conversation)):
        return redirect(url_for("staff.inbox", slug=slug), 303)
    return answer


@blueprint.post("/conversations/<uuid:conversation>/flag")
def flag(slug: str, conversation) -> Response:
    return act(slug, str(conversation), lambda me, id: staff.flag(
        desk(), me.who, id, request.form.get("urgent") == "1", pages.form_key(request.form), desk().clock()))


@blueprint.post("/conversations/<uuid:conversation>/close")
def close(slug: str, conversation) -> Response:
    def end(me: Session, id: str) -> None:
        staff.close(desk(), me.who, id, request.form.get("reason", ""), seen(), pages.form_key(request.form), desk().clock())

    return act(slug, str(conversation), end)


@blueprint.post("/conversations/<uuid:conversation>/reopen")
def reopen(slug: str, conversation) -> Response:
    return act(slug, str(conversation), lambda me, id: staff.reopen(
        desk(), me.who, id, pages.form_key(request.form), desk().clock()))


@blueprint.post("/conversations/<uuid:conversation>/code")
def code(slug: str, conversation) -> Response:
    """A code for the visitor on the telephone, shown this once."""
    home, me = auth.staff(slug)
    id = str(conversation)
    stale.this_conversation(id, request.form)
    buttons.check(home, me)
    given = return_codes.by_staff(desk(), me.who, id, desk().clock())
    return pages.page("return_code.html", **views.frame(home, me), given=given, back=url_for(
        "staff.conversation", slug=slug, conversation=id))


@blueprint.get("/events")
def events(slug: str) -> Response:
    """Something changed in this clinic, or somebody types; the page fetches what with its own authority."""
    home, me = auth.staff(slug, may="events", use=False)
    here, token = desk(), cookies.held("staff", slug)
    spend("stream", home, me.id)
    since = pages.whole_number(request.args.get("since", ""))

    def alive() -> bool:
        try:
            return staff_sessions.session(here, home, token, "", None, here.clock(), use=False).who.may("events")
        except Unknown:
            return False

    def first() -> Iterator[str]:
        changed = since is None or lists.changed_since(here, me.who, since)
        yield event("hello", f'{{"changed":{str(changed).lower()}}}')

    return follow(here, (("clinic", home.id), ("session", me.id)), first, partial(heard, here, me.who), alive)
