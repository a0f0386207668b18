"""The reply page: inbox, conversation, and the acts of staff, as forms that work without script. The way in: door.py."""

from collections.abc import Callable, Iterator

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import reading, staff
from securemsg.desk.clinics import Clinic
from securemsg.desk.door import staff_sessions
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import BadRequest, Conflict, Error, Limited, Refused, Unknown
from securemsg.http import auth, pages, schemas, stale, views
from securemsg.http.door import to_sign_in
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.http.stream import event, follow
from securemsg.live import Signal

blueprint = Blueprint("staff", __name__, url_prefix="/staff/<slug>")
blueprint.register_error_handler(Unknown, to_sign_in)


@blueprint.get("/")
def inbox(slug: str) -> Response:
    home, me = auth.staff(slug)
    view = request.args.get("view", "open")
    if view not in ("open", "mine", "closed"):
        raise BadRequest("There is no such list.")
    before = pages.whole_number(request.args.get("before", "")) or 0
    rows, older = reading.inbox(desk(), me.who, view, before, desk().clock())
    return pages.page("inbox.html", **views.inbox(home, me, view, rows, older, first=not before))


@blueprint.get("/conversations/<uuid:conversation>")
def conversation(slug: str, conversation) -> Response:
    home, me = auth.staff(slug)
    return _conversation_page(home, me, str(conversation), before=pages.whole_number(request.args.get("before", "")) or 0)


@blueprint.post("/conversations/<uuid:conversation>/reply")
def reply(slug: str, conversation) -> Response:
    def act(me: Session, id: str) -> None:
        staff.reply(desk(), me.who, id, _text(), _seen(), pages.form_key(request.form), desk().clock())

    return _act(slug, str(conversation), act, "newest")


@blueprint.post("/conversations/<uuid:conversation>/note")
def note(slug: str, conversation) -> Response:
    return _act(slug, str(conversation), lambda me, id: staff.note(
        desk(), me.who, id, _text(), pages.form_key(request.form), desk().clock()), "newest")


@blueprint.post("/conversations/<uuid:conversation>/claim")
def claim(slug: str, conversation) -> Response:
    return _act(slug, str(conversation), lambda me, id: staff.claim(
        desk(), me.who, id, pages.form_key(request.form), desk().clock()))


@blueprint.post("/conversations/<uuid:conversation>/release")
def release(slug: str, conversation) -> Response:
    return _act(slug, str(conversation), lambda me, id: staff.release(
        desk(), me.who, id, pages.form_key(request.form), desk().clock()))


@blueprint.post("/conversations/<uuid:conversation>/flag")
def flag(slug: str, conversation) -> Response:
    return _act(slug, str(conversation), lambda me, id: staff.flag(
        desk(), me.who, id, request.form.get("urgent") == "1", pages.form_key(request.form), desk().clock()))


@blueprint.post("/conversations/<uuid:conversation>/close")
def close(slug: str, conversation) -> Response:
    def act(me: Session, id: str) -> None:
        staff.close(desk(), me.who, id, request.form.get("reason", ""), _seen(), pages.form_key(request.form), desk().clock())

    return _act(slug, str(conversation), act)


@blueprint.post("/conversations/<uuid:conversation>/reopen")
def reopen(slug: str, conversation) -> Response:
    return _act(slug, str(conversation), lambda me, id: staff.reopen(
        desk(), me.who, id, pages.form_key(request.form), desk().clock()))


@blueprint.get("/events")
def events(slug: str) -> Response:
    """Something changed in this clinic; the page fetches what with its own authority."""
    home, me = auth.staff(slug, use=False)
    here, token = desk(), auth.staff_token(slug)
    spend("stream", home, me.id)
    since = pages.whole_number(request.args.get("since", ""))

    def written(signal: Signal) -> Iterator[str]:
        if signal.kind == "changed":
            yield event("changed", f'{{"conversation":"{signal.conversation_id}"}}')

    def alive() -> bool:
        try:
            staff_sessions.session(here, home, token, "", None, here.clock(), use=False)
        except Unknown:
            return False
        return True

    def first() -> Iterator[str]:
        changed = since is None or reading.changed_since(here, me.who, since)
        yield event("hello", f'{{"changed":{str(changed).lower()}}}')

    return follow(here, (("clinic", home.id), ("session", me.id)), first, written, alive)


def _act(slug: str, id: str, act: Callable[[Session, str], None], anchor: str | None = None) -> Response:
    """Do one act and show the conversation again; on an error too, with what was typed."""
    home, me = auth.staff(slug)
    try:
        spend("act", home, me.id)
        stale.same_person(me, request.form)
        act(me, id)
    except (Refused, Conflict, Limited) as error:
        return pages.again(_conversation_page(home, me, id, error), error)
    return redirect(url_for("staff.conversation", slug=slug, conversation=id, _anchor=anchor), 303)


def _seen() -> int | None:
    """The number of the newest message on the page that the form stood on."""
    return pages.whole_number(request.form.get("seen", ""))


def _text() -> str:
    return schemas.checked(schemas.TEXT, {"text": pages.typed(request.form, "text")})["text"]


def _conversation_page(home: Clinic, me: Session, id: str, error: Error | None = None, before: int = 0) -> Response:
    opened = reading.read(desk(), me.who, id, desk().clock(), before)
    return pages.page("conversation.html", **views.conversation(home, me, opened, request, error))
