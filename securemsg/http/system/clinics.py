"""The clinic that a token belongs to."""

from hashlib import sha256

from werkzeug import Response

from securemsg.desk.clinics import Clinic
from securemsg.errors import BadRequest, Missing, Refused
from securemsg.http import cards, schemas
from securemsg.http.operations import ok, operation
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import blueprint, caller


@blueprint.get("/clinics")
@operation("List clinics", "clinics", "clinics:read", query=asked.PAGE, gives=ok(shapes.CLINICS), budget="api",
           problems=(Refused,))
def clinics() -> Response:
    """Those that the caller may know of: a token and a session belong to one."""
    me = caller("card")
    if asked.query(asked.PAGE)["cursor"]:
        raise BadRequest("This cursor belongs to no page of this list: it has one page.")
    return answers.listed([_clinic(me.home)], None)


@blueprint.get("/clinics/<uuid:clinic>")
@operation("One clinic", "clinics", "clinics:read", query=asked.NONE, gives=ok(shapes.CLINIC, "ETag"), budget="api",
           takes=("If-None-Match",), problems=(Refused,))
def clinic(clinic) -> Response:
    """All that people are shown before they write."""
    me = caller("card")
    asked.query(asked.NONE)
    if str(clinic) != me.home.id:
        raise Missing("There is no such clinic.")
    answer = schemas.answer(_clinic(me.home))
    tag = f'"{sha256(answer.get_data()).hexdigest()[:32]}"'  # hours and notices change without anybody's doing
    return answers.unchanged(tag) or answers.tagged(answer, tag)


def _clinic(home: Clinic) -> dict:
    return {"id": home.id, "slug": home.slug, **cards.card(home)}
