"""A plugin's schema as it is asked: what is wrong is told in our sentences, in every language, unless its author wrote some."""

from copy import copy
from functools import cache
from typing import Any

from marshmallow import Schema, fields, validate

from securemsg.words import say

_FILL_IN = say("Please fill this in.")
_CHOOSE = say("Please choose one.")
_NO_NUMBER = say("Please enter a number.")
_NONE: dict[type, Any] = {fields.Boolean: say("Please tick the box.")}  # what is missing
_OTHER: dict[type, Any] = {
    fields.Boolean: say("Please tick the box."), fields.Number: _NO_NUMBER, fields.Date: say("Please enter a date."),
    fields.Time: say("Please enter a time.")}  # what is something else


@cache
def schema(kind: type[Schema]) -> Schema:
    """One of them for everybody, with our sentences in it. The class is left as it is: it is the plugin's."""
    made = kind()
    for field in made.fields.values():
        field.validators = [_said(each) for each in field.validators]
        field.error_messages = field.error_messages | _messages(field)
    return made


def _messages(field: fields.Field) -> dict[str, str]:
    """Sentences in place of marshmallow's own."""
    plain, own = _defaults(type(field)), field.error_messages
    missing = _CHOOSE if any(isinstance(each, validate.OneOf) for each in field.validators) else _by_class(_NONE, field, _FILL_IN)
    ours = dict.fromkeys(("required", "null"), missing) | dict.fromkeys(
        ("invalid", "too_large", "special"), _by_class(_OTHER, field, None))
    return {name: text for name, text in ours.items() if text and own.get(name) == plain.get(name)}


def _by_class(table: dict[type, Any], field: fields.Field, otherwise: Any) -> Any:
    return next((text for kind, text in table.items() if isinstance(field, kind)), otherwise)


def _defaults(kind: type[fields.Field]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        found |= getattr(each, "default_error_messages", {})
    return found


def _said(rule: Any) -> Any:
    """The same rule; where its author wrote no sentence, with ours."""
    if getattr(rule, "error", None) not in (None, getattr(rule, "default_message", None)):
        return rule
    rule = copy(rule)
    if isinstance(rule, validate.OneOf):
        rule.error = _CHOOSE
    elif isinstance(rule, validate.Equal) and rule.comparable is True:
        rule.error = _NONE[fields.Boolean]
    elif isinstance(rule, validate.Length):
        rule.message_min, rule.message_max = _FILL_IN, say("Too long: {n} characters at most.", n=rule.max)
    elif isinstance(rule, validate.Range):
        rule.message_min, rule.message_max = _NO_NUMBER, say("Please enter a number up to {n}.", n=rule.max)
        rule.message_all = rule.message_max
    return rule
