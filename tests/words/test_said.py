"""A sentence is English where it is raised, and knows how it is said elsewhere."""

import pytest

from securemsg.words import say


def test_a_sentence_is_english_until_it_is_asked_for_another():
    sentence = say("Please write something.")
    assert sentence == "Please write something." and sentence.to("de") == "Bitte schreiben Sie etwas."
    assert sentence.to("en") == "Please write something." and say("Never heard of.").to("de") == "Never heard of."


def test_numbers_are_written_as_the_language_writes_them():
    sentence = say("A message has at most {max} characters.", max=8000)
    assert "8,000" in sentence and "8.000" in sentence.to("de") and "8\u202f000" in sentence.to("fr")


@pytest.mark.parametrize(("count", "words"), [
    (1, "بعد دقيقة واحدة"), (2, "بعد دقيقتين"), (5, "بعد 5 دقائق"), (30, "بعد 30 دقيقة")])
def test_a_number_chooses_the_words(count, words):
    assert say("in {count} minutes", count=count).to("ar") == words
    assert say("in {count} minutes", count=1) == "in a minute"


def test_names_and_phones_stand_apart_from_the_direction_of_the_text():
    sentence = say("{why} Please try again {wait}, or call {clinic}: {phone}.", why=say("That was a lot in a short time."),
                   wait=say("in {count} minutes", count=3), clinic="Elm", phone="+1 555 0100")
    assert "\u2068+1 555 0100\u2069" in sentence.to("ar") and "\u2068Elm\u2069" in sentence.to("ar")
    assert "بعد 3 دقائق" in sentence.to("ar") and "\u2068" not in sentence + sentence.to("de")
    assert "\u2068عيادة\u2069" in say("Write to {clinic}", clinic="عيادة"), "the other way round as well"


def test_a_library_that_fills_in_a_sentence_leaves_it_one():
    sentence = say("A name has at most {max} characters.").format(input="x" * 200, max=120)
    assert sentence == "A name has at most 120 characters." and "120" in sentence.to("ru") and sentence.values == {"max": 120}
