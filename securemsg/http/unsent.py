"""What is not sent yet: a draft that is kept, a reply that can still be taken back or goes out at once."""

from uuid import UUID

from flask import request
from werkzeug import Response

from securemsg.desk import drafts, pending, sending
from securemsg.errors import BadRequest, Refused
from securemsg.http import auth, kinds, pages, schemas, stale
from securemsg.http.acting import act, draft_version
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.words import say

blueprint = behind("unsent", "/conversations/<uuid:conversation>")


@blueprint.post("/draft")
def draft(slug: str, conversation) -> Response:
    """From the button the page comes again; the script, which asks for JSON while somebody types, hears the new version."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return _kept_by_script(slug, str(conversation))
    return act(slug, str(conversation), lambda me, id: drafts.save(
        desk(), me.who, id, begun("text"), None, draft_version() or 0, desk().clock()), "reply")


@blueprint.post("/undo")
def undo(slug: str, conversation) -> Response:
    return act(slug, str(conversation), lambda me, id: pending.undo(
        desk(), me.who, id, _waiting(), desk().clock()), "reply")


@blueprint.post("/send-now")
def send_now(slug: str, conversation) -> Response:
    return act(slug, str(conversation), lambda me, id: sending.send_now(
        desk(), me.who, id, _waiting(), desk().clock()), "newest")


def _waiting() -> str:
    """The id of the reply that the button stood beside."""
    try:
        return str(UUID(request.form.get("reply", "")))
    except ValueError:
        raise BadRequest(pages.INCOMPLETE) from None


def _kept_by_script(slug: str, id: str) -> Response:
    home, me = auth.staff(slug)
    spend("draft", home, me.id)
    stale.this_conversation(id, request.form)
    stale.same_person(me, request.form)
    version = drafts.save(desk(), me.who, id, begun("text"), begun("note"), draft_version() or 0, desk().clock())
    return schemas.answer({"version": version})


def begun(name: str) -> str | None:
    """A text that need not be whole: nothing is a draft, too. None where the form does not speak of it."""
    if name not in request.form:
        return None
    text = pages.typed(request.form, name)
    if len(text) > kinds.LONGEST_TEXT or "\0" in text:
        raise Refused(say("A message has at most {max} characters.", max=kinds.LONGEST_TEXT))
    return text
