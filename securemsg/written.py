"""Settings of several values, as people write them: line by line, each read by one pattern; or names and addresses, with commas.
What is wrong is told with its line, or named."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Never

from marshmallow import ValidationError, validate

_LONGEST = 1_000  # characters of a line, so that no pattern takes long over it
_SHOWN = 80  # characters of what is wrong
_LONGEST_ADDRESS = 254  # characters (RFC 5321, 4.5.3.1.3)
_is_email = validate.Email()


@dataclass(frozen=True, eq=False)
class Lines:
    """A text that was read: what was `found` in it. The same text gives the same one, so what follows from it can be kept."""

    text: str
    found: Any


def lines(kind: type, pattern: str, example: str, add: Callable[[Any, re.Match], None]) -> Callable[[str], Lines]:
    """What reads such a text: `add` puts each line's match into a list or dict (`kind`). What follows # is a remark. ValueError
    names every line that is wrong: those not written like `example`, and those of which `add` says so."""
    @lru_cache(maxsize=500)
    def read(text: str) -> Lines:
        found, faults = kind(), []
        for number, line in enumerate(map(_said, text.splitlines()), 1):
            try:
                if line:
                    add(found, (re.fullmatch(pattern, line) if len(line) <= _LONGEST else None) or unlike(line, example))
            except ValueError as error:
                faults.append(f"line {number}: {error}")
        if faults:
            raise ValueError("; ".join(faults))
        return Lines(text, found)

    return read


def unlike(text: str, example: str) -> Never:
    """ValueError: it is not written as it should be."""
    raise ValueError(f"“{_shown(text)}” is not written like “{example}”")


def names(text: str) -> tuple[str, ...]:
    """People, roles and addresses, with commas or line ends between, each once. ValueError names what has an @ and is no email
    address: no mail would ever reach it, and nobody would hear of that."""
    found = tuple(dict.fromkeys(" ".join(each.split()) for each in re.split(r"[,\n]", text)))
    return tuple(address(each) if "@" in each else each for each in found if each)


def addresses(text: str) -> tuple[str, ...]:
    """Email addresses, written like `names`. ValueError names what is none."""
    return tuple(map(address, names(text)))


def address(text: str) -> str:
    """One email address that every mail server takes: other alphabets reach only some. ValueError where it is none."""
    try:
        if len(text) > _LONGEST_ADDRESS or not (text.isascii() and text.isprintable()):
            raise ValidationError("")
        return _is_email(text)
    except ValidationError:
        raise ValueError(f"“{_shown(text)}” must be one email address, like desk@clinic.example") from None


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _said(line: str) -> str:
    """Without what is a remark, with single spaces."""
    return " ".join(re.sub(r"(^|\s)#.*", "", line).split())
