"""What goes out to visitors' programs as JSON, each shape once: names, types, what they mean, an example of each.

Answers are written by plain functions (schemas.py), since each message passes there; the tests hold every answer to its shape.
A field that a shape lacks is a mistake, and so is one that is missing in an answer.
"""

from typing import ClassVar

from marshmallow import INCLUDE, Schema, fields

from securemsg.http.operations import about
from securemsg.http.shaping import MESSAGE_ID, SHA256, flag, id_of, many, moment, number, one_of, string, within


class Option(Schema):
    value = string("What the answer's `answer` holds.", "2026-12-01T10:00")
    label = string("What people read.", "Tue 1 Dec, 10:00")
    confirm = fields.String(allow_none=True, metadata=about("Of a choice: what is asked before it is sent.", None))


class Field(Schema):
    """Something that a form asks: `data` has the answer under its name."""

    name = string("Its name in `data`.", "reason")
    label = string("What people read.", "What is it about?")
    type = one_of("How it is typed in.", "long", "text", "long", "date", "time", "choice", "yes", "number")
    required = flag("Whether it must be answered.")
    max = fields.Float(required=True, allow_none=True, metadata=about("The most characters, or the greatest number.", 2000))
    rows = fields.Integer(required=True, allow_none=True, metadata=about("How many lines there is room for.", 3))
    hint = string("More about it.", None, allow_none=True)
    options = many(Option)


class Part(Schema):
    """A part that a plugin says. What does not know its `type` shows its `text`."""

    class Meta:
        example: ClassVar = {"type": "link", "text": "Call 911: tel:911", "label": "Call 911", "url": "tel:911"}

    type = one_of("What it is.", "link", "text", "link", "choice", "form", "file")
    text = string("The part as text.", "Call 911: tel:911")
    label = fields.String(metadata=about("Of a link: what people read.", "Call 911"))
    url = fields.String(metadata=about("Of a link: `https:`, `tel:`, `mailto:`, or a path of this service.", "tel:911"))
    question = fields.String(metadata=about("Of a choice: what is asked.", "Which time suits you?"))
    kind = fields.String(metadata=about("Of a choice or form: the kind of the message that answers it.", "appointments.chosen"))
    options = fields.List(fields.Nested(Option))
    title = fields.String(metadata=about("Of a form.", "Appointment"))
    button = fields.String(metadata=about("Of a form: what its button says.", "Send"))
    asked = fields.List(fields.Nested(Field), data_key="fields")
    name = fields.String(metadata=about("Of a file.", "appointment.ics"))
    media_type = fields.String(metadata=about("Of a file.", "text/calendar"))
    content = fields.String(metadata=about("Of a file: what is in it.", "BEGIN:VCALENDAR"))


class Author(Schema):
    kind = one_of("Who wrote it. `plugin`: it is automatic, or (with a name) a tool's. `unknown` where it could not be verified.",
                  "staff", "visitor", "staff", "system", "plugin", "unknown")
    name = string("Staff's name.", "Ana Ruiz", allow_none=True)
    role = string("What they are at the clinic.", "Nurse", allow_none=True)


class Message(Schema):
    id = id_of("The message; null where it is missing.", MESSAGE_ID, allow_none=True)
    seq = number("Its number in the conversation, from 1, without gaps.", 2, 1)
    author = within(Author)
    kind = string("`text`; `parts`, said by a plugin; a kind that a plugin adds; what happened: `system.claimed`, "
                  "`system.closed`, `system.reopened` …; or `removed`: its content was erased", "text")
    data = fields.Dict(required=True, allow_none=True, metadata=about(
        "Its `text`, whatever its kind; of `parts` also these, and the `plugin`; of a plugin's kind what its schema has. Null"
        " where the message could not be verified.", {"text": "Yes, it is. Come by any morning."}))
    received_at = moment("When it was stored.", allow_none=True)
    verified = flag("False: it was altered, moved or taken away since it was stored, and `data` is null.")


class Receipt(Schema):
    """Proves later, offline, what was received and when (Ed25519; the keys are at `/receipt-keys.json`)."""

    key = string("The key it is signed with.", "c1b9c35ccf27d34f")
    clinic = string("The clinic.", "harbour-lane")
    conversation = id_of("The conversation.")
    message = id_of("The message.", MESSAGE_ID)
    seq = number("The message's number.", 2, 1)
    received_at = moment("When it was stored.")
    salt = string("Goes in front of the text before it is hashed.", "9c52b923211695a6708da20292fe1547")
    text_sha256 = string("SHA-256 of salt and text, in hex.", SHA256)
    signature = string("Ed25519 over the fields above, base64.", (
        "OgVHtcpm2/FtvfndTusvPZAkgNnxfft9TpE2CPqUBEomDRCrIs9O2iF7tBWuyaytZZ6CrkqAsDy0CxJ9LPlTAQ=="))


