"""The contact page as it stands on a screen and on paper: from the right, at 320 px, without script, without style sheet."""

import pytest
from playwright.sync_api import Page, expect

from securemsg.words import LANGUAGES, say
from tests.browser.axe import assert_accessible
from tests.browser.house import ELM
from tests.browser.looks import assert_nothing_is_cut_off, too_small
from tests.service import until

PHONE = {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}
TEXT = "أريد تغيير موعدي مع Dr. Berg يوم 3/12، رقمي 0100 555."


def fill(page: Page, language: str, contact: str = "leo@example.org") -> None:
    """The form, filled in, and sent."""
    page.locator("#f-category-other").check()
    page.get_by_label(say("Me").to(language), exact=True).check()
    page.get_by_label(say("Your message").to(language)).fill(TEXT)
    page.locator("#f-contact").fill(contact)
    page.get_by_label(say("I have read this and agree").to(language)).check()
    page.get_by_role("button", name=say("Send message").to(language)).click()


def begins(house, new_visitor, language: str, **options) -> Page:
    """Somebody with a conversation on the contact page of that language."""
    page = new_visitor(same_site=True, **options).page
    page.goto(f"{house.url}/contact/{ELM}?lang={language}")
    fill(page, language)
    expect(page.get_by_text(say("We have your message.").to(language))).to_be_visible()
    return page


@pytest.mark.parametrize("language", ["de", "ru", "hi", "ar", "ur"])  # long words, high letters, from the right
def test_nothing_sticks_out_on_a_phone(house, new_visitor, language):
    page = new_visitor(same_site=True, **PHONE).page
    page.goto(f"{house.url}/contact/{ELM}?lang={language}")
    assert_nothing_is_cut_off(page, "the form")
    assert too_small(page, 24) == []
    page.locator(".languages summary").click()
    expect(page.locator(".languages li > *")).to_have_count(len(LANGUAGES))
    assert_nothing_is_cut_off(page, "the menu of languages")
    page.locator(".languages summary").click()
    fill(page, language, "leo@")
    expect(page.get_by_role("alert")).to_contain_text(say("Please check").to(language))
    assert_nothing_is_cut_off(page, "the form with an error")
    fill(page, language)
    expect(page.locator(".entry .words")).to_have_text(TEXT)
    assert_nothing_is_cut_off(page, "the conversation")


def test_a_change_of_language_keeps_what_was_typed_and_enter_sends(house, new_visitor):
    page = new_visitor(same_site=True, **PHONE).page
    page.goto(f"{house.url}/contact/{ELM}")
    fill(page, "en", "leo@")
    page.locator(".languages summary").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_label(say("Your message").to("de"))).to_have_value(TEXT)
    expect(page.get_by_label(say("Me").to("de"), exact=True)).to_be_checked()
    assert_nothing_is_cut_off(page, "the same in another language")
    page.get_by_label(say("I have read this and agree").to("de")).check()
    page.locator("#f-contact").fill("leo@example.org")
    page.locator("#f-contact").press("Enter")
    expect(page.get_by_text(say("We have your message.").to("de"))).to_be_visible()


def test_the_whole_job_in_arabic_without_script(house, new_visitor, staff):
    page = begins(house, new_visitor, "ar", **PHONE)
    staff.opens(page.locator("h1 .reference").inner_text()).replies("Friday at nine?")
    expect(staff.page.get_by_text("العربية")).to_be_visible()
    until(lambda: _looked(page).get_by_text("Friday at nine?").count() == 1, what="the reply")
    page.get_by_label(say("Write more").to("ar")).fill("نعم")
    page.get_by_role("button", name=say("My question is answered").to("ar")).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label(say("Write more").to("ar"))).to_have_value("نعم")
    page.get_by_role("button", name=say("Send").to("ar"), exact=True).click()
    page.get_by_role("button", name=say("My question is answered").to("ar")).click()
    expect(page.get_by_text(say("You closed this conversation.").to("ar"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ar")


def _looked(page: Page) -> Page:
    """The page after one more press on "Check for replies"."""
    page.get_by_role("link", name=say("Check for replies").to("ar")).click()
    return page


def test_arabic_stands_mirrored_and_what_is_not_arabic_apart(house, new_visitor):
    page = begins(house, new_visitor, "ar")
    right, left = page.locator(".brand").bounding_box(), page.locator(".languages summary").bounding_box()
    assert right["x"] > left["x"], "the clinic's name stands where reading begins"
    assert page.locator(".entry .words").evaluate("one => getComputedStyle(one).direction") == "rtl"
    for part in ("h1 .reference", ".call bdi", ".brand bdi"):
        styles = page.locator(part).evaluate("one => [getComputedStyle(one).direction, getComputedStyle(one).unicodeBidi]")
        assert styles == ["ltr", "isolate"], part
    page.goto(f"{house.url}/contact/{ELM}?lang=ar")
    tick, words = (page.locator(f".choices .tick >> nth=0 >> {part}").bounding_box() for part in ("input", "span >> nth=0"))
    assert tick["x"] > words["x"] + words["width"] - 1


def test_on_paper_the_conversation_stands_without_controls(house, new_visitor, tmp_path):
    page = begins(house, new_visitor, "de", java_script_enabled=False)
    reference = page.locator("h1 .reference").inner_text()
    page.emulate_media(media="print")
    for there in ("h1 .reference", ".brand", ".call", ".entry .words", ".entry time", ".emergency"):
        expect(page.locator(there).first).to_be_visible()
    for gone in ("button", "textarea", "input:not([type=hidden])", ".languages", ".forget", "a.button"):
        assert [one.inner_text() for one in page.locator(gone).all() if one.is_visible()] == [], gone
    assert reference in page.locator("main").inner_text()
    assert page.pdf().startswith(b"%PDF") and page.screenshot(path=tmp_path / "paper.png")


def test_without_a_style_sheet_everything_is_there_and_in_order(house, new_visitor):
    visitor = new_visitor(same_site=True, java_script_enabled=False)
    visitor.page.route("**/*.css*", lambda route: route.abort())
    page = visitor.page
    page.goto(f"{house.url}/contact/{ELM}?lang=en")
    parts = (".emergency", "h1", "fieldset", "#f-text", "#f-consent", "button.main")
    order = [page.locator(part).first.bounding_box()["y"] for part in parts]
    assert order == sorted(order)
    fill(page, "en")
    page.get_by_role("button", name="My question is answered").click()
    expect(page.get_by_text("You closed this conversation.")).to_be_visible()


def test_axe_finds_nothing(house, new_visitor):
    language = "ar"
    page = new_visitor(same_site=True).page
    page.goto(f"{house.url}/contact/{ELM}?lang={language}")
    page.locator(".languages summary").click()
    assert_accessible("the form with its menu", page)
    fill(page, language, "leo@")
    page.get_by_role("alert").wait_for()
    assert_accessible("the form with an error", page)
    fill(page, language)
    page.locator(".entry .words").wait_for()
    assert_accessible("the conversation", page)
    page.get_by_role("button", name=say("My question is answered").to(language)).click()
    page.get_by_text(say("You closed this conversation.").to(language)).wait_for()
    assert_accessible("the conversation, closed", page)
    page.goto(f"{house.url}/contact/nobody?lang={language}")
    assert_accessible("a problem", page)
