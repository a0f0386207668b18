"""One act on a conversation's page: done, and the page shown again; refused, and shown with what was typed."""

from collections.abc import Callable

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import lists, reading
from securemsg.desk.canned import templates, variables
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.reading import Shown
from securemsg.errors import BadRequest, Error, Unverified
from securemsg.http import auth, buttons, pages, schemas, stale, views
from securemsg.http.here import desk
from securemsg.words import say

VIEWS = ("open", "mine", "todo", "closed")


def act(slug: str, id: str, does: Callable[[Session, str], object], anchor: str | None = None) -> Response:
    """Do one act and show the conversation again; on an error too, with what was typed: there, and in no other conversation."""
    home, me = auth.staff(slug)
    stale.this_conversation(id, request.form)

    def again(error: Error) -> Response:
        if not me.who.may("read"):
            raise error
        return conversation_page(home, me, id, error)

    with buttons.pressed(home, me, again, also=(Unverified,)):
        does(me, id)
    if not me.who.may("read"):  # nor is its page shown to who may act in a conversation, and not read it
        return redirect(views.home_of(slug, me.who), 303)
    return redirect(url_for("staff.conversation", slug=slug, conversation=id, view=request.args.get("view"), _anchor=anchor), 303)


def conversation_page(home: Clinic, me: Session, id: str, error: Error | None = None, before: int = 0) -> Response:
    """A conversation, opened: with the list beside it, unless the script that asks has one on the screen already."""
    view = list_view()
    shown = reading.read(desk(), me.who, id, desk().clock(), before)
    beside = {"rows": None, "view": view, **views.frame(home, me)}
    if "Securemsg-Pane" not in request.headers and me.who.may("inbox"):
        beside = views.inbox(home, me, view, *lists.inbox(desk(), me.who, view, 0, desk().clock()), first=True)
    return pages.page("conversation.html", **beside, **views.conversation(home, me, shown, request, error),
                      canned=canned(home, me, shown))


def canned(home: Clinic, me: Session, shown: Shown) -> dict:
    """The ready replies for this conversation, those in its language first; the places they have, and what stands in them."""
    row = shown.conversation
    every = templates.everything(desk(), me.who) if me.who.may("reply") else []
    usable = sorted((each for each in every if each.verified), key=lambda each: each.language != row.language)
    return {"templates": usable, "known": templates.values(home, me.who, row.reference, shown.name),
            "names": sorted({*variables.KNOWN, *(name for each in usable for name in variables.named(each.text))})}


def list_view() -> str:
    """Which list stands beside the conversation."""
    view = request.args.get("view") or "open"
    if view not in VIEWS:
        raise BadRequest(say("There is no such list."))
    return view


def seen() -> int | None:
    """The number of the newest message on the page that the form stood on."""
    return pages.whole_number(request.form.get("seen", ""))


def draft_version() -> int | None:
    """Of the draft that stood in the form."""
    return pages.whole_number(request.form.get("version", ""))


def text() -> str:
    """What was typed; Refused when it is nothing, or too much."""
    return schemas.checked(schemas.TEXT, {"text": pages.typed(request.form, "text")})["text"]