class KeptReceipt(Receipt):
    """A receipt that holds its message: SHA-256 of `salt` and `text` is `text_sha256`."""

    text = string("What was written, as it is stored.", "Is the flu jab free?")


class Facts(Schema):
    id = id_of("The conversation.")
    reference = string("A short name for it, to be read out on the telephone.", "BF-PCH5")
    category = string("The category's id, as in the clinic's card.", "appointment")
    state = one_of("Whether it is open.", "open", "open", "closed")
    opened_at = moment("When its first message was stored.")
    last_seq = number("The number of its newest message.", 2)


class OpeningByStaff(Schema):
    upto_seq = number("All messages up to this number had been opened then.", 2, 1)
    at = moment("When somebody at the clinic opened them.")
    role = string("What they are at the clinic; null where nothing is said of it.", "Nurse", allow_none=True)


class Conversation(Schema):
    conversation = within(Facts)
    clinic = string("The clinic.", "harbour-lane")
    opened_upto = number("The number of the last message that staff have opened; 0 before the first.", 2)
    opened = within(OpeningByStaff, allow_none=True)
    openings = many(OpeningByStaff)


class Sent(Schema):
    message = within(Message)
    receipt = within(Receipt)
    answer = many(Part)  # shown at once, beside the receipt; none when no plugin says anything


class Opened(Sent):
    conversation = within(Facts)
    token = fields.String(metadata=about("The session, shown this once. Missing where a cookie was asked for.",
                                         "smv_harbour-lane_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))


class Closed(Schema):
    message = within(Message)


class Messages(Schema):
    items = many(Message)
    removed = fields.List(number("A message's number.", 2, 1), required=True, metadata=about(
        "Of the messages up to `after`: those whose content was erased. Who still shows it has to take it away.", [2]))
    next = string("What to ask for as `after` to get the rest; null when this is all.", None, allow_none=True)


class Receipts(Schema):
    items = many(KeptReceipt)
    next = string("What to ask for as `after` to get the rest; null when this is all.", None, allow_none=True)


class Ticket(Schema):
    ticket = string("Good once, for 60 seconds.", "tI3oBDAylC8huP13ZrgunAp5vNumaJ4QilJ5COR6yM0")


class ReceiptKey(Schema):
    key = string("Its id, as in receipts.", "c1b9c35ccf27d34f")
    algorithm = one_of("Always this.", "Ed25519", "Ed25519")
    public = string("The public key, base64.", "/tLAwStvPYfE6kaiVgmaCLLM3vso7EBVxTt04ImOyUk=")


class ReceiptKeys(Schema):
    keys = many(ReceiptKey)


class Number(Schema):
    seq = number("The number of a new message.", 3, 1)


class Upto(Schema):
    upto_seq = number("All messages up to this number.", 2)


class Document(Schema):
    class Meta:
        unknown = INCLUDE

    openapi = string("The version of OpenAPI.", "3.1.0")
    info = fields.Dict(required=True, metadata=about("What this is.", {"title": "securemsg", "version": "1.0"}))
    paths = fields.Dict(required=True, metadata=about("Every route of the API.", {}))


class End(Schema):
    """Nothing more to say."""


class Code(Schema):
    code = string("Six digits, for the page behind a link from a mail.", "204816")
    expires_at = moment("Until when it counts.")


class Session(Schema):
    id = id_of("Names it where it is ended.")
    via = one_of("How it began: by the first message, by a ticket in a window of its own, by a link from a mail.", "link", "open",
                 "ticket", "link")
    since = moment("When it began.")
    last_used_at = moment("When it was used last, to the hour.")
    is_here = flag("Whether it is the one that asks.")


class Sessions(Schema):
    items = many(Session)
    by_mail = flag("Whether the visitor gets a link by mail that opens it on another device, with a code.")


class Erasure(Schema):
    erased = flag("Whether it is gone; else it is kept, and the clinic answers.")
    detail = fields.String(required=True, allow_none=True, metadata=about("Why it was kept, in the visitor's language.", None))


CONVERSATION, OPENED, SENT, CLOSED, MESSAGES, TICKET = Conversation(), Opened(), Sent(), Closed(), Messages(), Ticket()
RECEIPTS, CODE, SESSIONS, ERASURE = Receipts(), Code(), Sessions(), Erasure()
RECEIPT_KEYS, NUMBER, UPTO, END, DOCUMENT = ReceiptKeys(), Number(), Upto(), End(), Document()
