"""Ready replies as JSON, given out and taken: names, types, what they mean, an example of each."""

from typing import Any, ClassVar

from marshmallow import Schema, fields, validate

from securemsg.desk.canned.templates import LONGEST_LABEL, LONGEST_TEXT
from securemsg.http import schemas
from securemsg.http.operations import about
from securemsg.http.shaping import flag, id_of, many, number, string
from securemsg.http.system.shapes import cursor
from securemsg.words import LANGUAGES

_TEXT = ("What it says. `{visitor}`, `{clinic}`, `{me}`, `{phone}` and `{reference}` are filled in where it is used, any other"
         " word in braces by who answers; nothing is sent with a place left empty.")
_WORDS = "The flu jab is free for everybody over sixty."


def _language(**more: Any) -> fields.String:
    return fields.String(metadata=about("Its language.", "en"), validate=validate.OneOf(list(LANGUAGES)), **more)


class Template(Schema):
    id = id_of("The ready reply.", "0192f0a0-0000-7000-8000-000000000010")
    label = string("How staff find it; null where it could not be verified.", "Flu jab", allow_none=True)
    language = string("Its language.", "en")
    text = string(_TEXT.replace("says.", "says; null where it could not be verified."), _WORDS, allow_none=True)
    version = number("Counts its changes. With quotes around it, `\"1\"`, it is what If-Match takes.", 1, 1)
    verified = flag("False: it was altered since it was stored, and `label` and `text` are null.")


class TemplatePage(Schema):
    items = many(Template)
    next = cursor()


class NewTemplate(schemas.Strict):
    label = schemas.written("How staff find it.", "Flu jab", LONGEST_LABEL, schemas.LINES, required=True)
    language = _language(required=True)
    text = schemas.written(_TEXT, _WORDS, LONGEST_TEXT, schemas.LINES, required=True)


class TemplateChange(schemas.Different):
    """What is to be different."""

    class Meta(schemas.Different.Meta):
        example: ClassVar = {"text": _WORDS}

    label = schemas.written("How staff find it.", "Flu jab", LONGEST_LABEL, schemas.LINES)
    language = _language()
    text = schemas.written(_TEXT, _WORDS, LONGEST_TEXT, schemas.LINES)


TEMPLATE, TEMPLATES, NEW_TEMPLATE, TEMPLATE_CHANGE = Template(), TemplatePage(), NewTemplate(), TemplateChange()
