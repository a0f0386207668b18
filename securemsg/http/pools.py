"""The page of pools, for owner and manager: who works in which, and which one each topic goes to."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import looked_after, people, pooling
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.pools import Pools, pools_of
from securemsg.errors import Error
from securemsg.http import auth, buttons, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("pools", "/pools")
_TOLD = {"added": "Added. Now say who works in it, then which topics go to it.", "people": "Saved. It counts at once.",
         "topics": "Saved. It counts at once, for the conversations that are there too.", "removed": "The pool is gone."}


@blueprint.get("/")
def everything(slug: str) -> Response:
    home, me = auth.staff(slug, may="pools")
    return _page(home, me)


@blueprint.post("/")
def add(slug: str) -> Response:
    home, me = auth.staff(slug, may="pools")
    with _pressed(home, me):
        label = request.form.get("label", "")
        name = pooling.short_name(label, pools_of(desk(), home.id, fresh=True))
        pooling.add(desk(), me.who, home, name, label, desk().clock())
    return _done(slug, "added")


@blueprint.post("/<uuid:pool>/people")
def put_people(slug: str, pool) -> Response:
    home, me = auth.staff(slug, may="pools")
    with _pressed(home, me):
        chosen = frozenset(pages.form_id({"id": id}, "id") for id in request.form.getlist("person"))
        pooling.put_people(desk(), me.who, home, str(pool), chosen, _version(), desk().clock())
    return _done(slug, "people")


@blueprint.post("/topics")
def route(slug: str) -> Response:
    home, me = auth.staff(slug, may="pools")
    with _pressed(home, me):
        to = {each.id: request.form[f"to-{each.id}"] or None for each in home.categories if f"to-{each.id}" in request.form}
        pooling.route_all(desk(), me.who, home, to, _version(), desk().clock())
    return _done(slug, "topics")


@blueprint.post("/<uuid:pool>/remove")
def remove(slug: str, pool) -> Response:
    home, me = auth.staff(slug, may="pools")
    with _pressed(home, me):
        pooling.remove(desk(), me.who, home, str(pool), desk().clock())
    return _done(slug, "removed")


def _pressed(home: Clinic, me: Session) -> AbstractContextManager[None]:
    return buttons.pressed(home, me, partial(_page, home, me), confirmed=True)


def _version() -> str:
    """Of the pools as the page showed them that somebody decides by."""
    return request.form.get("version", "")


def _done(slug: str, told: str) -> Response:
    return redirect(url_for("pools.everything", slug=slug, told=told), 303)


def _page(home: Clinic, me: Session, error: Error | None = None) -> Response:
    found = pools_of(desk(), home.id, fresh=True)
    labels, unseen = views.labels(home), looked_after.unseen(desk(), home.id, found)
    staff = sorted((each for each in people.everyone(desk(), home.id).values() if not each.disabled_at),
                   key=lambda each: each.name.casefold())
    return pages.page(
        "pools.html", **views.frame(home, me), version=found.version,
        pools=[{**_shown(found, id, staff, labels), "unseen": id in unseen}
               for id in sorted(found.labels, key=lambda id: found.labels[id].casefold())], nowhere=None in unseen,
        topics=[{"id": id, "label": label, "pool": found.routed.get(id)} for id, label in labels.items()],
        staff=[{"id": each.id, "name": each.name, "about": each.title or views.role(each)} for each in staff],
        told=_TOLD.get(request.args.get("told", "")), longest=pooling.LONGEST, form=request.form if error else {},
        errors=pages.told(error) if error else {})


def _shown(found: Pools, id: str, staff: list[people.Person], labels: dict[str, str]) -> dict[str, Any]:
    """One pool as its part of the page shows it."""
    inside = [each for each in staff if each.id in found.members[id]]
    topics = [label for topic, label in labels.items() if found.routed.get(topic) == id]
    return {"id": id, "label": found.labels[id], "name": found.names[id], "members": {each.id for each in inside},
            "topics": topics}
