"""What comes in and goes out as JSON, each shape once: checked at the door, trusted inside."""

import re
import unicodedata
from typing import Any, ClassVar

import orjson
from flask import Response, request
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from securemsg.desk.first_message import Opening
from securemsg.desk.legible import legible
from securemsg.desk.thread import Message
from securemsg.errors import BadRequest, Refused, TooLarge, WrongType
from securemsg.http.kinds import LONGEST_TEXT, Data, Kind
from securemsg.http.operations import about as meaning
from securemsg.http.shaping import SHA256
from securemsg.http.strict_json import parsed
from securemsg.times import rfc3339
from securemsg.words import Said, say

LARGEST_BODY = 64 * 1024  # bytes
LARGEST_FORM = 2 * LARGEST_BODY  # a form writes a Chinese character as nine bytes, so 8,000 of them are 72 kB
_KEY = re.compile(r"[A-Za-z0-9_.~+/=-]{16,128}")  # 128 random bits need 22 characters of base64url
# What desk/legible.py looks for as well: no controls, nothing that turns words around, and a sign that is seen.
_UNTOLD = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_SEEN = rf"[^\s{_UNTOLD}\xad\u115f\u1160\u200b-\u200f\u2060-\u2064\u2800\u3164\ufeff\uffa0]"
_PLAIN, SAID = r"^[^\x00]*$", rf"^[^\x00]*{_SEEN}[^\x00]*$"  # what `plain` and `said` look for
LINE, LINES = (f"^{each}*{_SEEN}{each}*$" for each in (rf"[^{_UNTOLD}\t\n\u2028\u2029]", rf"(?:\r\n|[^{_UNTOLD}])"))
_EMAIL = re.compile(r"[^\s@<>,;\"()]{1,64}@[^\s@<>,;\"()]{1,180}\.[^\s@<>,;\"()]{2,63}")
_PHONE = re.compile(r"\+?\(?[0-9][0-9 ()./-]{3,30}")
_NO_EMAIL = say("Please enter an email address like {email}.", email="ana@example.org")
_NO_PHONE = say("Please enter a phone number with its digits, for example {phone}.", phone="+1 555 0100")
NO_NUMBER = say("A message's number is a whole number.")


class Strict(Schema):
    """No unknown field passes."""

    class Meta:
        unknown = RAISE


class Different(Strict):
    """What is to be different: something at least."""

    class Meta(Strict.Meta):
        also: ClassVar[dict[str, Any]] = {"minProperties": 1}

    @validates_schema
    def says_something(self, data: dict, **_: Any) -> None:
        if not data:
            raise ValidationError("Please say what is to be different.")


def plain(text: str) -> None:
    """Text that both databases and every reader can hold."""
    if "\0" in text:
        raise ValidationError(say("This text holds a character that cannot be stored."))


def said(text: str) -> None:
    """Something of it is seen: nobody waits for an answer to an empty bubble."""
    if not re.search(_SEEN, text):
        raise ValidationError(say("Please write something."))


def written(text: str, example: str, most: int, pattern: str, **more: Any) -> fields.String:
    """A name or words that people write, at most so many characters; `pattern` is what the document says of them."""
    return fields.String(metadata=meaning(text, example) | {"pattern": pattern},
                         validate=[validate.Length(1, most), plain, said], **more)


def reachable(text: str) -> str:
    """An address or a number as people type and paste it, in one way of writing: full-width signs, digits of every script, spaces
    and dashes of every kind become ASCII (NFKC, UAX 44), and marks that nobody sees are gone."""
    return "".join(map(_in_ascii, unicodedata.normalize("NFKC", text))).strip()


def _in_ascii(sign: str) -> str:
    digit, category = unicodedata.decimal(sign, None), unicodedata.category(sign)
    return str(digit) if digit is not None else {"Cf": "", "Zs": " ", "Pd": "-"}.get(category, sign)


class Text(Strict):
    text = fields.String(required=True, metadata=meaning("The words.", "Is the flu jab free?") | {"pattern": SAID}, validate=[
        validate.Length(max=LONGEST_TEXT, error=say("A message has at most {max} characters.")), plain, said])


class Say(Strict):
    """One message of a visitor."""

    class Meta(Strict.Meta):
        example: ClassVar = {"kind": "text", "data": {"text": "Is the flu jab free?"}}

    kind = Kind(required=True, metadata=meaning("What kind it is: `text`, or one that a plugin adds.", "text"))
    data = Data(Text(), required=True, metadata=meaning("What is said, as its kind has it.", {"text": "Is the flu jab free?"}))
    safety_notice = fields.String(validate=validate.OneOf(["sent", "called"]), metadata=meaning(
        "Of a message before which the clinic's safety notice was shown: it was sent all the same, or after a call.", "sent"))

    @post_load
    def as_stored(self, said: dict, **_) -> dict:
        """That the notice was shown is kept with the words."""
        if notice := said.pop("safety_notice", None):
            said["data"] = {**said["data"], "safety_notice": notice}
        return said


