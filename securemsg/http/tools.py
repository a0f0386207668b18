"""What staff do on a conversation's page besides: use a tool, say that something is done, try a delivery again or let it go."""

from collections.abc import Callable
from uuid import UUID

from flask import request
from werkzeug import Response

from securemsg.desk.deliveries import aside
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.plugin import todos, tools
from securemsg.desk.plugin.tools import Use
from securemsg.errors import Conflict, Missing, Unavailable
from securemsg.http import auth, brought, forms_of_kinds, pages
from securemsg.http.acting import act, conversation_page, seen
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("tools", "/conversations/<uuid:conversation>")


@blueprint.post("/tools/<plugin>/<tool>")
def run(slug: str, conversation: UUID, plugin: str, tool: str) -> Response:
    def use(me: Session, id: str) -> None:
        wanted = Use(plugin, tool, brought.filled_in(request.form), forms_of_kinds.typed, seen())
        tools.run(desk(), me.who, id, wanted, pages.form_key(request.form), desk().clock())

    try:
        return act(slug, str(conversation), use, "newest")
    except Unavailable as error:  # the plugin failed: what was typed stands in its form still; else this page fails, too
        home, me = auth.staff(slug)
        return pages.again(conversation_page(home, me, str(conversation), error), error)


@blueprint.post("/done")
def done(slug: str, conversation: UUID) -> Response:
    return act(slug, str(conversation), _on_the_page(lambda me, id: todos.done(
        desk(), me.who, pages.form_id(request.form, "todo"), pages.form_key(request.form), desk().clock())))


@blueprint.post("/retry")
def retry(slug: str, conversation: UUID) -> Response:
    return act(slug, str(conversation), _on_the_page(lambda me, id: aside.retry(
        desk(), me.who, pages.form_id(request.form, "delivery"), desk().clock(), id)))


@blueprint.post("/dismiss")
def dismiss(slug: str, conversation: UUID) -> Response:
    return act(slug, str(conversation), _on_the_page(lambda me, id: aside.dismiss(
        desk(), me.who, pages.form_id(request.form, "delivery"), desk().clock(), id)))


def _on_the_page(does: Callable[[Session, str], None]) -> Callable[[Session, str], None]:
    """What is gone from the page since it was made is told on the page as it is now."""
    def done(me: Session, id: str) -> None:
        try:
            does(me, id)
        except Missing as gone:
            raise Conflict(gone.detail) from None

    return done
