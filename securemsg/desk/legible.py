"""How much of a text somebody sees: nobody gives a reason in signs that leave nothing to read."""

import unicodedata

LEAST = 3  # signs of a reason
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a pattern, by Unicode, that are drawn as nothing


def legible(text: str) -> int:
    """How many of its signs can be seen by themselves: no spaces, no controls, no marks that change the sign before."""
    return sum(sign not in _BLANK and _stands(unicodedata.category(sign)) for sign in text)


def _stands(category: str) -> bool:
    return category[0] in "LNPS" or category == "Mc"  # the latter are vowels of many scripts
