"""A conversation's notes: what staff and their systems write for each other."""

from werkzeug import Response

from securemsg.desk.reading import Note
from securemsg.desk.system import notes as desk_notes
from securemsg.desk.system.holders import authors
from securemsg.errors import BadRequest, Conflict, Refused, Unverified
from securemsg.http import schemas
from securemsg.http.here import desk
from securemsg.http.operations import created, ok, operation
from securemsg.http.system import answers, asked, shapes
from securemsg.http.system.door import Caller, blueprint, caller
from securemsg.times import rfc3339


@blueprint.get("/conversations/<uuid:conversation>/notes")
@operation("Read notes", "notes", "notes:read", query=asked.PAGE, gives=ok(shapes.NOTES, "Link"), budget="api",
           problems=(Refused,))
def notes(conversation) -> Response:
    """The oldest first. Each page that holds any is recorded before a word of it leaves."""
    me = caller("notes")
    found = asked.query(asked.PAGE)
    page, cursor = desk_notes.page(desk(), me.who, str(conversation), found["cursor"], found["limit"], desk().clock())
    return answers.listed([_note(me, note) for note in page], cursor)


@blueprint.post("/conversations/<uuid:conversation>/notes")
@operation("Write a note", "notes", "notes:write", body=schemas.TEXT, query=asked.NONE, takes=("Idempotency-Key",), budget="api",
           gives=created(shapes.NOTE), problems=(Conflict, Unverified, BadRequest))
def note(conversation) -> Response:
    """For staff only: it can never reach the visitor."""
    me = caller("note")
    asked.query(asked.NONE)
    text = schemas.body(schemas.TEXT)["text"]
    done = desk_notes.add(desk(), me.who, str(conversation), text, schemas.idempotency_key(), desk().clock())
    return schemas.answer(_note(me, done), 201)


def _note(me: Caller, note: Note) -> dict:
    author, verified = authors(desk(), me.home.id).get(note.author_id), note.text is not None
    plugin = note.author_id.partition(":")[2]
    by = {"id": note.author_id if verified and not plugin else None, "name": plugin or (author and author.name)}
    return {"id": note.id, "author": by, "text": note.text, "at": rfc3339(note.at), "verified": verified}
