"""The owner's pages of people: accessible in light and in dark, and whole on a small screen."""

import pytest

from tests.browser.axe import assert_accessible
from tests.browser.house import ELM


@pytest.mark.parametrize("path", ["people/", "people/{ana}", "people/sign-in"])
def test_it_is_accessible_and_fits_a_small_screen(house, new_staff, path):
    page = new_staff("Maren Whitlock", viewport={"width": 320, "height": 640}).page
    page.goto(f"{house.url}/staff/{ELM}/" + path.format(ana=house.ids[ELM, "Ana Ruiz"]))
    assert_accessible(path, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
