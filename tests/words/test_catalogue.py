"""The catalogue is whole: every text in every language, with the same names in it and every plural that the language has."""

import re
from collections.abc import Iterator

import pytest
from babel import Locale
from marshmallow import Schema, fields

from securemsg.http import schemas, script_words
from securemsg.words import LANGUAGES
from securemsg.words.catalogue import FOLDER, texts, translation
from tests.words.spoken import in_code, in_script, in_templates, of_the_frame

OTHERS = [code for code in LANGUAGES if code != "en"]
SECOND_WORDS = {  # for what other texts call a conversation, clinic, device or reference; and another country's Portuguese
    "fr": "cabinet", "de": "Unterhaltung|Konversation|Klinik|Kennzeichen", "ru": "[Бб]есед|[Дд]иалог", "ur": "آلے|براہ کرم",
    "pt": r"dispositivo|\bPrima\b|consigo|\bregistos?\b|est(á|ão) a \w+r\b|\bA sua\b", "hi": "वार्तालाप|संवाद", "ar": "حوار"}
AREAS = {path.stem for path in FOLDER.glob("*/*.json")} - {"frame"}


def of_marshmallow() -> set[str]:
    """The sentences of its own that the visitors' schemas can give."""
    own = [field.error_messages for field in _fields(schemas.OPEN, schemas.SAY, schemas.SEEN, schemas.AFTER)]
    return {text for each in (*own, schemas.OPEN.error_messages) for text in each.values()} - {"Invalid value."}


def _fields(*given: Schema) -> Iterator[fields.Field]:
    for schema in given:
        for field in schema.fields.values():
            yield field
            if isinstance(field, fields.Nested):
                yield from _fields(field.schema)


def used() -> dict[str, str]:
    return {text: where for text, where in (in_code() | in_templates() | dict.fromkeys(of_marshmallow(), "marshmallow")).items()
            if text not in of_the_frame()}


def written(language: str) -> dict[str, str | dict[str, str]]:
    return {text: found for area in sorted(AREAS) for text, found in texts(language, area).items()}


def test_there_is_much_to_say():
    assert len(used()) > 120 and len(in_templates()) > 60 and len(OTHERS) == 9 and "Please write something." in in_code()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there_in_every_language_and_nothing_else(language):
    missing = {text: where for text, where in used().items() if text not in written(language)}
    assert not missing, f"not in {language}: {missing}"
    assert not set(written(language)) - set(used()), f"in {language}, and said nowhere"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_names_stand_in_each(language):
    for text, found in written(language).items():
        forms = found.items() if isinstance(found, dict) else [("", found)]
        for category, form in forms:  # a number may be in the word itself: "two minutes" has one in some languages
            spared = {"{count}"} if category in ("zero", "one", "two") else set()
            assert _names(form) | spared == _names(text) | spared, (language, text, category)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_has_every_plural_of_the_language(language):
    categories = set(Locale.parse(language).plural_form.tags) | {"other"}
    counted = [text for text in used() if "{count}" in text]
    assert len(counted) >= 2
    for text in counted:
        found = translation(text, language)
        assert isinstance(found, dict) and set(found) == categories, (language, text)


def test_what_the_script_says_is_what_the_page_brings_it():
    assert in_script() == set(script_words.SAID) and len(in_script()) > 30


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_in_english(language):
    assert [text for text, found in written(language).items() if found == text] == []


@pytest.mark.parametrize("language", SECOND_WORDS)
def test_nothing_has_two_names(language):
    every = [*written(language).values(), *texts(language, "frame").values()]
    forms = [form for found in every for form in (found.values() if isinstance(found, dict) else [found])]
    assert [form for form in forms if re.search(SECOND_WORDS[language], form)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_stands_twice(language):
    """Neither in two files nor in the widget's: what both say is said once."""
    areas = [set(texts(language, area)) for area in sorted(AREAS)] + [of_the_frame()]
    assert sum(map(len, areas)) == len(set().union(*areas))


def _names(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))
