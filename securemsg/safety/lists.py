"""A clinic's list as people write it, and as the matcher takes it.

    # Remarks begin like this.
    [emergency]
    chest pain|ache|hurt*       words in this order, up to four others between; | is or; * is any ending
    short-of-breath             a hyphen: nothing stands between
    worst + headache            a plus: in any order
    no|not -any|severe          a hyphen before a step: nothing stands between it and the one before
    !no|not reason -to -live    an exclamation mark: nothing takes it back
    [unless]
    no                          takes a phrase back where it stands among its words or directly before them

Nothing in a list is a pattern that runs: it is split, compared, and refused with a sentence where it cannot be read.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, permutations, product
from math import factorial, prod

from securemsg.safety.folding import words
from securemsg.safety.matcher import ALWAYS, UNLESS, Matcher

SECTIONS = ("crisis", "emergency", UNLESS)
MOST_LINES = 600
LONGEST_LINE = 300
MOST_PHRASES = 64  # of one line, when what may stand for each other is written out
BUSIEST = 50  # steps that one word may fit: this bounds what a hostile text can cost
LEAST_STEM = {True: 3, False: 2}  # letters before a *, by whether they are Latin ones
_PLUS = re.compile(r"\s*\+\s*")


@dataclass(frozen=True)
class SafetyList:
    """The list of one language (BCP 47): phrases as the matcher reads them, by section."""

    language: str
    crisis: tuple[str, ...] = ()
    emergency: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @cached_property
    def matcher(self) -> Matcher:
        """Made ready when it is read, not when somebody waits."""
        return Matcher({section: getattr(self, section) for section in SECTIONS})


@lru_cache(256)
def safety_list(language: str, text: str) -> SafetyList:
    """The list that stands in a text; ValueError with the end of a sentence and the line it is about."""
    sections: dict[str, list[str]] = {name: [] for name in SECTIONS}
    section, lines = "", text.splitlines()
    if len(lines) > MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES} lines")
    for number, line in enumerate(map(str.strip, lines), 1):
        if line.startswith("["):
            section = _section(line, number)
        elif line and not line.startswith("#"):
            sections[_within(section, number)] += _phrases(line, number)
    found = SafetyList(language, **{name: tuple(dict.fromkeys(phrases)) for name, phrases in sections.items()})
    _refuse_busy(found)
    _refuse_vain(found)
    return found


def version(lists: tuple[SafetyList, ...]) -> str:
    """Twelve hex digits that say which lists these are."""
    return hashlib.sha256(repr(lists).encode()).hexdigest()[:12]


def _section(line: str, number: int) -> str:
    name = line.strip("[]").strip().lower()
    if name not in SECTIONS:
        raise ValueError(f"line {number}: a section is [emergency], [crisis] or [unless]")
    return name


def _within(section: str, number: int) -> str:
    if not section:
        raise ValueError(f"line {number}: a section must come first: [emergency], [crisis] or [unless]")
    return section


def _phrases(line: str, number: int) -> Iterator[str]:
    """A line with everything that may stand for another written out."""
    if len(line) > LONGEST_LINE:
        raise ValueError(f"line {number} has more than {LONGEST_LINE} characters")
    always, line = ALWAYS * line.startswith(ALWAYS), line.removeprefix(ALWAYS)
    groups = [[_alternatives(element, number) for element in group.split("+")] for group in _PLUS.sub("+", line).split()]
    if prod(factorial(len(group)) * prod(map(len, group)) for group in groups) > MOST_PHRASES:
        raise ValueError(f"line {number} stands for too many phrases; make several lines of it")
    for order in product(*map(permutations, groups)):
        yield from (always + " ".join(phrase).replace(" -", "-").removeprefix("-") for phrase in product(*chain(*order)))


def _alternatives(element: str, number: int) -> list[str]:
    """What may stand in one place: single words together, and each that is several words by itself. A hyphen before them all is
    kept: nothing stands between them and what is before them."""
    near = "-" * element.startswith("-")
    read = [_alternative(alternative, number) for alternative in element.split("|")]
    single = "|".join(dict.fromkeys(each for each in read if "-" not in each))
    return [near + each for each in (single, *(each for each in read if "-" in each)) if each]


def _alternative(text: str, number: int) -> str:
    """One or several words next to each other, folded, with - between."""
    found = words(text.removesuffix("*")).found
    star = "*" if text.endswith("*") else ""
    if not found or "*" in text[:-1] or any(sign in text for sign in "[]#") or (
            star and len(found[-1]) < LEAST_STEM[found[-1].isascii()]):
        raise ValueError(f"line {number}: “{text}” cannot be read; a word is letters and digits, with * at its end or not, "
                         "after three letters or more")
    return "-".join(found) + star


def _refuse_busy(found: SafetyList) -> None:
    """No word may fit so many steps that a text of nothing else becomes slow to look through."""
    for word in (*found.matcher.exact, *found.matcher.stems):
        if len(found.matcher.fitting(word)) > BUSIEST:
            raise ValueError(f"“{word}” stands in too many lines; put lines together, with | between")


def _refuse_vain(found: SafetyList) -> None:
    """A phrase that its own list always takes back would never be found."""
    for sample in chain.from_iterable(map(_samples, found.crisis + found.emergency)):
        if not found.matcher.sections(words(sample)):
            raise ValueError(f"“{sample}” can never be found: a line of [unless] takes it back")


def _samples(phrase: str) -> Iterator[str]:
    """What people would write that the phrase finds: each of its words at least once."""
    steps = [[word.removesuffix("*") for word in step.split("|")] for step in re.split(r"[ -]", phrase.removeprefix(ALWAYS))]
    for at in range(max(map(len, steps))):
        yield " ".join(step[min(at, len(step) - 1)] for step in steps)
