"""Kinds of messages at the door: what a plugin's schema takes, and beside that the rules of every text that comes in."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from marshmallow import RAISE, Schema, ValidationError, fields

from securemsg.desk.kinds import TEXT, failed
from securemsg.desk.plugin_schemas import schema
from securemsg.http.here import desk
from securemsg.registry import guard
from securemsg.registry.asking import BUDGET_SECONDS
from securemsg.words import say

LONGEST_TEXT = 8_000  # characters
_UNKNOWN = say("This kind of message is not known here.")
_TOO_LONG, _NUL = say("A message has at most {max} characters."), say("This text holds a character that cannot be stored.")
_BROKEN = say("This cannot be sent just now. Please write it as a message instead.")


class Kind(fields.String):
    """The name of a kind that is known here."""

    def _deserialize(self, value: Any, *given: Any, **more: Any) -> str:
        name = super()._deserialize(value, *given, **more) or ""
        if name != TEXT and name not in desk().registry.kinds:
            raise ValidationError(_UNKNOWN)
        return name


class Data(fields.Field):
    """What is said, checked by the schema of the `kind` beside it; `text` is that of the kind which needs no plugin."""

    def __init__(self, text: Schema, **more: Any):
        super().__init__(**more)
        self.text = text

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        kind = data.get("kind", TEXT)
        if kind == TEXT or not isinstance(kind, str):
            return self.text.load(value)
        return loaded(kind, value)


def loaded(kind: str, value: Any) -> dict[str, Any]:
    """The data as it is stored: JSON as the kind's schema writes what it has read. ValidationError with sentences by field."""
    known = desk().registry.kinds.get(kind)
    if known is None:
        return {}  # the kind's own field says so
    plugin, found = known
    try:
        data = guard.within(BUDGET_SECONDS, _as_json, schema(found.schema), value)
    except ValidationError:
        raise
    except guard.FAILURES as error:  # the plugin's fault: no 500 for what somebody typed
        failed(desk(), plugin, "kinds", error)
        raise ValidationError(_BROKEN) from error
    refuse_unfit(data)
    return data


def refuse_unfit(data: Mapping[str, Any]) -> None:
    """No text with a NUL, none longer than a message may be, however deep it lies."""
    wrong = {name: [sentence] for name, value in data.items() for text in _texts([name, value])
             if (sentence := _TOO_LONG.format(max=LONGEST_TEXT) if len(text) > LONGEST_TEXT else _NUL if "\0" in text else None)}
    if wrong:
        raise ValidationError(wrong)


def _as_json(known: Schema, value: Any) -> dict[str, Any]:
    return orjson.loads(orjson.dumps(known.dump(known.load(value, unknown=RAISE))))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(inner)
