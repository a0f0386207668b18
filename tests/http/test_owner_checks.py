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
