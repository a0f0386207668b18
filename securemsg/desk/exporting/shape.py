"""The shape of a record, as record.py writes it and importing.py takes it: every field, its type and its bounds, in one place."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from securemsg.crypto.tokens import SLUG
from securemsg.desk.plugin.kept import LONGEST_TAG, MOST_TAGS
from securemsg.desk.staff import CLOSE_REASONS
from securemsg.desk.visitor import CLOSED_BY_VISITOR
from securemsg.times import SECOND

FORMAT, PERSON, VERSION = "securemsg.conversation", "securemsg.person", 1
RECORD, PATIENT = "record", "patient"
LONGEST = 100_000  # characters of one text; what comes by HTTP has 64 kB at most
_SHORT, _MOST, _HIGHEST = 200, 100_000, 1_000_000  # characters of a name; messages, notes, openings; a number of one of them
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)


class Strict(Schema):
    """No unknown field passes, and none is missing but where it says so."""

    class Meta:
        unknown = RAISE


def _plain(text: str) -> None:
    if "\0" in text:
        raise ValidationError("It holds a character that cannot be stored.")


def _uuid(text: str) -> None:
    try:
        if str(UUID(text)) == text:
            return
    except ValueError:
        pass
    raise ValidationError("It must be an id: a UUID in lower case.")


def _moment(text: str) -> None:
    try:
        if _RFC3339.fullmatch(text):
            datetime.fromisoformat(text)
            return
    except ValueError:
        pass
    raise ValidationError("It must be a moment in UTC, as 2026-01-31T08:05:00.000000Z.")


def at(text: str | None) -> int | None:
    """Microseconds since 1970 of an RFC 3339 moment."""
    if text is None:
        return None
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * SECOND + int(fraction or 0)


class Whole(fields.Integer):
    """A number from 0 on; `true` is none."""

    def __init__(self, most: int = _HIGHEST, **how: Any):
        super().__init__(strict=True, required=True, validate=validate.Range(0, most), **how)

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool | str):
            raise self.make_error("invalid")
        return super()._validated(value)


def _text(longest: int = _SHORT, *more: Any, null: bool = False, required: bool = True) -> fields.String:
    return fields.String(required=required, allow_none=null, validate=[validate.Length(max=longest), _plain, *more])


def _one_of(*words: str) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(words))


def _id(null: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=null, validate=_uuid)


def _at(null: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=null, validate=_moment)


def _sha256() -> fields.String:
    return _text(64, validate.Regexp(r"[0-9a-f]{64}\Z", error="It must be a SHA-256: 64 digits from 0 to f."))


def _list(of: type[Schema], most: int = _MOST) -> fields.List:
    return fields.List(fields.Nested(of), required=True, validate=validate.Length(max=most))


class Home(Strict):
    slug, name, timezone, locale = _text(), _text(), _text(), _text()


class Facts(Strict):
    id, reference = _id(), _text(20, validate.Regexp(r"[A-Z0-9-]{3,20}\Z", error="It must be a reference, as AB-CDEF."))
    category = _text(null=True)
    about, urgency = _one_of("me", "child", "someone"), _one_of("normal", "urgent")
    language = _text(35, validate.Regexp(r"[A-Za-z0-9-]*\Z", error="It must be the code of a language."))
    waiting_on, identity_level = _one_of("staff", "visitor", "nobody"), Whole(10)
    closed_reason = fields.String(required=True, allow_none=True, validate=validate.OneOf([*CLOSE_REASONS, CLOSED_BY_VISITOR]))
    claimed_by = _id(null=True)
    pool = _text(41, validate.Regexp(rf"{SLUG}\Z", error="It must be the short name of a pool."), null=True, required=False)
    opened_at, last_at = _at(), _at()
    closed_at, waiting_since, promised_at = _at(null=True), _at(null=True), _at(null=True)


class Contact(Strict):
    kind, value = _one_of("email", "phone"), _text(400, validate.Length(min=1))


class Consent(Strict):
    text, sha256, version, locale, given_at = _text(LONGEST), _sha256(), Whole(), _text(35), _at()


class Visitor(Strict):
    name = _text(1_000, null=True)
    contact, consent = (fields.Nested(each, required=True, allow_none=True) for each in (Contact, Consent))


class Person(Strict):
    name, title = _text(1_000), _text(1_000, null=True)


class Author(Strict):
    kind, id = _one_of("visitor", "staff", "system", "plugin"), _id(null=True)


class Option(Strict):
    value, label, confirm = _text(LONGEST), _text(LONGEST), _text(LONGEST, null=True, required=False)


class Part(Strict):
    """Of any type: which fields one has is for parts.py, which shows the text of what it does not know."""

    type, text = _text(), _text(LONGEST)
    label, url, question, kind, title, button, name, media_type, content = (_text(LONGEST, required=False) for _ in range(9))
    options = fields.List(fields.Nested(Option), validate=validate.Length(max=100))


class Said(Schema):
    """What every kind has; a plugin's own fields stand beside it."""

    class Meta:
        unknown = "include"

    text = _text(LONGEST)
    parts = fields.List(fields.Nested(Part), validate=validate.Length(max=100))


class Claimed(Strict):
    name, role = _text(1_000), _text(1_000, null=True)


class Message(Strict):
    id, seq, author = _id(), Whole(), fields.Nested(Author, required=True)
    kind = _text(100, validate.Regexp(r"[a-z][a-z0-9._-]*\Z", error="It must be the name of a kind."))
    at, state = _at(), _one_of("verified", "removed", "unverified")
    alert = fields.Boolean(truthy={True}, falsy={False}, required=True)
    data = fields.Dict(fields.String(), fields.Raw(allow_none=True), required=True, allow_none=True)


class Opening(Strict):
    by, reader, role, upto_seq, at = _one_of("visitor", "staff"), _id(null=True), _text(1_000, null=True), Whole(), _at()


class Note(Strict):
    id, author, at = _id(), _text(null=True), _at()  # a plugin's name is no id
    text = _text(LONGEST, null=True)


class File(Strict):
    message, name, media_type, bytes, sha256 = Whole(), _text(LONGEST), _text(LONGEST), Whole(10**9), _sha256()


class Record(Strict):
    format, version, copy, sha256 = _one_of(FORMAT), Whole(VERSION), _one_of(RECORD, PATIENT), _sha256()
    clinic, exported_at = fields.Nested(Home, required=True), _at()
    conversation, visitor = fields.Nested(Facts, required=True), fields.Nested(Visitor, required=True)
    people = fields.Dict(_id(), fields.Nested(Person), required=True)
    messages, openings, notes, files = _list(Message), _list(Opening), _list(Note), _list(File)
    kept = fields.Dict(_text(), fields.Dict(_text(), fields.Raw()), required=True)


class Everything(Strict):
    """All of a person's; each of the conversations is looked through as a record of its own."""

    format, version, sha256, exported_at = _one_of(PERSON), Whole(VERSION), _sha256(), _at()
    contact = fields.Nested(Contact, required=True)
    conversations = fields.List(fields.Raw(), required=True, validate=validate.Length(1, _MOST))


TAG_LIST = fields.List(_text(LONGEST_TAG), validate=validate.Length(max=MOST_TAGS))
