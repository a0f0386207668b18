"""What a plugin says to a visitor: parts that are looked at before they are sealed, so that none leads where it must not."""

import re
from typing import Any

from securemsg import parts
from securemsg.parts import Choice, File, Form, Link, Part, Text

LONGEST = 8_000  # characters of one message as text, as of a message of people
_FILE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:<>|?*\"]{1,100}")
_MEDIA_TYPE = re.compile(r"text/[a-z0-9.+-]{1,60}( ?; ?[a-z-]+=[A-Za-z0-9_-]+)*", re.ASCII)


def checked(given: tuple[Part | str, ...]) -> tuple[Part, ...]:
    """The parts of one message, a text as a Text. ValueError with a sentence for what may not be said."""
    said = tuple(Text(part) if isinstance(part, str) else part for part in given)
    if not 0 < len(said) <= parts.MOST_PARTS:
        raise ValueError(f"A message has 1 to {parts.MOST_PARTS} parts.")
    for part in said:
        _check(part)
    if len(text := parts.plain(said)) > LONGEST or "\0" in text:
        raise ValueError(f"A message has at most {LONGEST:,} characters, none of them NUL.")
    return said


def data_of(plugin: str, said: tuple[Part, ...]) -> dict[str, Any]:
    """What is sealed: a text for everybody who does not draw parts, the parts, and whose they are."""
    return {"text": parts.plain(said), "parts": [parts.as_data(part) for part in said], "plugin": plugin}


def _check(part: Part) -> None:
    if not isinstance(part, Text | Link | Choice | Form | File):
        raise ValueError(f"A message is made of parts, and {type(part).__name__} is none.")
    if not part.text.strip():
        raise ValueError(f"A {type(part).__name__} needs words.")
    if isinstance(part, Link) and not parts.may_follow(part.url):
        raise ValueError("A Link leads to https:, tel:, mailto: or a path of this service.")
    if isinstance(part, Choice) and not (part.options and all(each.value and each.label for each in part.options)):
        raise ValueError("A Choice needs options, each with a value and a label.")
    if isinstance(part, File):
        _check_file(part)


def _check_file(file: File) -> None:
    if not _FILE_NAME.fullmatch(file.name) or file.name.startswith("."):
        raise ValueError("A File needs a plain name, without folders.")
    if not _MEDIA_TYPE.fullmatch(file.media_type) or file.media_type.startswith("text/html"):
        raise ValueError("A File is text: its media type begins with text/, and is not text/html.")
    if len(file.content) > parts.LARGEST_FILE:
        raise ValueError(f"A File has at most {parts.LARGEST_FILE:,} characters.")
