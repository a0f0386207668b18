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
