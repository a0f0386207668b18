"""The owner's page of people: who works here, in which roles; somebody new, a fresh link, an end, and who takes over."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import handing_over, looked_after, people
from securemsg.desk.access import ROLES, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.door import step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.people import Person
from securemsg.errors import Conflict, Limited, Missing, Refused, Unknown
from securemsg.http import auth, languages, pages, stale, views
from securemsg.http.door import to_sign_in
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = Blueprint("people", __name__, url_prefix="/staff/<slug>/people")
blueprint.register_error_handler(Unknown, to_sign_in)
blueprint.url_defaults(languages.keep)
_LONGEST = 120  # characters of a name, an address or a title
_TOLD = {"roles": "Saved. Whoever it is signs in anew, with these roles.", "over": "Handed over."}


@blueprint.get("/")
def everyone(slug: str) -> Response:
    return _list(*_owner(slug))


@blueprint.post("/")
def add(slug: str) -> Response:
    """Somebody new, and the link for them, shown this once."""
    home, me = _owner(slug)

    def does() -> Response:
        form = _typed()
        person = people.add(desk(), me.who, home, form["name"], form["email"], form["title"] or None, tuple(form["roles"]),
                            desk().clock())
        return _link(home, me, person)

    return _done(home, me, does, lambda error: _list(home, me, error))


@blueprint.get("/<uuid:person>")
def one(slug: str, person) -> Response:
    home, me = _owner(slug)
    return _page(home, me, _known(home, str(person)))


@blueprint.post("/<uuid:person>/roles")
def roles(slug: str, person) -> Response:
    home, me = _owner(slug)
    whose = _known(home, str(person))

    def does() -> Response:
        people.set_roles(desk(), me.who, home, whose, tuple(request.form.getlist("role")), desk().clock())
        return redirect(url_for("people.one", slug=slug, person=whose.id, told="roles"), 303)

    return _done(home, me, does, lambda error: _page(home, me, whose, error))


@blueprint.post("/<uuid:person>/link")
def link(slug: str, person) -> Response:
    """A new one-time link, after a lost phone or password; shown this once."""
    home, me = _owner(slug)
    whose = _known(home, str(person))
    return _done(home, me, lambda: _link(home, me, whose), lambda error: _page(home, me, whose, error))


@blueprint.post("/<uuid:person>/end")
def end(slug: str, person) -> Response:
    """End somebody's access, and go on with what they leave."""
    home, me = _owner(slug)
    whose = _known(home, str(person))

    def does() -> Response:
        handing_over.end_access(desk(), me.who, home, whose, desk().clock())
        return redirect(url_for("people.one", slug=slug, person=whose.id, _anchor="over"), 303)

    return _done(home, me, does, lambda error: _page(home, me, whose, error))


@blueprint.post("/<uuid:person>/hand-over")
def hand_over(slug: str, person) -> Response:
    home, me = _owner(slug)
    whose, to = _known(home, str(person)), {}
    for name, taker in request.form.items():
        if name.startswith("to-") and taker != "stay":
            to[pages.form_id({"id": name.removeprefix("to-")}, "id")] = taker

    def does() -> Response:
        handing_over.hand_over(desk(), me.who, home, whose, to, desk().clock())
        return redirect(url_for("people.one", slug=slug, person=whose.id, told="over", _anchor="over"), 303)

    return _done(home, me, does, lambda error: _page(home, me, whose, error))


def _owner(slug: str) -> tuple[Clinic, Session]:
    home, me = auth.staff(slug)
    require(me.who, "people")
    return home, me


def _known(home: Clinic, id: str) -> Person:
    desk().known_people.pop(home.id, None)  # as they are now: what is decided here must not rest on a few seconds ago
    found = people.everyone(desk(), home.id).get(id)
    if found is None:
        raise Missing
    return found


def _done(home: Clinic, me: Session, does: Callable[[], Response], again: Callable[[Any], Response]) -> Response:
    """Do it, by who pressed the button and has confirmed that it is they; refused, the page comes again with a sentence."""
    try:
        spend("act", home, me.id)
        stale.same_person(me, request.form)
        step_up.require_recent(desk(), me, desk().clock())
        return does()
    except (Refused, Conflict, Limited) as error:
        return pages.again(again(error), error)


def _typed() -> dict[str, Any]:
    form: dict[str, Any] = {name: request.form.get(name, "").strip()[:_LONGEST] for name in ("name", "email", "title")}
    return form | {"roles": [role for role in request.form.getlist("role") if role in ROLES]}


def _list(home: Clinic, me: Session, error: Any = None) -> Response:
    form = _typed() if error else {"roles": ["staff"]}
    return pages.page("people.html", **views.frame(home, me), people=_shown(home), form=form, roles=_roles(),
                      errors=pages.told(error) if error else {})


def _page(home: Clinic, me: Session, whose: Person, error: Any = None) -> Response:
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


def _roles() -> list[tuple[str, str]]:
    """Each role with the word for it."""
    return [(role, languages.told(views.ROLES.get(role, role))) for role in ROLES]
