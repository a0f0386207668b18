"""What a text costs grows with its length, whatever it says: lines of Python are counted, no clock is read."""

import sys
from collections.abc import Callable
from threading import Thread

import pytest

from securemsg.safety import folding, lists, matcher, safety_list
from tests.safety.cases import come_along, words_of

HOSTILE = [
    "no chest pain or ", "chest pain ", "pain chest ", "a ", "no no ", "don't have any ", "blood ", "can't breathe ",
    "لا ألم صدر ", "pas de douleur ", "no tengo dolor ", "kill myself ", "' ", "'", "s's'", "aaab", "......", "ﷺ", "㍿", "胸",
    "e\u0301", "\u0301", "-", "\n"]
LENGTH = 5_000  # characters
MOST_LINES = 300_000  # of Python for so many: some milliseconds
FILES = {folding.__file__, matcher.__file__, lists.__file__}


def lines_run(act: Callable[[], object]) -> int:
    """How many lines of the matcher's code `act` runs."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if frame.f_code.co_filename not in FILES:
            return None
        count += event == "line"
        return trace

    def traced() -> None:
        sys.settrace(trace)
        act()

    alone = Thread(target=traced, daemon=True)  # tracing is a thread's: other tests' signals and greenlets are not in this one
    alone.start()
    alone.join(60)
    assert not alone.is_alive(), "a trace stands still while Python looks for an exception that was called back (see timed.py)"
    return count


def cost(words, text: str, length: int) -> int:
    said = text * (length // len(text))
    return lines_run(lambda: words.matches(said))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_with_the_lists_that_come_along(text):
    words = words_of(*come_along())
    words.matches(text)
    once, four_times = cost(words, text, LENGTH), cost(words, text, 4 * LENGTH)
    assert four_times <= 4.3 * once + 200, "squared it would be sixteen times"
    assert once <= MOST_LINES


def test_with_the_busiest_list_that_is_taken():
    """Every line begins with the word that the text is made of, and every line is an `unless` as well."""
    lines = "\n".join(f"pain x{number}" for number in range(lists.BUSIEST // 2))
    more = "\n".join(f"{'pain'[:3]}* y{number}" for number in range(lists.BUSIEST // 2 - 1))
    words = words_of(safety_list("en", f"[emergency]\n{lines}\n[unless]\n{more}"))
    once, four_times = cost(words, "pain ", LENGTH), cost(words, "pain ", 4 * LENGTH)
    assert 4 * once * 0.9 <= four_times <= 4.3 * once and once <= 3 * MOST_LINES
