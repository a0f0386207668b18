"""The owner's page of plugins: what each is set to for this clinic, how it does, what was not delivered. In English, as all of
the owner's pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.answers import Setting
from securemsg.desk import plugin_settings
from securemsg.desk.clinics import Clinic
from securemsg.desk.deliveries import aside
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.plugin_settings import Kept
from securemsg.errors import BadRequest, Conflict, Error, Missing
from securemsg.http import auth, buttons, pages, plugin_views, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("owner_plugins", "/plugins")
_LONGEST = plugin_settings.LONGEST + 1_000  # characters of a field: a little more than is kept, so that who has too many is told
_TOLD = {"again": "What was given up is tried again now. What fails once more comes back here later.",
         "dismissed": "It is let go: nobody is told of it any more."}


@blueprint.get("/")
def everything(slug: str) -> Response:
    home, me = auth.staff(slug, may="clinic")
    return _page(home, me)


@blueprint.post("/<plugin>")
def change(slug: str, plugin: str) -> Response:
    home, me = auth.staff(slug, may="clinic")
    before = plugin_settings.kept(desk(), home.id, plugin)
    with buttons.pressed(home, me, partial(_page, home, me, plugin)):
        if texts := _texts(plugin, before):
            plugin_settings.change(desk(), me.who, plugin, texts, desk().clock(), _shown())
    return redirect(url_for("owner_plugins.everything", slug=slug, saved=plugin, _anchor=f"p-{plugin}"), 303)


@blueprint.post("/")
def retry(slug: str) -> Response:
    """Try one again that was given up, or all of them."""
    home, me = auth.staff(slug, may="clinic")
    with _on_the_page(home, me):
        if "delivery" in request.form:
            aside.retry(desk(), me.who, pages.form_id(request.form, "delivery"), desk().clock())
        else:
            aside.retry_all(desk(), me.who, desk().clock())
    return redirect(url_for("owner_plugins.everything", slug=slug, again="1"), 303)


@blueprint.post("/undelivered/dismiss")
def dismiss(slug: str) -> Response:
    """Let one go that was given up."""
    home, me = auth.staff(slug, may="clinic")
    with _on_the_page(home, me):
        aside.dismiss(desk(), me.who, pages.form_id(request.form, "delivery"), desk().clock())
    return redirect(url_for("owner_plugins.everything", slug=slug, dismissed="1"), 303)


@contextmanager
def _on_the_page(home: Clinic, me: Session) -> Iterator[None]:
    """What does not wait any more is told on the page as it is now."""
    with buttons.pressed(home, me, partial(_page, home, me, "")):
        try:
            yield
        except Missing as gone:
            raise Conflict(gone.detail) from None


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
