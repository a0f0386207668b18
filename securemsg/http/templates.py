"""Ready replies: the owner's pages to write them, the list for the reply box, and a button that puts one in without script."""

from functools import partial
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk.access import require
from securemsg.desk.canned import templates, variables
from securemsg.desk.canned.templates import Template
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import BadRequest, Conflict, Error, Missing, Refused
from securemsg.http import auth, buttons, pages, schemas, views
from securemsg.http.acting import act
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.words import LANGUAGES, say

blueprint = behind("templates")
_LONGEST = 5_000  # characters of a field: a little more than may be kept, so that who has too many is told and loses none


@blueprint.get("/templates/")
def everything(slug: str) -> Response:
    home, me = auth.staff(slug, may="templates")
    return _list(home, me)


@blueprint.get("/templates/new")
def blank(slug: str) -> Response:
    home, me = auth.staff(slug, may="templates")
    return _form(home, me, Template("", "", home.locale, ""))


@blueprint.post("/templates/new")
def add(slug: str) -> Response:
    return _save(slug, "")


@blueprint.get("/templates/<uuid:template>")
def one(slug: str, template) -> Response:
    home, me = auth.staff(slug, may="templates")
    return _form(home, me, templates.one(desk(), me.who, str(template)))


@blueprint.post("/templates/<uuid:template>")
def change(slug: str, template) -> Response:
    return _save(slug, str(template))


@blueprint.post("/templates/<uuid:template>/remove")
def remove(slug: str, template) -> Response:
    home, me = auth.staff(slug, may="templates")
    id, version = str(template), _version()
    with buttons.pressed(home, me, partial(_list, home, me)):
        templates.remove(desk(), me.who, id, version, desk().clock())
    return redirect(url_for("templates.everything", slug=slug), 303)


@blueprint.get("/templates.json")
def listed(slug: str) -> Response:
    """All of them as they are written: the page fills in what it knows."""
    _, me = auth.staff(slug, may="reply")
    return schemas.answer({"items": [
        {"id": each.id, "label": each.label, "language": each.language, "text": each.text}
        for each in templates.everything(desk(), me.who) if each.verified]})


@blueprint.post("/conversations/<uuid:conversation>/insert")
def insert(slug: str, conversation) -> Response:
    """Without script: what was typed and the ready reply behind it are the draft, and the page comes again."""
    home = auth.staff(slug, use=False)[0]

    def put(me: Session, id: str) -> None:
        require(me.who, "reply")
        begun, version = pages.typed(request.form, "text"), pages.whole_number(request.form.get("version", "")) or 0
        try:
            templates.insert(desk(), me.who, home, id, _chosen(), begun, version, desk().clock())
        except Missing as gone:  # what was typed comes again
            raise Refused(errors={"text": [gone.detail]}) from None

    return act(slug, str(conversation), put, "reply")


def _chosen() -> str:
    """The id of the ready reply to put in."""
    try:
        return str(UUID(request.form.get("template", "")))
    except ValueError:
        raise Refused(errors={"text": [say("Please choose a ready reply first.")]}) from None


def _save(slug: str, id: str) -> Response:
    home, me = auth.staff(slug, may="templates")
    label, language, text = (pages.typed(request.form, name)[:_LONGEST] for name in ("label", "language", "text"))
    typed = Template(id, label, language, text, _version() if id else 0)

    def again(error: Error) -> Response:
        if isinstance(error, Missing):  # somebody removed it: what was typed can be saved as a new one
            return _form(home, me, Template("", typed.label, typed.language, typed.text), error)
        return _form(home, me, typed, error)

    with buttons.pressed(home, me, again, also=(Missing,)):
        templates.save(desk(), me.who, typed, pages.form_key(request.form), desk().clock())
    return redirect(url_for("templates.everything", slug=slug, _anchor=f"t-{id}" if id else None), 303)


def _version() -> int:
    version = pages.whole_number(request.form.get("version", ""))
    if not version:  # without it a save could undo what somebody else has just saved
        raise BadRequest(pages.INCOMPLETE)
    return version


def _list(home: Clinic, me: Session, error: Error | None = None) -> Response:
    return pages.page("templates.html", **views.frame(home, me), templates=templates.everything(desk(), me.who),
                      languages=LANGUAGES, most=templates.MOST, errors=pages.told(error) if error else {})


def _form(home: Clinic, me: Session, typed: Template, error: Error | None = None) -> Response:
    """The form with what was typed; where somebody else saved meanwhile, with what is there now, to be replaced or kept."""
    now = templates.one(desk(), me.who, typed.id) if typed.id and isinstance(error, Conflict) else None
    return pages.page("template.html", **views.frame(home, me), typed=typed, current=now, languages=LANGUAGES,
                      version=now.version if now else typed.version, variables=variables.KNOWN,
                      kept_key=pages.kept(request.form, error).get("key") if error else None,
                      free=[name for name in variables.named(typed.text) if name not in variables.KNOWN],
                      errors=pages.told(error) if error else {})
