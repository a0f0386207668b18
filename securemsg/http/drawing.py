"""Parts as they may be drawn: in the reader's language, links looked at once more, forms with what they ask.

Who wrote a plugin may have been wrong, and a plugin may be gone: what cannot be drawn as what it is, is its text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from securemsg.http import forms_of_kinds, languages
from securemsg.http.here import desk
from securemsg.parts import Choice, Form, Link, Option, Part, Text, as_data, from_data, may_follow


def drawn(data: Mapping[str, Any] | None) -> list[dict[str, Any]] | None:
    """The parts of a message's data; None when it has none and its text is all."""
    parts = (data or {}).get("parts")
    if not isinstance(parts, list):
        return None
    return [part(from_data(each)) for each in parts if isinstance(each, Mapping)]


def parts(found: Iterable[Part]) -> list[dict[str, Any]]:
    return [part(each) for each in found]


def part(one: Part) -> dict[str, Any]:
    """One part as JSON; `fields` are what a Form asks."""
    kinds = desk().registry.kinds
    if (isinstance(one, Link) and not may_follow(one.url)) or (isinstance(one, Form | Choice) and one.kind not in kinds):
        one = Text(one.text)
    told = as_data(_said(one))
    if isinstance(one, Form):
        told["fields"] = forms_of_kinds.asked(kinds[one.kind][1].schema, languages.here().code)
    return told


def _said(one: Part) -> Part:
    """The same with each of its texts in the reader's language."""
    return replace(one, **{each.name: _told(getattr(one, each.name)) for each in fields(one)})


def _told(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(Option(option.value, languages.told(option.label)) for option in value)
    return languages.told(value)
