"""Which sentences the safety notice is shown for. The same file is run by the widget's tests."""

import json

import pytest

from tests.safety.cases import FILE, as_read, groups, in_the_file, words_of, written


@pytest.mark.parametrize("group", groups(), ids=lambda group: group["name"])
def test_every_case_has_its_card(group):
    words = words_of(*as_read(group))
    wrong = [(card, words.matches(text), text) for card, text in group["cases"] if words.matches(text) != card]
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("group", groups(), ids=lambda group: group["name"])
def test_what_the_widget_is_tested_with_is_what_it_gets(group):
    assert group["lists"] == in_the_file(as_read(group)), "run `python -m tests.safety.cases`"


def test_the_file_is_as_it_is_written():
    assert FILE.read_text("utf-8") == written(groups())


def test_there_are_many_and_of_all_sorts():
    cases = [case for group in groups() for case in group["cases"]]
    assert len(cases) >= 250 and {card for card, _ in cases} == {"emergency", "crisis", None}
    assert len({text for _, text in cases}) >= len(cases) - 10


def test_as_json_words_hold_the_lists_and_the_cards():
    data = words_of(*as_read(groups()[0])).as_data()
    assert list(data) == ["version", "name", "lists", "cards"] and list(data["cards"]) == ["crisis", "emergency"]
    assert json.loads(json.dumps(data)) == {**data, "lists": in_the_file(as_read(groups()[0]))}


def test_another_list_is_another_version():
    assert len({words_of(*as_read(group)).version for group in groups()}) == len(groups())
