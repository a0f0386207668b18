"""How well the lists that come along do, on sentences and questions that nobody here wrote, where they lie beside the clone."""

import json

import pytest

from tests.safety.cases import come_along, groups, words_of
from tests.service import ROOT

SHARED = ROOT.parent / "shared" / "data"
VERDICTS = json.loads((ROOT / "tests" / "data" / "safety_flagged.json").read_text("utf-8"))
WORDS = words_of(*come_along())
LEAST = {"en": 10, "es-LA": 9, "fr": 9, "ar": 9}  # of eleven
MOST_WRONG = 0.02


def shared(name: str) -> str:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not beside this clone; our own cases stand in test_cases.py")
    return (SHARED / name).read_text("utf-8")


@pytest.mark.parametrize("language", LEAST)
def test_most_red_flag_sentences_are_found(language):
    sentences = json.loads(shared("clinic_sentences.json"))["sentences"]
    said = [sentence[language] for sentence in sentences if sentence["red_flag_patient_statement"]]
    found = [text for text in said if WORDS.matches(text) == "emergency"]
    assert len(said) == 11 and len(found) >= LEAST[language], set(said) - set(found)


def test_few_questions_are_found_that_should_not_be():
    """Each one that is found was read by us: a list that finds others has to be read anew."""
    questions = [json.loads(line)["question"] for line in shared("patient_questions.jsonl").splitlines()]
    found = {str(number) for number, question in enumerate(questions) if WORDS.matches(question)}
    assert found == {*VERDICTS["right"], *VERDICTS["wrong"]}
    assert len(VERDICTS["wrong"]) <= MOST_WRONG * len(questions) and not {*VERDICTS["right"]} & {*VERDICTS["wrong"]}


@pytest.mark.parametrize("language", ["en", "es", "fr", "ar"])
def test_our_own_sentences_are_found_by_the_list_of_their_language_alone(language):
    """So that what holds above holds without the shared sentences, too."""
    [list_of] = [each for each in come_along() if each.language == language]
    alone, together = words_of(list_of), groups()[0]["cases"]
    found = [text for card, text in together if card and alone.matches(text) == card]
    wrong = [text for card, text in together if card is None and alone.matches(text)]
    assert len(found) >= 20 and not wrong
