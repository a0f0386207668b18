"""The owner's form as no page would send it: refused, and the card stays."""

import pytest

from tests.http.forms import fields


@pytest.fixture
def maren(house):
    return house.staff("Maren")


def saves(owner, **changes: str | None):
    form = {name: value for name, value in (fields(owner.opens("clinic"), "/clinic") | changes).items() if value is not None}
    return owner.browser.submit(owner.path("clinic"), form)


@pytest.mark.parametrize("field", ["name", "phones", "consent_text", "category-other-label"])
def test_a_text_that_postgresql_cannot_hold_is_refused(house, maren, field):
    before = house.visitor().card()
    refused = saves(maren, **{field: "a\0b"})
    assert refused.status == 422 and "a character that cannot be stored" in refused.text
    assert house.visitor().card() == before


@pytest.mark.parametrize(("field", "text", "sentence"), [
    ("name", "\x1b[2JHarbour", "cannot be stored"), ("name", "\u200b", "enter the clinic"),
    ("name", "\u202eenaL", "cannot be stored"),
    ("category-other-label", "\u2067rehtO", "cannot be stored"), ("category-other-label", "\u3164", "enter a label")])
def test_a_name_that_nobody_could_read_as_it_is_is_refused(house, maren, field, text, sentence):
    before = house.visitor().card()
    refused = saves(maren, **{field: text})
    assert refused.status == 422 and sentence in refused.text and house.visitor().card() == before


def test_what_scripts_need_to_be_written_and_several_lines_of_a_text_are_kept(house, maren):
    names = {"name": "\u0645\u06cc\u200c\u0631\u0648\u0645", "category-other-label": "\u0915\u094d\u200d\u0937"}
    assert saves(maren, **names, consent_text="One.\r\n\tTwo.").status == 200
    page = fields(maren.opens("clinic"), "/clinic")
    assert {name: page[name] for name in names} == names and "One.\n\tTwo." in page["consent_text"].replace("\r\n", "\n")


@pytest.mark.parametrize("version", [None, "", "x", "²", "-1", "9" * 40])
def test_a_form_that_does_not_say_what_it_was_made_from_saves_nothing(house, maren, version):
    before = house.visitor().card()
    assert saves(maren, promise="Mine", version=version).status == 400
    assert house.visitor().card() == before


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"emergency_text": " "}, "Please enter when people should call that number."),
    ({f"category-{name}-label": "" for name in ("appointment", "billing", "other")}, "Please keep at least one topic")])
def test_what_every_card_needs_cannot_be_cleared(house, maren, changes, sentence):
    before = house.visitor().card()
    refused = saves(maren, **changes)
    assert refused.status == 422 and sentence in refused.text and house.visitor().card() == before
