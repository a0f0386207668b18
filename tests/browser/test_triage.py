"""The safety notice with the lists that come along: in the visitor's language, before it goes and after; and what staff see."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.house import House, furnished
from tests.browser.looks import assert_nothing_is_cut_off

PAIN = "عندي ألم شديد في صدري منذ الصباح"
CALL = "الاتصال بالرقم"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, nothing_survives: None) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("house"), plugins="triage") as made:
        yield made


def test_chest_pain_in_arabic_is_met_in_arabic_and_read_first(new_visitor, staff):
    new_visitor().begins("Is the flu jab free?")
    visitor = new_visitor(locale="ar", viewport={"width": 360, "height": 640}).visits()
    with visitor.page.expect_response(re.compile(r"/safety\.json")):
        visitor.launcher.click()
        inside = visitor.inside
        inside.locator("select").select_option("other")
        inside.get_by_role("radio").first.check()
        inside.locator("[name=consent]").check()
        inside.locator("textarea").fill(PAIN)
    frame = visitor.page.frames[1]
    visitor.button.click()
    card = inside.get_by_role("alertdialog")
    expect(card).to_be_focused()
    expect(card).to_contain_text("اتصل الآن بالرقم \u2068911\u2069 إذا كان هذا يحدث لك أو لشخص معك.")
    expect(card.get_by_role("link")).to_have_attribute("href", "tel:911")
    assert_nothing_is_cut_off(frame, "the card")
    assert_accessible("the safety notice in Arabic", visitor.page, frame)
    card.get_by_role("button").click()
    expect(visitor.bubbles).to_have_count(1)
    expect(inside.get_by_role("note").get_by_role("link")).to_contain_text(CALL)
    staff.opens_inbox()
    expect(staff.rows.first).to_have_class(re.compile("urgent"))
    expect(staff.rows.first).to_contain_text(visitor.reference)
    staff.opens(visitor.reference)
    todo = "Safety notice: words of your list stand in a message. Please read it now."
    expect(staff.page.get_by_text(todo, exact=True)).to_be_visible()
    expect(staff.page.get_by_text("safety notice", exact=True)).to_be_visible()
