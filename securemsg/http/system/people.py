"""People: who works at the clinic, by the ids that stand in pools, conversations and the audit log."""

from marshmallow import Schema, fields
from werkzeug import Response

from securemsg.desk.people import Person
from securemsg.desk.system import people as desk_people
from securemsg.errors import Refused
from securemsg.http.here import desk
from securemsg.http.operations import about, ok, operation
from securemsg.http.shaping import flag, id_of, many, string
from securemsg.http.system import answers, asked
from securemsg.http.system.door import blueprint, caller
from securemsg.http.system.shapes import PERSON_ID, cursor


class Colleague(Schema):
    id = id_of("The person.", PERSON_ID)
    name = string("The person's name.", "Ana Ruiz")
    role = string("What they are at the clinic, as visitors see it beside the name.", "Nurse", allow_none=True)
    roles = fields.List(fields.String(), required=True, metadata=about(
        "What they may do, as the service names it.", ["nurse"]))
    active = flag("False: they work here no more, and are in no pool.")


class Colleagues(Schema):
    items = many(Colleague)
    next = cursor()


PEOPLE = Colleagues()


@blueprint.get("/people")
@operation("List people", "people", "people:read", query=asked.PAGE, gives=ok(PEOPLE, "Link"), budget="api", problems=(Refused,))
def people() -> Response:
    """Who works at the clinic, and who did: in the order in which they were added."""
    me = caller("see_people")
    found = asked.query(asked.PAGE)
    page, cursor = desk_people.page(desk(), me.who, found["cursor"], found["limit"])
    return answers.listed([_colleague(each) for each in page], cursor)


def _colleague(each: Person) -> dict:
    return {"id": each.id, "name": each.name, "role": each.title, "roles": sorted(each.roles), "active": not each.disabled_at}
