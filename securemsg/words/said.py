"""A sentence that knows how it is said in other languages.

    raise Refused(say("For this topic please call {phone}.", phone="+1 555 0100"))

It is the English text, so whoever needs no other language need not know; `to("ar")` gives the Arabic. Numbers are written as the
language writes them, names and phones stand apart from the text's direction, sentences within a sentence are translated too.
"""

import re
from typing import Any, Self

from securemsg.words.catalogue import LANGUAGES, translation

_NAME = re.compile(r"\{(\w+)\}")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_APART, _TOGETHER = "\u2068", "\u2069"  # FSI and PDI (Unicode, UAX #9): what is between them has a direction of its own


class Said(str):
    """`key` is the English text as it is in the code, `values` what stands for its {names}."""

    key: str
    values: dict[str, Any]

    def __new__(cls, key: str, **values: Any) -> Self:
        said = super().__new__(cls, _filled(_pattern(key, values, "en"), values, "en"))
        said.key, said.values = key, values
        return said

    def to(self, language: str) -> str:
        """The sentence in one of LANGUAGES; in English where it has no translation."""
        return _filled(self.pattern(language), self.values, language)

    def pattern(self, language: str) -> str:
        """The text of that language with its {names} still in it; the plural is chosen."""
        return _pattern(self.key, self.values, language)

    def format(self, *_: object, **values: Any) -> "Said":
        """More values: libraries that fill in a sentence leave it one."""
        return Said(self.key, **self.values, **{name: values[name] for name in _NAME.findall(self.key) if name in values})


def say(text: str, /, **values: Any) -> Said:
    """The sentence `text`, each {name} in it with its value: a str, an int, or another sentence."""
    return Said(text, **values)


def in_language(text: str, language: str) -> str:
    """A sentence in that language; any other text as it is."""
    return text.to(language) if isinstance(text, Said) else text


def _pattern(key: str, values: dict[str, Any], language: str) -> str:
    found = translation(key, language) if language != "en" or "count" in values else None
    if isinstance(found, dict):
        return found.get(_category(values["count"], language), found["other"])
    return found or key


def _category(count: int, language: str) -> str:
    if language == "en":  # the most asked for, and known without a library that takes 6 MB
        return "one" if count == 1 else "other"
    from babel import Locale

    return Locale.parse(language).plural_form(count)


def _filled(pattern: str, values: dict[str, Any], language: str) -> str:
    return _NAME.sub(lambda name: _written(values[name[1]], language) if name[1] in values else name[0], pattern)


def _written(value: Any, language: str) -> str:
    """A value as it stands in a text of that language."""
    if isinstance(value, Said):
        return value.to(language)
    if isinstance(value, int):
        return number(value, language)
    text = str(value)
    return f"{_APART}{text}{_TOGETHER}" if LANGUAGES[language].dir == "rtl" or _RIGHT_TO_LEFT.search(text) else text


def number(value: int, language: str) -> str:
    """`8,000` as the language writes it."""
    if language == "en" or abs(value) < 1000:
        return f"{value:,}"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=language)
