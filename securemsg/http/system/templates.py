"""Ready replies: what a clinic wrote once for many; changed on condition that it is as it was seen."""


from werkzeug import Response

from securemsg.desk.system import templates as desk_templates
from securemsg.errors import BadRequest, ConditionNeeded, Conflict, Refused, Stale
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.http.operations import created, nothing, ok, operation
from securemsg.http.system import answers, asked
from securemsg.http.system.door import blueprint, caller
from securemsg.http.system.template_shapes import NEW_TEMPLATE, TEMPLATE, TEMPLATE_CHANGE, TEMPLATES

_CHANGING = (Stale, ConditionNeeded, Conflict, BadRequest, Refused)


@blueprint.get("/templates")
@operation("List ready replies", "templates", "templates:read", query=asked.PAGE, gives=ok(TEMPLATES, "Link"), budget="api",
           problems=(Refused,))
def templates() -> Response:
    """The oldest first, as they are written: their places are filled in where one is used."""
    me = caller("see_templates")
    found = asked.query(asked.PAGE)
    return answers.listed(*desk_templates.page(desk(), me.who, found["cursor"], found["limit"]))


@blueprint.post("/templates")
@operation("Add a ready reply", "templates", "templates:write", body=NEW_TEMPLATE, query=asked.NONE, takes=("Idempotency-Key",),
           budget="api", gives=created(TEMPLATE, "ETag"), problems=(Conflict, BadRequest))
def add_template() -> Response:
    """Staff find it from now on. 409 when the clinic has as many as it may."""
    me = caller("templates")
    asked.query(asked.NONE)
    said = schemas.body(NEW_TEMPLATE)
    return answers.stated(desk_templates.add(desk(), me.who, said, schemas.idempotency_key(), desk().clock()), 201)


@blueprint.get("/templates/<uuid:template>")
@operation("One ready reply", "templates", "templates:read", query=asked.NONE, takes=("If-None-Match",),
           gives=ok(TEMPLATE, "ETag"), budget="api", problems=(Refused,))
def template(template) -> Response:
    """As it is written."""
    me = caller("see_templates")
    asked.query(asked.NONE)
    facts = desk_templates.one(desk(), me.who, str(template))
    return answers.unchanged(answers.tag(facts)) or answers.stated(facts)


@blueprint.patch("/templates/<uuid:template>")
@operation("Change a ready reply", "templates", "templates:write", body=TEMPLATE_CHANGE, query=asked.NONE, budget="api",
           takes=("Idempotency-Key", "If-Match"), gives=ok(TEMPLATE, "ETag"), problems=_CHANGING)
def change_template(template) -> Response:
    """Where somebody else was quicker nothing is done: 412, with the present state as `current`."""
    me = caller("templates")
    asked.query(asked.NONE)
    said = schemas.body(TEMPLATE_CHANGE)
    return answers.stated(desk_templates.change(desk(), me.who, str(template), said, asked.versions(),
                                                schemas.idempotency_key(), desk().clock()))


@blueprint.delete("/templates/<uuid:template>")
@operation("Remove a ready reply", "templates", "templates:write", query=asked.NONE, takes=("Idempotency-Key", "If-Match"),
           budget="api", gives=nothing(), problems=_CHANGING)
def remove_template(template) -> Response:
    """Staff find it no more; what was sent with it stays."""
    me = caller("templates")
    asked.query(asked.NONE)
    desk_templates.remove(desk(), me.who, str(template), asked.versions(), schemas.idempotency_key(), desk().clock())
    return Response(status=204)
