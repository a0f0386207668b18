"""How much of a text somebody sees, and what they would not see: a name that people go by holds nothing that they cannot tell."""

import unicodedata

LEAST = 3  # signs of a reason
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a pattern, by Unicode, that are drawn as nothing
# They turn around what stands behind them (UAX 9, 2.1 to 2.4); the marks that right-to-left scripts need are not among them.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MEANT = frozenset("\u00a0\u202f\u200c\u200d")  # fixed spaces, and what parts and joins letters: of no width, yet they spell


def legible(text: str) -> int:
    """How many of its signs can be seen by themselves: no spaces, no controls, no marks that change the sign before."""
    return sum(sign not in _BLANK and _stands(unicodedata.category(sign)) for sign in text)


def is_plain(text: str) -> bool:
    """Whether it can stand anywhere as it is: no controls but line breaks and tabs, and nothing that turns what is around it."""
    return not any(sign in _TURNING or unicodedata.category(sign) in ("Cc", "Cs")
                   for sign in text.replace("\r\n", "\n") if sign not in "\n\t")


def is_name(text: str) -> bool:
    """Whether people can go by it: plain, in one line, and something of it is seen."""
    return is_plain(text) and not any(sign in "\n\t\u2028\u2029" for sign in text) and legible(text) > 0


def alike(name: str) -> str:
    """The same for names that people take for one: by width, case and spaces (NFKC, UAX 15), and by what nobody sees (Cf)."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(sign for sign in folded if sign not in _BLANK and unicodedata.category(sign) != "Cf").split())


def printable(text: str) -> str:
    """As a terminal may show it: nothing in it moves the cursor, begins a line of its own or hides."""
    return "".join(each if each.isprintable() or each in _MEANT else "\ufffd" for each in text)


def _stands(category: str) -> bool:
    return category[0] in "LNPS" or category in ("Mc", "Cn", "Co")  # vowels of many scripts; and what is drawn as a box at least
