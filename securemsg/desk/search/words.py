"""What people type to find something, and how texts are compared: without case, accents, and the ways to type one sign."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache

from securemsg.desk import contacts
from securemsg.errors import Refused
from securemsg.words import say

LONGEST = 200  # characters
_MOST_TERMS = 8
_FEWEST_DIGITS = 4  # of a phone number, to be compared without its spaces
_BASIC = 0xFFFF  # the last code point of the plane that holds nearly all that people write
_KEPT_MARKS = "\u3099\u309a\u094d"  # voiced kana are other sounds, and a virama joins letters: these make other words
_PHRASE = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|([^\s"“”„«»]+)')
_REFERENCE = re.compile(r"([2-9A-HJKMNP-Z]{2})-?([2-9A-HJKMNP-Z]{4})", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d ()./-]*\d[\d ()./-]*")
# What no decomposition takes apart: letters as a foreign keyboard writes them, and what Arabic and Persian keyboards share.
_PLAIN = {
    "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ى": "ي", "ی": "ي", "ک": "ك",
    "ة": "ه", "’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"}


class _Folded(dict):
    """Each sign as it is compared, worked out when it is first met. Its neighbours change nothing: snippets rely on it."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code).casefold()).casefold())
        found = "".join(_PLAIN.get(sign, sign) for sign in map(_digit, plain) if not _says_nothing(sign))
        if code <= _BASIC:  # whoever writes all signs that there are fills no memory
            self[code] = found
        return found


def _digit(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if unicodedata.category(sign) == "Nd" else sign


def _says_nothing(sign: str) -> bool:
    """Accents and vowel points, invisible signs, and the stroke that stretches Arabic words."""
    silent = unicodedata.combining(sign) or unicodedata.category(sign) == "Cf" or sign == "\u0640"
    return bool(silent) and sign not in _KEPT_MARKS


_FOLDED = _Folded()


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. Every one of `terms` (folded) must be found; `digits` are those of a term that may be a number."""

    text: str = field(repr=False)
    terms: tuple[str, ...] = field(repr=False)
    digits: tuple[str, ...] = field(repr=False)
    has_phrase: bool = False  # only then white space matters

    @property
    def all(self) -> int:
        """The mask of a text that holds every term."""
        return (1 << len(self.terms)) - 1

    def mask(self, text: str) -> int:
        """Which terms a text holds: bit n for term n."""
        compared, found = folded(text) if self.has_phrase else _folded_signs(text), 0
        for number, term in enumerate(self.terms):
            if term in compared:
                found |= 1 << number
        return found

    def mask_of_number(self, contact: str) -> int:
        """The same for a phone number, however it is grouped."""
        digits = _digits(contact) if any(self.digits) else ""
        return sum(1 << number for number, term in enumerate(self.digits) if term and term in digits)


def query(text: str) -> Query:
    """The query that somebody typed: words, and phrases in quotation marks. Refused with a sentence when it cannot be one."""
    text = text.strip()
    if len(text) > LONGEST:
        raise Refused(errors={"q": [say("Please search for at most {max} characters.", max=LONGEST)]})
    typed = [match[1] or match[2] for match in _PHRASE.finditer(text)]
    whole = [text] if typed and _NUMBER.fullmatch(text) else typed  # 555 01 00 is one number, not three words
    terms = list(dict.fromkeys(term for each in whole if (term := folded(each).strip())))
    if not terms or all(len(term) < 2 and term.isascii() for term in terms):
        raise Refused(errors={"q": [say("Please enter a word of at least two letters.")]})
    if len(terms) > _MOST_TERMS:
        raise Refused(errors={"q": [say("Please search for at most {max} words at once.", max=_MOST_TERMS)]})
    return Query(text, tuple(terms), tuple(_number(term) for term in terms), any(" " in term for term in terms))


def reference(query: Query) -> str | None:
    """The reference of a conversation as it is stored, AB-CD23, when that is what was typed."""
    match = _REFERENCE.fullmatch(query.text)
    return f"{match[1]}-{match[2]}".upper() if match else None


def contact(query: Query) -> tuple[str, str] | None:
    """`channel, value` when a whole address or number was typed: it is found by its blind index."""
    if " " not in query.text and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", query.text):
        return "email", query.text.lower()
    return ("phone", contacts.normal("phone", query.text)) if _number(query.text) else None


def folded(text: str) -> str:
    """A text as it is compared: caseless and compatible (Unicode 3.13, NFKD), without marks, white space as single spaces."""
    return " ".join(_folded_signs(text).split())


def _folded_signs(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        signs = text.encode("latin-1")
    except UnicodeEncodeError:
        return text.translate(_FOLDED)
    table, silent, others = _latin()
    if len(signs.translate(None, others)) < len(signs):
        return text.translate(_FOLDED)
    return signs.translate(table, silent).decode("latin-1")


@cache
def _latin() -> tuple[bytes, bytes, bytes]:
    """How a text of Western Europe is folded in a tenth of the time, as bytes of ISO 8859-1: what each sign becomes, which become
    nothing, and which become several, as ß does, or a letter of another script."""
    plain = {code: _FOLDED[code] for code in range(256)}
    silent = bytes(code for code, sign in plain.items() if not sign)
    others = bytes(code for code, sign in plain.items() if len(sign) > 1 or sign > "\xff")
    return bytes(code if code in silent + others else ord(plain[code]) for code in range(256)), silent, others


def folded_sign(sign: str) -> str:
    """One sign of a text as it is compared: none, one or a few signs."""
    return _FOLDED[ord(sign)]


def _number(term: str) -> str:
    """The digits of what may be a part of a phone number."""
    return digits if _NUMBER.fullmatch(term) and len(digits := _digits(term)) >= _FEWEST_DIGITS else ""


def _digits(text: str) -> str:
    return "".join(sign for sign in text if "0" <= sign <= "9")
