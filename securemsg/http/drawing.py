"""Parts as they may be drawn: in the reader's language, links looked at once more, forms with what they ask.

Who wrote a plugin may have been wrong, and a plugin may be gone: what cannot be drawn as what it is, is its text.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from securemsg.http import forms_of_kinds, languages
from securemsg.http.here import desk
from securemsg.parts import Choice, Form, Link, Part, Text, as_data, from_data, in_language, may_follow


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
    told = as_data(in_language(one, languages.here().code))
    if isinstance(one, Form):
        told["fields"] = forms_of_kinds.asked(kinds[one.kind][1].schema, languages.here().code)
    return told
