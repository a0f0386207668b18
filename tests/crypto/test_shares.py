"""A root key in shares: any few are the key, fewer are nothing, and every mistake has a sentence."""

from itertools import combinations

import pytest

from securemsg.crypto import roots, shares
from securemsg.errors import Misconfigured, Refused

ROOT = roots.parse(roots.new_text(), "The test")
FIVE = shares.split(ROOT, 5, 3)


def test_any_three_of_five_are_the_key():
    for three in combinations(FIVE, 3):
        assert shares.join(three) == ROOT
    assert shares.join(FIVE) == shares.join([FIVE[1], FIVE[0], FIVE[4], FIVE[0]]) == ROOT
    assert shares.join([f"  {line.upper()} \n" for line in FIVE[:3]]) == ROOT, "as people type it"
    assert all(len(line.split()) == 33 for line in FIVE)
    assert roots.parse(roots.text_of(ROOT), "The test") == ROOT


def mistyped(line):
    words = line.split()
    words[20] = "academic" if words[20] != "academic" else "acid"
    return " ".join(words)


@pytest.mark.parametrize(("lines", "words"), [
    ([], "No share was given"),
    (FIVE[:2], r"2 different share\(s\) were given, and 3 are needed"),
    ([FIVE[0]] * 3, r"1 different share\(s\) were given, and 3 are needed"),
    ([FIVE[0], mistyped(FIVE[1]), FIVE[2]], "Share 2 is not whole"),
    ([FIVE[0], FIVE[1], " ".join(FIVE[2].split()[:-1])], "Share 3 is not whole"),
    ([FIVE[0], "hello world", FIVE[2]], "Share 2 is not whole"),
    ([FIVE[0], FIVE[1], shares.split(ROOT, 5, 3)[2]], "each split makes shares that fit only each other")])
def test_each_mistake_has_its_sentence(lines, words):
    with pytest.raises(Refused, match=words) as refusal:
        shares.join(lines)
    assert not {word for line in lines for word in line.split() if len(word) > 5} & set(refusal.value.detail.split())


@pytest.mark.parametrize(("number", "threshold"), [(5, 1), (3, 4), (17, 3), (0, 0)])
def test_numbers_that_make_no_sense_are_refused(number, threshold):
    with pytest.raises(Refused, match="threshold must be"):
        shares.split(ROOT, number, threshold)


def test_without_the_library_its_name_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "shamir_mnemonic", None)
    with pytest.raises(Misconfigured, match=r"pip install 'securemsg\[shares\]'"):
        shares.split(ROOT, 5, 3)
