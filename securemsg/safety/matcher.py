"""Whether phrases stand in a text: words in their order with a few others between, unless other words take it back.

A phrase is a string: steps, each after a space (up to GAP words may stand before it) or after a hyphen (none may); a step is one
or several words with | between; a word with * at its end is a beginning. One pass over the text, and at each word only the steps
that it fits: linear, whatever the text and the phrases. The widget does exactly this in widget/src/frame/safety.ts.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from securemsg.safety.folding import words

GAP = 4
UNLESS = "unless"
_BACK = {UNLESS}
_ARABIC = re.compile("[\u0621-\u06ff]")
_PROCLITICS = ("وف", "بكل")  # and, so; by, as, for: written as one with the word that follows
_STEP = re.compile(r"(^|[ -])([^ -]+)")

Chain = tuple[int, "Chain | None"]  # the index of a word that was found, and what was found before it


@dataclass(slots=True)
class Step:
    """One step, shared by the phrases of a list that begin alike. `before`: the step before it, None for the first. `reach`: how
    many places on from that. `ends`: the sections of which a phrase ends here."""

    before: int | None
    reach: int
    group: int
    ends: set[str] = field(default_factory=set)


@dataclass
class Matcher:
    """Lists of phrases by section, each with an `unless` of its own, made ready once."""

    steps: list[Step] = field(default_factory=list)
    exact: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    stems: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[tuple, int] = field(default_factory=dict, repr=False)

    def add(self, group: int, section: str, phrase: str) -> None:
        """One phrase of that list."""
        step: int | None = None
        for sign, alternatives in _STEP.findall(phrase):
            before, step = step, self._known.setdefault((group, step, sign, alternatives), len(self.steps))
            if step == len(self.steps):
                self.steps.append(Step(before, 1 if sign == "-" else 1 + GAP, group))
                self._name(step, alternatives.split("|"))
        if step is not None:
            self.steps[step].ends.add(section)

    def _name(self, step: int, alternatives: Sequence[str]) -> None:
        for word in alternatives:
            table = self.stems if word.endswith("*") else self.exact
            table[word.removesuffix("*")].append(step)

    def sections(self, text: str) -> set[str]:
        """Of which sections a phrase stands in the text and is not taken back."""
        found, places, clauses = words(text)
        ended = list(self._ended(found, places))
        phrases = [(step, chain) for step, chain in ended if step.ends != _BACK]
        within, last = _unless(ended, clauses) if phrases else ([], [])
        sections: set[str] = set()
        for step, chain in phrases:
            new = step.ends - sections - _BACK
            if new and not _is_taken_back(chain, 1 << step.group, within, last, clauses):
                sections |= new
        return sections

    def _ended(self, found: Sequence[str], places: Sequence[int]) -> Iterator[tuple[Step, Chain]]:
        """Each phrase that comes to its end, with the words it is made of. Of several beginnings the nearest counts."""
        chains: dict[int, Chain] = {}
        known: dict[str, tuple[int, ...]] = {}
        for at, word in enumerate(found):
            if (fitting := known.get(word)) is None:
                fitting = known[word] = self.fitting(word)
            if fitting:
                longer = list(self._longer(fitting, at, chains, places))
                chains.update(longer)  # afterwards, so that no word counts for two steps
                yield from ((self.steps[step], chain) for step, chain in longer if self.steps[step].ends)

    def _longer(self, fitting: Sequence[int], at: int, chains: Mapping[int, Chain], places: Sequence[int]
                ) -> Iterator[tuple[int, Chain]]:
        """Of the steps that a word fits those to which there is a way, with it."""
        for number in fitting:
            step = self.steps[number]
            if step.before is None:
                yield number, (at, None)
            elif (before := chains.get(step.before)) and places[at] - places[before[0]] <= step.reach:
                yield number, (at, before)

    def fitting(self, word: str) -> tuple[int, ...]:
        """The steps that a word fits."""
        return tuple({step for form in forms(word) for table, part in self._parts(form) for step in table.get(part, ())})

    def _parts(self, form: str) -> Iterator[tuple[dict[str, list[int]], str]]:
        yield self.exact, form
        yield from ((self.stems, form[:length]) for length in self._lengths if length <= len(form))

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(stem) for stem in self.stems})


def forms(word: str) -> Iterator[str]:
    """A word, and an Arabic one also without what is written as one with it: and, so, by, as, for, the."""
    yield word
    if not _ARABIC.match(word):
        return
    for letters in _PROCLITICS:
        if len(word) > 3 and word[0] in letters:
            word = word[1:]
            yield word
    if len(word) > 3 and word.startswith(("ال", "لل")):
        yield word[2:]
    elif len(word) > 3 and word[0] == "ل":  # for + the, of which the first letter is gone already
        yield word[1:]


def _unless(ended: Sequence[tuple[Step, Chain]], clauses: Sequence[int]) -> tuple[list[int], list[int]]:
    """For each word of the text a bit for each list: it is one of several words of an `unless`; it is the last or only one."""
    within, last = [0] * len(clauses), [0] * len(clauses)
    for step, chain in ended:
        if UNLESS in step.ends and clauses[_first(chain)] == clauses[chain[0]]:
            last[chain[0]] |= 1 << step.group
            for at in _indexes(chain) if chain[1] else ():
                within[at] |= 1 << step.group
    return within, last


def _is_taken_back(chain: Chain, bit: int, within: Sequence[int], last: Sequence[int], clauses: Sequence[int]) -> bool:
    """Whether words that take it back stand among its words, or directly before them in the same clause. A single word that is
    one of its own does not: `cannot breathe` stays found where a list has `cannot` among its `unless`."""
    own = set(_indexes(chain))
    first = min(own)
    if first and last[first - 1] & bit and clauses[first - 1] == clauses[first]:
        return True
    return any(within[at] & bit or (last[at] & bit and at not in own) for at in range(first, chain[0] + 1))


def _indexes(chain: Chain | None) -> Iterator[int]:
    while chain:
        yield chain[0]
        chain = chain[1]


def _first(chain: Chain) -> int:
    return min(_indexes(chain))
