"""A conversation's messages: read, and answered as the clinic."""

from werkzeug import Response

from securemsg.desk.system import messages as desk_messages
from securemsg.desk.system.holders import authors
from securemsg.desk.system.messages import Said
from securemsg.errors import BadRequest, ConditionNeeded, Conflict, Refused, Stale, Unverified
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.http.operations import created, ok, operation
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import blueprint, caller


@blueprint.get("/conversations/<uuid:conversation>/messages")
@operation("Read messages", "conversations", "messages:read", query=asked.MESSAGES, gives=ok(shapes.MESSAGES, "Link"),
           budget="api", problems=(Refused, Conflict))
def messages(conversation) -> Response:
    """In the order of their numbers. Each page that holds any is recorded before a word of it leaves. 409 for a number above all
    that there are: an earlier copy was restored; begin anew."""
    me = caller("read")
    found = asked.query(asked.MESSAGES)
    page, cursor = desk_messages.page(desk(), me.who, str(conversation), found["after"], found["cursor"], found["limit"],
                                      desk().clock())
    names = authors(desk(), me.home.id)
    return answers.listed([schemas.message(message, names) for message in page], cursor)


@blueprint.post("/conversations/<uuid:conversation>/messages")
@operation("Reply", "conversations", "messages:write", body=asked.REPLY, query=asked.NONE, takes=("Idempotency-Key", "If-Match"),
           optional=("If-Match",), gives=created(shapes.MESSAGE, "ETag"), budget="api",
           problems=(Stale, ConditionNeeded, Conflict, Unverified, BadRequest))
def reply(conversation) -> Response:
    """The visitor gets it as written by the clinic, never by a person. It goes out only if the conversation is as you saw it: say
    so by `seen`, or by If-Match. So nobody is answered twice."""
    me = caller("reply")
    asked.query(asked.NONE)
    said = schemas.body(asked.REPLY)
    done = desk_messages.reply(desk(), me.home, me.who, str(conversation), Said(said["kind"], said["data"]),
                               asked.expected(said.get("seen")), schemas.idempotency_key(), desk().clock())
    answer = schemas.answer(schemas.message(done, authors(desk(), me.home.id)), 201)
    return answers.tagged(answer, answers.etag(me.who, done["version"]))
