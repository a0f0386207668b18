"""A list as people write it: what it says, and what is wrong with it, by line."""

import re

import pytest

from securemsg.safety import SafetyList, safety_list
from securemsg.safety.lists import BUSIEST, LONGEST_LINE, MOST_LINES, SECTIONS
from tests.safety.cases import COME_ALONG, come_along, words_of


def emergency(text: str) -> tuple[str, ...]:
    return safety_list("en", f"[emergency]\n{text}").emergency


@pytest.mark.parametrize(("line", "phrases"), [
    ("chest pain", ("chest pain",)),
    ("  chest    pain  ", ("chest pain",)),
    ("Chest PAIN|Ache*", ("chest pain|ache*",)),
    ("can't|can’t|cant breathe", ("cant breathe",)),
    ("short-of-breath|breathless", ("breathles", "short-of-breath")),
    ("worst + headache", ("worst headache", "headache worst")),
    ("worst+headache", ("worst headache", "headache worst")),
    ("sudden worst + headache|migraine", ("suden worst headache|migraine", "suden headache|migraine worst")),
    ("j'ai mal", ("j-ai mal",)),
    ("pass-out|pass-away here", ("pas-out here", "pas-away here")),
    ("no|not -any|much pain", ("no|not-any|much pain",)),
    ("do-not|don't -have|feel -like-it", ("dont-have|fel-like-it", "do-not-have|fel-like-it")),
    ("-red blue", ("red blue",)),
    ("!no reason|point to-live", ("!no reason|point to-live",)),
    ("a a", ("a a",)),
    ("胸痛", ("胸-痛",)),
    ("صَدْر*", ("صدر*",)),
    ("# a remark", ()),
    ("", ()),
])
def test_a_line_is_its_phrases(line, phrases):
    assert emergency(line) == phrases


def test_sections_may_come_in_any_order_and_again():
    found = safety_list("en", "# Ours\n[Unless]\nno\n\n[ crisis ]\nblue\n[emergency]\nred\nred\n[crisis]\nsad\n")
    assert found == SafetyList("en", crisis=("blue", "sad"), emergency=("red",), unless=("no",))


def test_an_empty_list_finds_nothing():
    assert safety_list("en", "") == SafetyList("en") == safety_list("en", "# nothing\n[emergency]\n")
    assert words_of(SafetyList("en")).matches("chest pain") is None and words_of().matches("chest pain") is None


@pytest.mark.parametrize(("text", "said"), [
    ("chest pain", "line 1: a section must come first"),
    ("[emergncy]\nx", "line 1: a section is"),
    ("[emergency]\n\nchest pa*in", "line 3: “pa*in” cannot be read"),
    ("[emergency]\nch*", "line 2: “ch*” cannot be read"),
    ("[emergency]\n*", "“*” cannot be read"),
    ("[emergency]\nchest |pain", "“” cannot be read"),
    ("[emergency]\nchest ! pain", "“!” cannot be read"),
    ("[emergency]\n+", "cannot be read"),
    ("[emergency]\nred +", "cannot be read"),
    ("[emergency]\nx[0-9]", "cannot be read"),
    ("[emergency]\n" + " ".join(["a-b|c-d"] * 20), "line 2 stands for too many phrases"),
    ("[emergency]\n" + "+".join("abcdefghijkl"), "line 2 stands for too many phrases"),
    ("[emergency]\n" + "x" * (LONGEST_LINE + 1), f"line 2 has more than {LONGEST_LINE} characters"),
    ("\n" * (MOST_LINES + 1), f"it has more than {MOST_LINES} lines"),
    ("[emergency]\n" + "\n".join(f"pain x{n}" for n in range(2)) + "\n" + "\n".join(f"x{n} pain" for n in range(BUSIEST + 1)),
     "“pain” stands in too many lines"),
    ("[emergency]\n" + "\n".join(f"x{n} {'abcdefghij'[:3 + n % 8]}*" for n in range(BUSIEST + 1)), "stands in too many lines"),
    ("[emergency]\nno feeling\n[unless]\nno feeling", "“no feling” can never be found"),
    ("[crisis]\nred|blue flag\n[unless]\nblue flag", "“blue flag” can never be found"),
])
def test_what_cannot_be_read_is_refused_with_its_line(text, said):
    with pytest.raises(ValueError, match=f"{re.escape(said)}(.*[^.])?$"):
        safety_list("en", text)


def test_no_line_is_a_pattern_that_runs():
    """What would be a regular expression elsewhere is words, or refused: it is never compiled."""
    words = words_of(safety_list("en", "[emergency]\n^chest$ pain.?\n(red|blue)+\\w{1000}"))
    assert words.matches("chest pain") == words.matches("blue w 1000") == "emergency" and words.matches("chest pai") is None


def test_the_lists_that_come_along_can_be_read_and_changed():
    lists = come_along()
    assert [each.language for each in lists] == ["ar", "en", "es", "fr"]
    for each in lists:
        text = (COME_ALONG / f"{each.language}.txt").read_text("utf-8")
        assert each.crisis and each.emergency and each.unless and f"[{SECTIONS[0]}]" in text
        more = safety_list(each.language, text + "\n[emergency]\nzebra attack*\n")
        assert words_of(more).matches("a zebra has bitten me") is None and words_of(more).matches("Zebra ATTACKS!") == "emergency"
