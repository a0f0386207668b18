"""A kind's schema as a form: what is asked, for whoever draws it, and what was filled in, as the schema takes it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marshmallow import Schema, fields, validate

from securemsg.answers import Tool
from securemsg.http import pages
from securemsg.words import in_language

_PREFIX = "data."  # of a form's names: errors of a field are told under the same name
_LONG = 200  # characters; whoever may write more gets more than one line
_TYPES = (  # the first that fits; a field of another class cannot be typed in
    (fields.Boolean, "yes"), (fields.Date, "date"), (fields.Time, "time"), (fields.Number, "number"), (fields.String, "text"))


@lru_cache(maxsize=512)
def asked(schema: type[Schema], language: str) -> tuple[dict[str, Any], ...]:
    """Each field as `name, label, type (text, long, date, time, choice, yes, number), required, max, rows, hint, options`."""
    shown = ((field.data_key or name, field) for name, field in schema().load_fields.items())
    return tuple(_asked(name, field, language) for name, field in shown if _type(field))


def offered(tool: Tool, language: str) -> tuple[dict[str, Any], ...]:
    """What a tool asks, with what there is to choose in this conversation."""
    fields = asked(tool.schema, language) if tool.schema else ()
    return tuple(each | {"type": "choice", "options": _listed(tool.choices[each["name"]], language)}
                 if each["name"] in tool.choices else each for each in fields)


def typed(schema: type[Schema], form: Mapping[str, str]) -> dict[str, Any]:
    """What was filled in. A field that was left empty is left out, as by a program that has nothing to say."""
    found = {each["name"]: _typed(each["type"], form, _PREFIX + each["name"]) for each in asked(schema, "en")}
    return {name: value for name, value in found.items() if value not in ("", None)}


def _asked(name: str, field: fields.Field, language: str) -> dict[str, Any]:
    said, options = field.metadata, _options(field)
    longest = _most(field, validate.Length)
    rows = said.get("rows") or (3 if (longest or 0) > _LONG and isinstance(field, fields.String) else None)
    type = "choice" if options else _type(field)
    return {"name": name, "label": _told(said.get("label", name), language),
            "type": "long" if type == "text" and (rows or 1) > 1 else type, "required": field.required,
            "max": longest or _most(field, validate.Range), "rows": rows,
            "hint": _told(said["hint"], language) if said.get("hint") else None,
            "options": _listed(options, language)}


def _listed(options: Mapping[str, str], language: str) -> list[dict[str, str]]:
    return [{"value": value, "label": _told(label, language)} for value, label in options.items()]


def _type(field: fields.Field) -> str | None:
    return next((name for kind, name in _TYPES if isinstance(field, kind)), None)


def _options(field: fields.Field) -> dict[str, str]:
    """What there is to choose, by value: from the metadata, or from a `OneOf` with its labels."""
    if options := field.metadata.get("options"):
        return dict(options)
    one_of = next((each for each in field.validators if isinstance(each, validate.OneOf)), None)
    if one_of is None:
        return {}
    labels = list(one_of.labels)
    return {str(value): labels[number] if number < len(labels) else str(value) for number, value in enumerate(one_of.choices)}


def _most(field: fields.Field, rule: type[validate.Length | validate.Range]) -> Any:
    """The least of the upper limits of a field's validators of that class, or None."""
    return min((each.max for each in field.validators if isinstance(each, rule) and each.max is not None), default=None)


def _typed(type: str, form: Mapping[str, str], name: str) -> Any:
    if type == "yes":
        return True if name in form else None
    text = pages.typed(form, name)
    return _number(text.strip()) if type == "number" else text if type == "long" else text.strip()


def _number(text: str) -> int | float | str:
    """The number, or the text as it is: the schema has the sentence for what is none."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _told(text: str, language: str) -> str:
    return str(in_language(text, language))
