"""The languages, and what is said in each: JSON files of English sentences and what they are there.

`<language>/<area>.json` maps the English text to its translation, with the same `{names}`; where a number decides the words, to
an object of plural categories (Unicode CLDR: zero, one, two, few, many, other), chosen by `count`. English has only these.
`frame.json` is the widget's: it has names of its own for its words, and is built into the widget. A text that both say is
taken from there, so that the contact page and the frame use the same words.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is BCP 47, `name` what its speakers call it, `dir` the direction it is written in: ltr or rtl."""

    code: str
    name: str
    dir: str = "ltr"


LANGUAGES = {language.code: language for language in (
    Language("en", "English"), Language("es", "Español"), Language("fr", "Français"), Language("de", "Deutsch"),
    Language("pt", "Português"), Language("ar", "العربية", "rtl"), Language("hi", "हिन्दी"), Language("zh", "中文"),
    Language("ru", "Русский"), Language("ur", "اردو", "rtl"))}


def translation(english: str, language: str) -> str | dict[str, str] | None:
    """The text in that language, by plural category where a number decides; None where there is none."""
    return _texts(language).get(english)


def texts(language: str, area: str) -> dict[str, Any]:
    """One file as it lies there; empty without one."""
    path = FOLDER / language / f"{area}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


@cache
def _texts(language: str) -> dict[str, Any]:
    """Everything in one language; read when it is first asked for."""
    own: dict[str, Any] = {}
    for path in sorted((FOLDER / language).glob("*.json")):
        if path.stem != "frame":
            own |= texts(language, path.stem)
    english, frame = texts("en", "frame"), texts(language, "frame")
    return {english[name]: text for name, text in frame.items() if isinstance(english.get(name), str)} | own
