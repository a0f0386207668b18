"""A text as words that can be compared: however they were typed, the same word is the same string.

The widget does exactly this in widget/src/frame/safety.ts, with the same tables: tests hold the two against each other.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Before anything else: signs that people type for an apostrophe, and single characters that stand for whole words.
_FIRST = {**dict.fromkeys(map(ord, "’‘ʼ`´′＇"), "'"),
          **dict.fromkeys([*range(0x2474, 0x24B6), *range(0x3200, 0x3400), *range(0xFDF0, 0xFDFE)], " ")}
# Accents, Hebrew and Arabic vowel points, tatweel, nukta, and what nobody sees: soft hyphens, joiners, marks of direction.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
                    "\u06d6-\u06ed\u093c\u09bc\u00ad\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
# Letters that are written in several ways, and the digits of Arabic and Persian: first the letter, then what it becomes.
_ALIKE = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
    | dict(zip("øđðłıςىةٱکیہھەںے٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "oddliσيهاكيهههني01234567890123456789", strict=True)))
# A Latin letter counts once however often it stands there; any other sign when it stands there three times or more.
_AGAIN = re.compile(r"([a-z])\1+|([^0-9a-z])\2\2+")
# No words: signs, spaces, punctuation. Written without spaces: Thai, Lao, Burmese, Khmer, kana, Han: each sign is a word.
_BETWEEN = ("\x00-&(-/:-`{-©«-´¶-¹»-¿×÷˂-˅˒-˟־،؛؟٪-٭۔।॥\u2000-\u206f₠-⃏←-⯿⸀-\u2e7f\u3000-\u3004\u3008-\u3020〰"
            "\ue000-\uf8ff\ufdfe\ufdff︐-︙︰-﹏�\U0001f000-\U0001faff")
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
_SENTENCE, _CLAUSE = ".!?;:\n…()\"«»“”„–—؛؟۔।॥。", ",،、"
_TOKEN = re.compile(f"[{_ALONE}]|[^{_BETWEEN}{_ALONE}]+|[{re.escape(_SENTENCE + _CLAUSE)}]")
_STOPS = frozenset(_SENTENCE + _CLAUSE)
# Before an apostrophe: words of their own (French, Catalan).
_ELIDED = frozenset(("c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu"))
_ARABIC = re.compile("[\u0621-\u06ff]")
_PROCLITICS = ("وف", "بكل")  # and, so; by, as, for: written as one with the word that follows
_PAUSE = 2  # a sentence's end parts two words as if that many stood between them


class Words(NamedTuple):
    """The words of a text; where each stands, counted in words; in which clause."""

    found: list[str]
    places: list[int]
    clauses: list[int]


def words(text: str) -> Words:
    """Linear in the text's length."""
    found, places, clauses = Words([], [], [])
    place = clause = pause = 0
    for token in _TOKEN.findall(folded(text)):
        if token in _STOPS:
            clause += 1
            pause = pause if token in _CLAUSE else _PAUSE
            continue
        for word in _parted(token) if "'" in token else (token,):
            place, pause = place + 1 + pause, 0
            found.append(word)
            places.append(place)
            clauses.append(clause)
    return Words(found, places, clauses)


def forms(word: str) -> Iterable[str]:
    """A word, and an Arabic one also without what is written as one with it: and, so, by, as, for, the."""
    return (word, *_bare(word)) if _ARABIC.match(word) else (word,)


def _bare(word: str) -> Iterator[str]:
    for letters in _PROCLITICS:
        if len(word) > 3 and word[0] in letters:
            word = word[1:]
            yield word
    if len(word) > 3 and word.startswith(("ال", "لل")):
        yield word[2:]
    elif len(word) > 3 and word[0] == "ل":  # for + the, of which the first letter is gone already
        yield word[1:]


def folded(text: str) -> str:
    """Lower case, without accents and what is typed twice; compatibility forms as what they stand for (UAX #15: NFKD)."""
    plain = unicodedata.normalize("NFKD", text.translate(_FIRST)).lower()
    return _once(_MARKS.sub("", plain).translate(_ALIKE))


def _once(text: str) -> str:
    return _AGAIN.sub(r"\1\2", text)


def _parted(token: str) -> list[str]:
    """`can't` is cant, `j'ai` is j and ai."""
    head, _, rest = token.partition("'")
    return [_once(part.replace("'", "")) for part in ([head, rest] if head in _ELIDED else [token]) if part.strip("'")]
