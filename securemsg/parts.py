"""What messages are made of, and what a plugin can say. Values only; none holds HTML.

A message of any kind has a `text`: what knows a kind's parts draws them, everything else shows the text.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from securemsg import words

MOST_PARTS = 20  # of one message
LARGEST_FILE = 16_000  # characters: a calendar entry, not a document
LONGEST_URL = 2_000  # characters
# a path of our own begins with one slash: after two, or a backslash that browsers take for one, a foreign host would stand
_URL = re.compile(r"(https://(?=[^/?#@]+([/?#]|$))|tel:(?=[+\d])|mailto:(?=[^@]+@)|/(?!/))[!-\[\]-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. Line ends are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere to go: `https:`, `tel:`, `mailto:`, or a path of this service that begins with `/`. Anything else is refused."""

    label: str
    url: str

    @property
    def text(self) -> str:
        return f"{self.label}: {self.url}"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose: what the answer's `answer` then holds, and what people read. `confirm` is asked before it is sent,
    where one press must not do."""

    value: str
    label: str
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with a few answers. Choosing sends a message of that kind with `{"answer": value}`."""

    question: str
    kind: str
    options: tuple[Option, ...]

    @property
    def text(self) -> str:
        return "\n".join([self.question, *(f"- {option.label}" for option in self.options)])


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind's schema asks, to be filled in. Sending it makes a message of that kind."""

    title: str
    kind: str
    button: str = "Send"

    @property
    def text(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True)
class File:
    """A small text file to save, as a calendar entry: it is sealed inside the message, no address leads to it."""

    name: str
    media_type: str
    content: str = field(repr=False)

    @property
    def text(self) -> str:
        return self.name


Part = Text | Link | Choice | Form | File


def plain(parts: tuple[Part, ...]) -> str:
    """Parts as text alone."""
    return "\n\n".join(part.text for part in parts)


def as_data(part: Part) -> dict[str, Any]:
    """A part as JSON: its `type`, its fields, and its `text` for who does not know the type."""
    return {"type": type(part).__name__.lower(), "text": part.text, **asdict(part)}


def from_data(data: Mapping[str, Any]) -> Part:
    """The part that was stored so; one of a type that is not known here, or not as it was, is its text."""
    text, types = str(data.get("text", "")), {"text": Text, "link": Link, "choice": Choice, "form": Form, "file": File}
    type = types.get(str(data.get("type")), Text)
    try:
        values = {each.name: data[each.name] for each in fields(type)}
        if type is Choice:
            values["options"] = tuple(Option(each["value"], each["label"], each.get("confirm")) for each in values["options"])
        return type(**values)
    except (LookupError, TypeError):
        return Text(text)


def in_language(part: Part, language: str) -> Part:
    """The same with those of its texts that are sentences of `say` as that language says them."""
    return replace(part, **{each.name: _said(getattr(part, each.name), language) for each in fields(part)})


def _said(value: Any, language: str) -> Any:
    if isinstance(value, tuple):
        return tuple(Option(each.value, words.in_language(each.label, language),
                            each.confirm and words.in_language(each.confirm, language))
                     for each in value)
    return words.in_language(value, language)


def may_follow(url: str) -> bool:
    """Whether an address is one that a Link may have. Asked by who makes a link, and again by who draws it."""
    return len(url) <= LONGEST_URL and _URL.fullmatch(url) is not None
