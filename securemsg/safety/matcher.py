"""Whether phrases stand in a text: words in their order with a few others between, unless other words take it back.

A phrase is a string: steps, each after a space (up to GAP words may stand before it) or after a hyphen (none may); a step is one
or several words with | between; a word with * at its end is a beginning. One that begins with ! is never taken back. One pass
over the text, and at each word only the steps that it fits: linear, whatever the text and the phrases. The widget does exactly
this in widget/src/frame/safety.ts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from securemsg.safety.folding import Words, forms

GAP = 4
UNLESS = "unless"
_BACK = {UNLESS}
ALWAYS = "!"
_START = 2  # letters; no beginning is shorter
_STEP = re.compile(r"(^|[ -])([^ -]+)")

Chain = tuple[int, "Chain | None"]  # the index of a word that was found, and what was found before it


@dataclass(slots=True)
class Step:
    """One step, shared by the phrases that begin alike. `before`: the step before it, None for the first. `reach`: how many
    places on from that. `ends`: the sections of which a phrase ends here; `always`: those of them that nothing takes back."""

    before: int | None
    reach: int
    ends: set[str] = field(default_factory=set)
    always: set[str] = field(default_factory=set)


class Matcher:
    """The phrases of a list by section, made ready once."""

    def __init__(self, sections: Mapping[str, Iterable[str]]):
        self.steps: list[Step] = []
        self.exact: dict[str, list[int]] = defaultdict(list)
        self.stems: dict[str, list[int]] = defaultdict(list)
        known: dict[tuple[int | None, str, str], int] = {}
        for section, phrases in sections.items():
            for phrase in phrases:
                self._add(section, phrase, known)
        self._lengths: dict[str, list[int]] = defaultdict(list)  # of the beginnings that there are, by their first two letters
        for stem in sorted(self.stems, key=len):
            if len(stem) not in self._lengths[stem[:_START]]:
                self._lengths[stem[:_START]].append(len(stem))

    def sections(self, said: Words) -> set[str]:
        """Of which sections a phrase stands in the text and is not taken back."""
        fitting = {word: steps for word in set(said.found) if (steps := self.fitting(word))}
        if not self._can_end(fitting.values()):  # so it is with most messages
            return set()
        ended = list(self._ended(said, fitting))
        phrases = [(step, chain) for step, chain in ended if step.ends != _BACK]
        within, last = _unless(ended, said.clauses) if phrases else ([], [])
        sections: set[str] = set()
        for step, chain in phrases:
            new = step.ends - sections - _BACK
            if new:
                sections |= new & step.always if _is_taken_back(chain, within, last, said.clauses) else new
        return sections

    def fitting(self, word: str) -> tuple[int, ...]:
        """The steps that a word fits."""
        found: list[int] = []
        for form in forms(word):
            found += self.exact.get(form, ())
            for length in self._lengths.get(form[:_START], ()):
                if length > len(form):
                    break
                found += self.stems.get(form[:length], ())
        return tuple(set(found)) if found else ()

    def _add(self, section: str, phrase: str, known: dict[tuple[int | None, str, str], int]) -> None:
        step: int | None = None
        for sign, alternatives in _STEP.findall(phrase.removeprefix(ALWAYS)):
            before, step = step, known.setdefault((step, sign, alternatives), len(self.steps))
            if step == len(self.steps):
                self.steps.append(Step(before, 1 if sign == "-" else 1 + GAP))
                self._name(step, alternatives.split("|"))
        if step is not None:
            self.steps[step].ends.add(section)
            if phrase.startswith(ALWAYS):
                self.steps[step].always.add(section)

    def _name(self, step: int, alternatives: Sequence[str]) -> None:
        for word in alternatives:
            table = self.stems if word.endswith("*") else self.exact
            table[word.removesuffix("*")].append(step)

    def _can_end(self, fitting: Iterable[Iterable[int]]) -> bool:
        """Whether all words of a phrase are there, in whatever order; of a phrase that finds, and does not take back."""
        there: set[int] = set()
        for number in sorted(set().union(*fitting)):  # a step has a larger number than the one before it
            step = self.steps[number]
            if step.before is None or step.before in there:
                there.add(number)
                if step.ends and step.ends != _BACK:
                    return True
        return False

    def _ended(self, said: Words, fitting: Mapping[str, Sequence[int]]) -> Iterator[tuple[Step, Chain]]:
        """Each phrase that comes to its end, with the words it is made of. Of several beginnings the nearest counts."""
        chains: dict[int, Chain] = {}
        for at, word in enumerate(said.found):
            if word in fitting and (longer := self._longer(fitting[word], at, chains, said.places)):
                chains.update(longer)  # afterwards, so that no word counts for two steps
                yield from ((self.steps[step], chain) for step, chain in longer if self.steps[step].ends)

    def _longer(self, fitting: Sequence[int], at: int, chains: Mapping[int, Chain], places: Sequence[int]
                ) -> list[tuple[int, Chain]]:
        """Of the steps that a word fits those to which there is a way, with it."""
        found: list[tuple[int, Chain]] = []
        for number in fitting:
            step = self.steps[number]
            if step.before is None:
                found.append((number, (at, None)))
            elif (before := chains.get(step.before)) and places[at] - places[before[0]] <= step.reach:
                found.append((number, (at, before)))
        return found


def _unless(ended: Iterable[tuple[Step, Chain]], clauses: Sequence[int]) -> tuple[list[bool], list[bool]]:
    """For each word of the text: whether it is one of several words of an `unless`; whether it is the last or only one."""
    within, last = [False] * len(clauses), [False] * len(clauses)
    for step, chain in ended:
        if UNLESS in step.ends and clauses[_first(chain)] == clauses[chain[0]]:
            last[chain[0]] = True
            for at in _indexes(chain) if chain[1] else ():
                within[at] = True
    return within, last


def _is_taken_back(chain: Chain, within: Sequence[bool], last: Sequence[bool], clauses: Sequence[int]) -> bool:
    """Whether words that take it back stand among its words, or directly before them in the same clause. A single word that is
    one of its own does not: `cannot breathe` stays found where a list has `cannot` among its `unless`."""
    own = set(_indexes(chain))
    first = min(own)
    if first and last[first - 1] and clauses[first - 1] == clauses[first]:
        return True
    return any(within[at] or (last[at] and at not in own) for at in range(first, chain[0] + 1))


def _indexes(chain: Chain | None) -> Iterator[int]:
    while chain:
        yield chain[0]
        chain = chain[1]


def _first(chain: Chain) -> int:
    return min(_indexes(chain))
