"""What shapes are written with: fields that must be there, each with what it means and an example."""

from typing import Any

from marshmallow import Schema, fields, validate

from securemsg.http.operations import about

CONVERSATION_ID, MESSAGE_ID = "0192f0a0-0000-7000-8000-000000000000", "0192f0a0-0000-7000-8000-00000000000a"
MOMENT, SHA256 = "2026-11-21T14:05:09.120000Z", "331624d175c624ca6f5f14f45b2949746df8bccabce5dd7b1b2449e8f9a79c87"


def string(meaning: str, example: str | None, **more) -> fields.String:
    """Words. With `allow_none` they may be missing."""
    return fields.String(required=True, metadata=about(meaning, example), **more)


def one_of(meaning: str, example: str | None, *values: str, **more) -> fields.String:
    return string(meaning, example, validate=validate.OneOf(values), **more)


def id_of(meaning: str, example: str | None = CONVERSATION_ID, **more) -> fields.UUID:
    return fields.UUID(required=True, metadata=about(meaning, example), **more)


def number(meaning: str, example: int, least: int = 0) -> fields.Integer:
    return fields.Integer(required=True, metadata=about(meaning, example), validate=validate.Range(least, 2**31 - 1))


def moment(meaning: str, example: str | None = MOMENT, **more) -> fields.AwareDateTime:
    """RFC 3339, in UTC."""
    return fields.AwareDateTime(required=True, metadata=about(meaning, example), **more)


def flag(meaning: str, example: bool | None = True, **more) -> fields.Boolean:
    return fields.Boolean(required=True, metadata=about(meaning, example), **more)


def within(shape: type[Schema], **more) -> fields.Nested:
    return fields.Nested(shape, required=True, **more)


def many(shape: type[Schema]) -> fields.List:
    return fields.List(fields.Nested(shape), required=True)


def strings(meaning: str, *examples: str) -> fields.List:
    return fields.List(fields.String(), required=True, metadata=about(meaning, list(examples)))


class AnyOf(fields.Dict):
    """An object of one of these shapes."""

    def __init__(self, *shapes: Schema, **more: Any) -> None:
        super().__init__(**more)
        self.shapes = shapes
