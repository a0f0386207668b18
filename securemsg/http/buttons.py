"""A button on a page of staff: pressed within the limits, by whom the page was made for; refused, the page comes again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import abort, request
from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.desk.door import step_up
from securemsg.desk.door.staff_sessions import Session
from securemsg.errors import Conflict, Error, Limited, Refused
from securemsg.http import pages, stale
from securemsg.http.here import desk
from securemsg.http.limits import spend


@contextmanager
def pressed(home: Clinic, me: Session, again: Callable[[Error], Response], *, confirmed: bool = False,
            also: tuple[type[Error], ...] = ()) -> Iterator[None]:
    """Around an act. Where `check` or the act refuses, the answer is the page `again`, with what was typed and the sentence why,
    and nothing below is reached. `also` are errors of which the page can tell besides Refused, Conflict and Limited."""
    told_there: tuple[type[Error], ...] = (Refused, Conflict, Limited, *also)
    try:
        check(home, me, confirmed=confirmed)
        yield
    except told_there as error:
        abort(pages.again(again(error), error))


def check(home: Clinic, me: Session, *, confirmed: bool = False) -> None:
    """Before an act. Limited; Conflict where the page was made for somebody else; StepUpNeeded where they must have `confirmed`
    within the last minutes that it is still they."""
    spend("act", home, me.id)
    stale.same_person(me, request.form)
    if confirmed:
        step_up.require_recent(desk(), me, desk().clock())
