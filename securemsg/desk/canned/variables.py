"""The places of a ready reply that are filled in: those that the service knows, and free ones that a person has to."""

import re
from collections.abc import Iterable, Mapping

KNOWN = {
    # name: what stands there
    "visitor": "the visitor’s name, where one was given", "clinic": "the clinic’s name", "me": "the name of who answers",
    "phone": "the clinic’s first phone number", "reference": "the conversation’s reference, as AB-CD23",
}
# A letter first: {1}, {}, {{ }} and most code stay what they are. Blanks around a name, and its case, make no other place.
_PLACE = re.compile(r"\{[^\S\n]*([^\W\d_][^{}\n]{0,29}?)[^\S\n]*\}")


def named(text: str) -> list[str]:
    """The names of the places of a text, each once, as it is written first, in their order."""
    found: dict[str, str] = {}
    for name in _PLACE.findall(text):
        found.setdefault(name.casefold(), name)
    return list(found.values())


def filled(text: str, values: Mapping[str, str | None]) -> str:
    """The text with what is known put in; what is unknown stays as it is, for all to see."""
    return _PLACE.sub(lambda match: values.get(match[1].casefold()) or match[0], text)


def left(text: str, templates: Iterable[str]) -> list[str]:
    """The places that are still empty in a reply: names that the service fills, or that one of the clinic's ready replies has.

    Other braces are somebody's own words.
    """
    here = named(text)
    expected = {*KNOWN, *(name.casefold() for each in templates for name in named(each))} if here else set()
    return [name for name in here if name.casefold() in expected]
