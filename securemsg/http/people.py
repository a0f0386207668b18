"""The owner's page of people: who works here, in which roles; somebody new, a fresh link, an end, and who takes over."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import handing_over, looked_after, people
from securemsg.desk.access import ROLES
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.people import Person
from securemsg.errors import Error, Missing
from securemsg.http import auth, buttons, languages, pages, role_words, views
from securemsg.http.door import behind
from securemsg.http.here import desk

blueprint = behind("people", "/people")
_LONGEST = 120  # characters of a name, an address or a title
_TOLD = {"roles": "Saved. Whoever it is signs in anew, with these roles.", "over": "Handed over."}


@blueprint.get("/")
def everyone(slug: str) -> Response:
    return _list(*auth.staff(slug, may="people"))


@blueprint.post("/")
def add(slug: str) -> Response:
    """Somebody new, and the link for them, shown this once."""
    home, me = auth.staff(slug, may="people")
    with buttons.pressed(home, me, partial(_list, home, me), confirmed=True):
        form = _typed()
        person = people.add(desk(), me.who, home, form["name"], form["email"], form["title"] or None, tuple(form["roles"]),
                            desk().clock())
        return _link(home, me, person)


@blueprint.get("/<uuid:person>")
def one(slug: str, person) -> Response:
    home, me = auth.staff(slug, may="people")
    return _page(home, me, _known(home, str(person)))


@blueprint.post("/<uuid:person>/roles")
def roles(slug: str, person) -> Response:
    home, me = auth.staff(slug, may="people")
    whose = _known(home, str(person))
    with _pressed(home, me, whose):
        people.set_roles(desk(), me.who, home, whose, tuple(request.form.getlist("role")), desk().clock())
    return redirect(url_for("people.one", slug=slug, person=whose.id, told="roles"), 303)


@blueprint.post("/<uuid:person>/link")
def link(slug: str, person) -> Response:
    """A new one-time link, after a lost phone or password; shown this once."""
    home, me = auth.staff(slug, may="people")
    whose = _known(home, str(person))
    with _pressed(home, me, whose):
        return _link(home, me, whose)


@blueprint.post("/<uuid:person>/end")
def end(slug: str, person) -> Response:
    """End somebody's access, and go on with what they leave."""
    home, me = auth.staff(slug, may="people")
    whose = _known(home, str(person))
    with _pressed(home, me, whose):
        handing_over.end_access(desk(), me.who, home, whose, desk().clock())
    return redirect(url_for("people.one", slug=slug, person=whose.id, _anchor="over"), 303)


@blueprint.post("/<uuid:person>/hand-over")
def hand_over(slug: str, person) -> Response:
    home, me = auth.staff(slug, may="people")
    whose, to = _known(home, str(person)), {}
    for name, taker in request.form.items():
        if name.startswith("to-") and taker != "stay":
            to[pages.form_id({"id": name.removeprefix("to-")}, "id")] = taker
    with _pressed(home, me, whose):
        handing_over.hand_over(desk(), me.who, home, whose, to, desk().clock())
    return redirect(url_for("people.one", slug=slug, person=whose.id, told="over", _anchor="over"), 303)


def _pressed(home: Clinic, me: Session, whose: Person) -> AbstractContextManager[None]:
    return buttons.pressed(home, me, partial(_page, home, me, whose), confirmed=True)


def _known(home: Clinic, id: str) -> Person:
    desk().known_people.pop(home.id, None)  # as they are now: what is decided here must not rest on a few seconds ago
    found = people.everyone(desk(), home.id).get(id)
    if found is None:
        raise Missing
    return found


def _typed() -> dict[str, Any]:
    form: dict[str, Any] = {name: request.form.get(name, "").strip()[:_LONGEST] for name in ("name", "email", "title")}
    return form | {"roles": [role for role in request.form.getlist("role") if role in ROLES]}


def _list(home: Clinic, me: Session, error: Error | None = None) -> Response:
    form = _typed() if error else {"roles": ["staff"]}
    return pages.page("people.html", **views.frame(home, me), people=_shown(home), form=form, roles=_roles(),
                      errors=pages.told(error) if error else {})


def _page(home: Clinic, me: Session, whose: Person, error: Error | None = None) -> Response:
    rows = handing_over.open_of(desk(), me.who, whose)
    labels = views.labels(home)
    held = [{"id": row.id, "reference": row.reference, "category": labels.get(row.category_id, ""),
             "waiting_since": row.waiting_since, "takers": handing_over.takers(desk(), me.who, home, whose, row)}
            for row in rows]
    return pages.page("person.html", **views.frame(home, me), person=_line(whose), roles=_roles(), held=held,
                      typed=request.form if error else {}, told=_TOLD.get(request.args.get("told", "")),
                      chosen=request.form.getlist("role") if error and request.endpoint == "people.roles" else whose.roles,
                      unseen=looked_after.warnings(desk(), home.id), errors=pages.told(error) if error else {})


def _link(home: Clinic, me: Session, whose: Person) -> Response:
    secret = people.invite(desk(), me.who, home, whose, desk().clock())
    address = f"{desk().settings.public_url}{url_for('door.start', slug=home.slug, lang=None)}#{secret}"
    return pages.page("person_link.html", **views.frame(home, me), person=_line(whose), link=address)


def _shown(home: Clinic) -> list[dict[str, Any]]:
    found = sorted(people.everyone(desk(), home.id).values(), key=lambda each: (bool(each.disabled_at), each.name.casefold()))
    return [_line(each) for each in found]


def _line(person: Person) -> dict[str, Any]:
    state = "left" if person.disabled_at else "works" if person.enrolled_at else "invited"
    return {"id": person.id, "name": person.name, "email": person.email, "title": person.title, "state": state,
            "roles": views.role(person), "left_at": person.disabled_at}


def _roles() -> list[tuple[str, str, str]]:
    """Each role with the word for it and what it allows."""
    return [(role, languages.told(views.ROLES.get(role, role)), role_words.ALLOWS[role]) for role in ROLES]
