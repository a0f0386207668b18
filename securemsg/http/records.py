"""The page of records, for who answers for them: requests to erase, holds, export, erasure. Each act asks once more who it is."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from flask import redirect, request, url_for
from werkzeug import Response

from securemsg.desk import people
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.erasing import conversation, holds, message, requests
from securemsg.desk.erasing.retention import DAYS, days, periods
from securemsg.desk.exporting import files
from securemsg.desk.exporting.files import FORMS
from securemsg.desk.exporting.shape import PATIENT, RECORD
from securemsg.errors import Error, Missing, Refused, Unverified
from securemsg.http import auth, buttons, pages, views
from securemsg.http.door import behind
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.http.limits import spend
from securemsg.store import Row, conversations

blueprint = behind("records", "/records")
_TOLD = {"held": "It is held. Nothing of it is erased until two people say so.",
         "held_here": "It is held. But the ledger that is kept beside the database did not take it: if an older copy of the"
                      " database were put back now, it would be held no more. Please tell whoever runs this service.",
         "erased": "It is erased.", "asked": "Asked. Somebody else has to agree.", "lifted": "The hold is lifted.",
         "kept": "It is kept, and your reason stands in the conversation for the visitor."}


@blueprint.get("/")
def page(slug: str) -> Response:
    home, me = auth.staff(slug, may="hold")
    return _page(home, me)


@blueprint.post("/export")
def export(slug: str) -> Response:
    """One conversation as a file; that it was taken away is on record before."""
    home, me = auth.staff(slug, may="hold")
    with _pressed(home, me, "export"):
        copy, form = request.form.get("copy", PATIENT), request.form.get("form", "")
        if form not in FORMS or copy not in (PATIENT, RECORD):
            raise Refused(errors={"export": ["Please choose one of the list."]})
        id = _named(home).id
        spend("export", home, me.person.id)  # a slip of the hand costs nothing: no file leaves
        file = files.of(desk(), home, me.who, id, copy, form, desk().clock())
    surface("api")  # a file to keep: not even its own style is allowed here
    return Response(file.content, headers={"Content-Type": file.media_type,
                                           "Content-Disposition": f'attachment; filename="{file.name}"'})


@blueprint.post("/hold")
def hold(slug: str) -> Response:
    home, me = auth.staff(slug, may="hold")
    with _pressed(home, me, "hold"):
        id = holds.place(desk(), me.who, _named(home).id, _reason(), desk().clock())
    return _told(slug, "held" if holds.outlives(desk(), id) else "held_here")


@blueprint.post("/lift")
def lift(slug: str) -> Response:
    """Ask for the end of a hold, or agree with a colleague who did."""
    home, me = auth.staff(slug, may="hold")
    with _pressed(home, me, "lift"):
        lifted = holds.lift(desk(), me.who, pages.form_id(request.form, "hold"), _reason(), desk().clock())
    return _told(slug, "lifted" if lifted else "asked")


@blueprint.post("/erase")
def erase(slug: str) -> Response:
    """A whole conversation, or what one message of it says."""
    home, me = auth.staff(slug, may="hold")
    with _pressed(home, me, "erase"):
        found, number = _named(home), request.form.get("number", "").strip()
        if number:
            message.erase(desk(), me.who, found.id, _message(found, number), holds.checked(_reason()), desk().clock())
        else:
            conversation.erase(desk(), me.who, found.id, holds.checked(_reason()), desk().clock())
    return _told(slug, "erased")


@blueprint.post("/answer")
def answer(slug: str) -> Response:
    """Do what a visitor asked for, or say why not."""
    home, me = auth.staff(slug, may="hold")
    with _pressed(home, me, "answer"):
        id = pages.form_id(request.form, "conversation")
        if request.form.get("answer") == "erase":
            requests.grant(desk(), me.who, id, _reason(), desk().clock())
            return _told(slug, "erased")
        requests.refuse(desk(), me.who, id, _reason(), pages.form_key(request.form), desk().clock())
    return _told(slug, "kept")


def _pressed(home: Clinic, me: Session, section: str) -> AbstractContextManager[None]:
    """A button of this section, which shows the sentence where it is refused."""
    pages.form_key(request.form)
    return buttons.pressed(home, me, partial(_page, home, me, section), confirmed=True, also=(Missing, Unverified))


def _named(home: Clinic) -> Row:
    """The conversation that was named by its reference."""
    reference = request.form.get("reference", "").strip().upper()
    found = desk().database.read(lambda tx: conversations.one_by_reference(tx, home.id, reference))
    if found is None:
        raise Refused("There is no conversation with this reference, or it was erased.")
    return found


def _message(found: Row, typed: str) -> str:
    number = pages.whole_number(typed)
    rows = desk().database.read(lambda tx: conversations.messages(tx, found.clinic_id, found.id, number or 0, 0))
    if not number or number >= 2**31 or not rows or rows[0].seq != number:
        raise Refused("This conversation has no message with this number.")
    return rows[0].id


def _reason() -> str:
    return request.form.get("reason", "")


def _told(slug: str, what: str) -> Response:
    return redirect(url_for("records.page", slug=slug, told=what), 303)


def _page(home: Clinic, me: Session, section: str = "", error: Error | None = None) -> Response:
    names, waiting = people.everyone(desk(), home.id), requests.waiting(desk(), me.who)
    sentences = [text for texts in pages.told(error).values() for text in texts] if error else []
    return pages.page(
        "records.html", **views.frame(home, me), waiting_requests=waiting, holds=[_hold(home, me, each, names) for each
                                                                                  in _current(me)],
        periods=_periods(home), errors={section: sentences} if error else {}, told=_TOLD.get(request.args.get("told", "")),
        typed=request.form if error else {}, forms=list(FORMS))


def _current(me: Session) -> list[holds.Hold]:
    return [each for each in holds.everything(desk(), me.who) if each.state != "lifted"]


def _hold(home: Clinic, me: Session, each: holds.Hold, names: dict[str, Any]) -> dict[str, Any]:
    row = desk().database.read(lambda tx: conversations.one(tx, home.id, each.conversation_id))
    by = names.get(each.placed_by)
    asked = names.get(each.asked_by or "")
    return {"id": each.id, "reference": row.reference if row else "", "reason": each.reason or "Could not be verified",
            "by": by.name if by else "The command line", "at": each.placed_at, "mine": each.asked_by == me.person.id,
            "asked_by": asked.name if asked else "The command line" if each.asked_by else None}


def _periods(home: Clinic) -> list[tuple[str, str, int]]:
    """Topic, kind and days, those that the clinic set last."""
    chosen = periods(desk(), home.id)
    usual = [("", kind, days(chosen, "", kind)) for kind in DAYS]
    return usual + [(topic, kind, number) for (topic, kind), number in sorted(chosen.items()) if topic]
