"""A few words of a text around what was found in it, as parts that are marked or not: plain text, never markup."""

from itertools import accumulate

from securemsg.desk.search.words import Query, folded_sign

BEFORE, LONGEST = 60, 180  # characters; a snippet tells whether this is it, not what was said
Parts = tuple[tuple[str, bool], ...]  # (text, is marked)


def snippet(text: str, query: Query) -> Parts:
    """The part of `text` that holds the first term found, every term in it marked; the beginning where none is in one piece."""
    flat = " ".join(text.split())
    spans = _spans(flat, query)
    first = spans[0][0] if spans else 0
    begin, end = _window(flat, first)
    inside = [(max(a, begin), min(b, end)) for a, b in spans if a < end and b > begin]
    return (*_lead(begin > 0), *_cut(flat, begin, end, inside), *_lead(end < len(flat)))


def whole(text: str, query: Query) -> Parts:
    """All of a short text, as a name."""
    return tuple(_cut(text, 0, len(text), _spans(text, query)))


def _spans(text: str, query: Query) -> list[tuple[int, int]]:
    """Where terms stand, as [begin, end) in `text`, in order, none within another."""
    signs = [folded_sign(sign) for sign in text]
    plain = "".join(signs)
    begins = list(accumulate(map(len, signs), initial=0))  # where each sign's folded form begins
    origin = [place for place, sign in enumerate(signs) for _ in sign]
    found = sorted(span for term in query.terms for span in _places(plain, term))
    spans: list[tuple[int, int]] = []
    for a, b in found:
        here, there = origin[a], origin[b - 1] + 1
        while there < len(text) and begins[there] == begins[there + 1]:
            there += 1  # an accent that follows belongs to the last letter
        if spans and here < spans[-1][1]:
            spans[-1] = spans[-1][0], max(there, spans[-1][1])
        else:
            spans.append((here, there))
    return spans


def _places(plain: str, term: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    at = plain.find(term)
    while at >= 0 and len(places) < LONGEST:
        places.append((at, at + len(term)))
        at = plain.find(term, at + len(term))
    return places


def _window(text: str, first: int) -> tuple[int, int]:
    """From a word's beginning before `first` to a word's end."""
    begin = max(0, first - BEFORE)
    if begin:
        space = text.find(" ", begin, first)
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), begin + LONGEST)
    if end < len(text):
        space = text.rfind(" ", first + 1, end)
        end = space if space > first + BEFORE else end
    return begin, end


def _cut(text: str, begin: int, end: int, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    parts, at = [], begin
    for a, b in spans:
        parts += [(text[at:a], False), (text[a:b], True)]
        at = b
    return [part for part in (*parts, (text[at:end], False)) if part[0]]


def _lead(is_cut: bool) -> list[tuple[str, bool]]:
    return [("…", False)] if is_cut else []
