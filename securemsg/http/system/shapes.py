"""What the API gives out as JSON: names, types, what they mean, an example of each."""

from marshmallow import Schema, fields, validate

from securemsg.desk.staff import CLOSE_REASONS
from securemsg.desk.system.changing import URGENCIES
from securemsg.http import card_shapes, shapes
from securemsg.http.operations import about
from securemsg.http.shaping import CONVERSATION_ID, flag, id_of, many, moment, number, one_of, string, within

PERSON_ID = "0192f0a0-0000-7000-8000-00000000000b"


def cursor() -> fields.String:
    return string("Send it back as `cursor` for the next page; null on the last.", None, allow_none=True)


class Clinic(card_shapes.Card):
    id = id_of("The clinic.", "0192f0a0-0000-7000-8000-00000000000c")
    slug = string("Its short name, as in addresses and tokens.", "harbour-lane")


class ClinicPage(Schema):
    items = many(Clinic)
    next = cursor()


class Summary(Schema):
    id = id_of("The conversation.")
    reference = string("A short name for it, to be read out on the telephone.", "BF-PCH5")
    category = string("The category's id.", "appointment")
    about = string("Whom it is about: `me`, `child` or `someone`.", "me")
    state = one_of("Whether it is open.", "open", "open", "closed")
    urgency = one_of("How urgent it is.", "normal", *URGENCIES)
    waiting_on = one_of("Who is next.", "staff", "staff", "visitor", "nobody")
    waiting_since = moment("Since when the visitor has waited; null while nobody waits for staff.", allow_none=True)
    claimed_by = id_of("The person who has taken it, or null.", None, allow_none=True)
    opened_at = moment("When its first message was stored.")
    updated_at = moment("When its newest message was, or somebody claimed, closed or reopened it.")
    closed_at = moment("When it was closed, or null.", None, allow_none=True)
    closed_reason = one_of("Why, or null.", None, *CLOSE_REASONS, "visitor", allow_none=True)
    last_seq = number("The number of its newest message.", 2)
    version = number('Counts its changes. With quotes around it, `"7"`, it is what If-Match takes.', 7, 1)


class Standing(Summary):
    """A conversation as it is now; without `conversations:read` its `id`, `last_seq` and `version` alone."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:
        field_obj.required = field_name in ("id", "last_seq", "version")


class WayToReach(Schema):
    kind = one_of("Which way.", "email", "email", "phone")
    value = string("The address or number.", "leo@example.org")


class Visitor(Schema):
    name = string("How to call them, or null.", "Leo", allow_none=True)
    contact = within(WayToReach, allow_none=True)
    verified = flag("False: name or contact were altered since they were stored; then both are null.")


class WholeConversation(Summary):
    visitor = fields.Nested(Visitor, required=True, allow_none=True, metadata={
        "description": "Who wrote; null for a token without `messages:read`."})


class ConversationPage(Schema):
    items = many(Summary)
    next = cursor()


class MessagePage(Schema):
    items = many(shapes.Message)
    next = cursor()


class NoteAuthor(Schema):
    id = id_of("The person, or the system's token; null of a plugin, and where it could not be verified.", PERSON_ID,
               allow_none=True)
    name = string("The person's name, the token's label, or the plugin's name; null where it is not known.", "Ana Ruiz",
                  allow_none=True)


class Note(Schema):
    id = string("The note.", "0192f0a0-0000-7000-8000-00000000000d")
    author = within(NoteAuthor)
    text = string("What it says; null where it could not be verified.", "Called back, no answer.", allow_none=True)
    at = moment("When it was stored.")
    verified = flag("False: it was altered, moved or taken away since it was stored, and `text` is null.")


class NotePage(Schema):
    items = many(Note)
    next = cursor()


class Happened(Schema):
    number = fields.Integer(required=True, validate=validate.Range(1, 2**53 - 1), metadata=about(
        "Its number in this clinic, from 1, without gaps; where a backup was put back it goes on far above, behind an event "
        "`service.restored`.", 42))
    kind = string("What happened: `conversation.opened`, `message.sent`, `conversation.closed` …", "message.sent")
    conversation = id_of("In which conversation, or null.", allow_none=True)
    object = id_of("What it is about: a message, a note, a person; or null.", "0192f0a0-0000-7000-8000-00000000000a",
                   allow_none=True)
    seq = fields.Integer(required=True, allow_none=True, metadata=about("The message's number, or null.", 2))
    at = moment("When it happened.")


class EventPage(Schema):
    items = many(Happened)
    next = cursor()


class Hello(Schema):
    after = fields.Integer(required=True, metadata=about("The number behind which the stream begins.", 41))


class Actor(Schema):
    kind = one_of("What kind of actor.", "staff", "visitor", "staff", "system", "service", "plugin")
    id = id_of("The person, the visitor's session or the token; null where there is none.", PERSON_ID, allow_none=True)
    name = string("The person's name, the token's label, or the plugin's name; null of a visitor.", "Ana Ruiz", allow_none=True)


class Thing(Schema):
    kind = string("What kind of thing.", "conversation")
    id = string("Its id, or the numbers of what was read; null where there is none.", CONVERSATION_ID, allow_none=True)


class AuditEvent(Schema):
    id = id_of("The row.", "0192f0a0-0000-7000-8000-00000000000e")
    number = fields.Integer(required=True, allow_none=True, metadata=about("Its number, once it is sealed; null before.", 512))
    at = moment("When it happened.")
    action = string("What was done.", "conversation.read")
    outcome = one_of("How it ended.", "ok", "ok", "failed", "refused")
    actor = within(Actor)
    object = within(Thing)
    objects = fields.List(fields.Nested(Thing), required=True, metadata={
        "description": "What a read disclosed, each part; of a search, without `messages:read` and `notes:read`, the"
                       " conversations alone."})
    address = string("Where from, coarsely; null of visitors.", "192.0.2.0/24", allow_none=True)
    detail = fields.Dict(required=True, allow_none=True, metadata=about(
        "What else is known of it, or null. What was searched for is told to who may read both messages and notes.",
        {"reason": "answered"}))
    node = string("The computer that did it.", "messages-1")
    request_id = id_of("The request, as in the `instance` of a problem; null for commands.", allow_none=True)
    verified = flag("False: this row is not as it was written. `securemsg audit verify` tells more.")


class AuditPage(Schema):
    items = many(AuditEvent)
    next = cursor()


CLINIC, CLINICS, STANDING, CONVERSATION = Clinic(), ClinicPage(), Standing(), WholeConversation()
CONVERSATIONS, MESSAGE, MESSAGES, NOTE, NOTES = ConversationPage(), shapes.Message(), MessagePage(), Note(), NotePage()
EVENTS, HAPPENED, HELLO, AUDIT_EVENTS = EventPage(), Happened(), Hello(), AuditPage()
