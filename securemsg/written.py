"""Settings that people write line by line: each line is read by one pattern, and what is wrong is told with its line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Never

_LONGEST = 1_000  # characters of a line, so that no pattern takes long over it
_SHOWN = 80  # characters of what is wrong


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
    raise ValueError(f"“{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}” is not written like “{example}”")


def _said(line: str) -> str:
    """Without what is a remark, with single spaces."""
    return " ".join(re.sub(r"(^|\s)#.*", "", line).split())
