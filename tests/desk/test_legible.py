"""What is a name, a text, the same name, and what a terminal may show: signs that nobody sees, in the scripts that need some."""

import pytest

from securemsg.desk.legible import alike, is_name, is_plain, printable

NEEDED = ["Front desk", "O\u2019Neill & Co. (3)", "12", "\u0627\u0633\u062a\u0642\u0628\u0627\u0644",
          "\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0915\u094d\u200d\u0937",
          "\u6302\u53f7\u5904", "Praxis\u00a0Dr. M\u00fcller", "\u200fA&E", "Kids \U0001f468\u200d\U0001f467", "e\u0301"]
TURNING = [f"a{chr(code)}" for code in (*range(0x202a, 0x202f), *range(0x2066, 0x206a))]
HIDING = ["a\0", "\x1b[2J", "a\x07", "a\x7f", "a\x9b1A", "a\rb", "\ud800a", *TURNING]


@pytest.mark.parametrize("name", NEEDED)
def test_what_people_write_is_a_name_and_is_shown_as_it_is(name):
    assert is_name(name) and is_plain(name)
    assert printable(name) == name or "\u200f" in name


@pytest.mark.parametrize("text", HIDING)
def test_what_moves_a_cursor_or_turns_words_around_is_neither_name_nor_text(text):
    assert not is_name(text) and not is_plain(text) and "\ufffd" in printable(text)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\r\nb", "a\u2028b", "\u200b", "\u00a0", "\u3164", "\u0301", "\ufeff", ""])
def test_lines_and_what_shows_nothing_may_stand_in_a_text_and_are_no_name(text):
    assert is_plain(text) and not is_name(text)


@pytest.mark.parametrize("twin", [
    "front DESK", " Front  desk ", "Front\u200b desk", "F\u00adront desk\u2060", "\uff26ront\u3000desk", "Front\u00a0desk",
    "Front desk\u3164", "\u200eFront desk", "\U0001d405ront desk"])
def test_names_that_look_alike_are_the_same(twin):
    assert alike(twin) == alike("Front desk")


@pytest.mark.parametrize("other", ["Front desk 2", "Frontdesk", "Fr\u00f6nt desk", "Front-desk"])
def test_names_that_can_be_told_apart_are_others(other):
    assert alike(other) != alike("Front desk")
