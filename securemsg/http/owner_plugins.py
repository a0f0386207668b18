"""The owner's page of plugins: what each is set to for this clinic, how it does, what was not delivered. In English, as all of
the owner's pages."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import plugin_settings
from securemsg.desk.access import require
from securemsg.desk.clinics import Clinic
from securemsg.desk.deliveries import aside
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.plugin_settings import Kept
from securemsg.errors import BadRequest, Conflict, Error, Limited, Missing, Refused, Unknown
from securemsg.http import auth, languages, pages, plugin_views, stale, views
from securemsg.http.door import to_sign_in
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.parts import Setting

blueprint = Blueprint("owner_plugins", __name__, url_prefix="/staff/<slug>/plugins")
blueprint.register_error_handler(Unknown, to_sign_in)
blueprint.url_defaults(languages.keep)
_LONGEST = plugin_settings.LONGEST + 1_000  # characters of a field: a little more than is kept, so that who has too many is told
_TOLD = {"again": "What was given up is tried again now. What fails once more comes back here later.",
         "dismissed": "It is let go: nobody is told of it any more."}


@blueprint.get("/")
def everything(slug: str) -> Response:
    home, me = auth.staff(slug)
    require(me.who, "clinic")
    return _page(home, me)


@blueprint.post("/<plugin>")
def change(slug: str, plugin: str) -> Response:
    home, me = auth.staff(slug)
    require(me.who, "clinic")
    before = plugin_settings.kept(desk(), home.id, plugin)
    try:
        spend("act", home, me.id)
        stale.same_person(me, request.form)
        if texts := _texts(plugin, before):
            plugin_settings.change(desk(), me.who, plugin, texts, desk().clock(), _shown())
    except (Refused, Conflict, Limited) as error:
        return pages.again(_page(home, me, plugin, error), error)
    return redirect(url_for("owner_plugins.everything", slug=slug, saved=plugin, _anchor=f"p-{plugin}"), 303)


@blueprint.post("/")
def retry(slug: str) -> Response:
    """Try one again that was given up, or all of them."""
    def does(me: Session) -> None:
        if "delivery" in request.form:
            aside.retry(desk(), me.who, pages.form_id(request.form, "delivery"), desk().clock())
        else:
            aside.retry_all(desk(), me.who, desk().clock())

    return _decided(slug, does, again="1")


@blueprint.post("/undelivered/dismiss")
def dismiss(slug: str) -> Response:
    """Let one go that was given up."""
    return _decided(slug, lambda me: aside.dismiss(desk(), me.who, pages.form_id(request.form, "delivery"), desk().clock()),
                    dismissed="1")


def _decided(slug: str, does: Callable[[Session], None], **told: Any) -> Response:
    home, me = auth.staff(slug)
    require(me.who, "clinic")
    try:
        spend("act", home, me.id)
        stale.same_person(me, request.form)
        does(me)
    except (Conflict, Limited, Missing) as error:  # Missing: it does not wait any more
        shown = Conflict(error.detail) if isinstance(error, Missing) else error
        return pages.again(_page(home, me, "", shown), shown)
    return redirect(url_for("owner_plugins.everything", slug=slug, **told), 303)


def _texts(plugin: str, before: Kept) -> dict[str, str]:
    """What was changed, by name: of a secret nothing stands in the form unless somebody types a new one."""
    found = {setting.name: _text(setting) for setting in plugin_views.settable(plugin)}
    return {name: text for name, text in found.items() if text is not None and text != before.texts.get(name, "")}


def _text(setting: Setting) -> str | None:
    form, name = request.form, f"set-{setting.name}"
    if name not in form:  # a form that was cut short clears nothing
        raise BadRequest(pages.INCOMPLETE)
    text = pages.typed(form, name).strip()[:_LONGEST]
    if setting.secret and not text:
        return "" if f"clear-{setting.name}" in form else None
    return text


def _shown() -> str:
    if not request.form.get("shown"):  # without it a save could undo what somebody else has just saved
        raise BadRequest(pages.INCOMPLETE)
    return request.form["shown"]


def _page(home: Clinic, me: Session, erring: str = "", error: Error | None = None) -> Response:
    form = request.form
    typed = {name.removeprefix("set-"): pages.typed(form, name) for name in form if name.startswith("set-")} if erring else None
    return pages.page(
        "plugins.html", **views.frame(home, me), tz=home.timezone, saved=request.args.get("saved", ""),
        told=next((text for name, text in _TOLD.items() if name in request.args), None), erring=erring,
        errors=pages.told(error) if error else {},
        **plugin_views.everything(home, me, erring, typed))