class Contact(Strict):
    """One way to reach somebody."""

    class Meta(Strict.Meta):
        also: ClassVar = {"minProperties": 1, "maxProperties": 1}
        example: ClassVar = {"email": "leo@example.org"}

    email = fields.String(metadata=meaning("An email address.", "leo@example.org"), validate=[
        validate.Length(3, 254, error=_NO_EMAIL), plain, validate.Regexp(_EMAIL.pattern + r"\Z", error=_NO_EMAIL)])
    phone = fields.String(metadata=meaning("A telephone number.", "+1 555 0100"),
                          validate=validate.Regexp(_PHONE.pattern + r"\Z", error=_NO_PHONE))

    @pre_load
    def in_one_writing(self, data: Any, **_) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: reachable(value) if isinstance(value, str) else value for name, value in data.items()}

    @validates_schema
    def one_way(self, data: dict, **_) -> None:
        if len(data) != 1:
            raise ValidationError(say("Please give either an email address or a phone number."))


class Open(Say):
    class Meta(Strict.Meta):
        example: ClassVar = {**Say.Meta.example, "category": "appointment", "about": "me", "name": "Leo",
                             "contact": Contact.Meta.example, "consent": SHA256}

    category = fields.String(required=True, metadata=meaning("The id of one of the card's open categories.", "appointment"),
                             validate=validate.Length(1, 64, error=say("Please choose what it is about.")))
    about = fields.String(required=True, metadata=meaning("Whom it is about.", "me"),
                          validate=validate.OneOf(["me", "child", "someone"], error=say("Please say who it is about.")))
    name = fields.String(allow_none=True, load_default=None, metadata=meaning("How to call them.", "Leo") | {"pattern": _PLAIN},
                         validate=[validate.Length(max=120, error=say("A name has at most {max} characters.")), plain])
    contact = fields.Nested(Contact, allow_none=True, load_default=None)
    consent = fields.String(required=True, metadata=meaning("The `sha256` of the notice that was shown, from the card.", SHA256),
                            validate=validate.Regexp(r"[0-9a-f]{64}\Z", error=say("Please read this and tick the box.")))


class Whole(fields.Integer):
    """A whole number; `3.0` is one to JSON, which knows numbers and nothing else."""

    def _validated(self, value: Any) -> int:
        return super()._validated(int(value) if isinstance(value, float) and value.is_integer() else value)


class Seen(Strict):
    upto_seq = Whole(required=True, strict=True, validate=validate.Range(0, 2**31, error=NO_NUMBER), metadata=meaning(
        "All messages up to this number.", 2))


class After(Strict):
    after = fields.Integer(load_default=None, validate=validate.Range(0, 2**31 - 1, error=NO_NUMBER),
                           metadata=meaning("Only what is numbered above.", 2))


class Nothing(Strict):
    """A call that says all by its address still comes as JSON: no page of another site can send that unasked."""


TEXT, SAY, OPEN, SEEN, AFTER, NOTHING = Text(), Say(), Open(), Seen(), After(), Nothing()


def body(schema: Schema) -> dict[str, Any]:
    """The request's JSON, checked by `schema`; the error that fits otherwise."""
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise WrongType  # not application/problem+json and its like either: nothing that comes in is of those shapes
    if request.content_encoding:
        raise WrongType(say("Please send the body as it is, without a Content-Encoding."))
    raw = request.get_data(cache=True)
    if len(raw) > LARGEST_BODY:
        raise TooLarge
    return checked(schema, parsed(raw))


def checked(schema: Schema, value: Any) -> dict[str, Any]:
    """The value as the schema loads it, or Refused with a sentence for each field."""
    try:
        return schema.load(value)
    except ValidationError as error:
        raise Refused(errors=_flat(error.messages)) from error


def opening(value: dict[str, Any], language: str) -> Opening:
    """An `Open` as the desk takes it, with the language of whoever writes."""
    contact = next(iter(value["contact"].items())) if value["contact"] else None
    name = (value["name"] or "").strip()
    return Opening(value["category"], value["about"], name if legible(name) else None, contact, value["consent"],
                   value["kind"], value["data"], language)


def idempotency_key() -> str:
    """The header that makes a repeat harmless; every unsafe call brings one."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not _KEY.fullmatch(key):
        raise BadRequest(say("This call needs an Idempotency-Key header of 16 to 128 characters, made anew for each message."))
    return key


def answer(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, mimetype="application/json")


def message(value: dict | Message, people: dict) -> dict:
    """A message as JSON; staff with name and role."""
    get = value.get if isinstance(value, dict) else value.__getattribute__
    author = people.get(get("author_id"))
    return {"id": get("id"), "seq": get("seq"),
            "author": {"kind": get("author_kind"), "name": author and author.name, "role": author and author.title},
            "kind": get("kind"), "data": get("data"), "received_at": rfc3339(at) if (at := get("received_at")) else None,
            "verified": get("verified")}


def conversation(value: dict) -> dict:
    return {**value, "opened_at": rfc3339(value["opened_at"])}


def _flat(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as `field` or `field.inner` → sentences."""
    if isinstance(messages, list):
        texts = (text if isinstance(text, Said) else say(str(text)) for text in messages)
        return {prefix or "body": list(dict.fromkeys(texts))}  # two checks of one field may say the same
    flat: dict[str, list[str]] = {}
    for name, inner in messages.items():
        flat |= _flat(inner, prefix if name == "_schema" else f"{prefix}.{name}" if prefix else str(name))
    return flat
