"""Checks 1 to 5 and 14: whatever happens to the script, the link is a link; and one script makes one launcher."""

import pytest
from playwright.sync_api import expect

from tests.service import until


@pytest.fixture
def page_visitor(new_visitor):
    """Somebody whose browser runs no script."""
    return new_visitor(java_script_enabled=False)


def test_1_without_script_the_link_leads_to_a_page_that_does_the_same_job(house, page_visitor, staff):
    page = page_visitor.visits().page
    page.get_by_role("link", name="Send us a message").click()
    page.get_by_role("radio", name="Something else").check()
    page.get_by_role("radio", name="Me", exact=True).check()
    page.get_by_label("Your message").fill("I have no script.")
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_text("We have your message.")).to_be_visible()
    staff.opens(page.locator("h1 .reference").inner_text()).replies("You need none.")
    page.get_by_role("link", name="Check for replies").click()
    expect(page.get_by_text("You need none.")).to_be_visible()


def test_2_when_the_loader_is_blocked_the_link_still_works(house, visitor):
    visitor.page.route("**/widget.js", lambda route: route.abort())
    visitor.visits().page.get_by_role("link", name="Send us a message").click()
    expect(visitor.page).to_have_url(f"{house.url}/contact/elm")
    expect(visitor.page.get_by_role("button", name="Send message")).to_be_visible()


def test_3_a_click_that_asks_for_a_new_page_opens_the_full_page_and_no_dialog(house, visitor):
    visitor.visits()
    for how in ({"modifiers": ["Control"]}, {"modifiers": ["Shift"]}, {"button": "middle"}):
        with visitor.context.expect_page() as opened:
            visitor.launcher.click(**how)
        expect(opened.value).to_have_url(f"{house.url}/contact/elm")
        expect(visitor.panel).to_be_hidden()
        opened.value.close()


def test_4_the_loader_twice_makes_one_launcher(visitor):
    visitor.visits("/twice").opens_the_widget()
    assert visitor.launcher.count() == visitor.page.locator("secure-message iframe").count() == 1
    assert not visitor.trouble


def test_5_what_was_called_before_the_loader_came_is_done_in_order(visitor):
    visitor.visits("/queue")
    expect(visitor.box).to_be_visible()
    visitor.page.wait_for_function("said.join() === 'ready,opened,closed,opened'")


def test_14_a_site_that_is_not_on_the_clinics_list_gets_no_frame_but_keeps_the_link(house, visitor):
    refused = _refused_frame(visitor, "/stranger")
    expect(visitor.page.locator("secure-message dialog p a")).to_be_visible()  # some seconds later: the way out
    assert refused.is_hidden() and visitor.box.count() == 0
    with visitor.context.expect_page() as opened:
        visitor.panel.get_by_role("link").click()
    expect(opened.value).to_have_url(f"{house.url}/contact/stranger")


def test_14_a_blank_list_refuses_every_site(visitor):
    assert _refused_frame(visitor, "/blank").is_hidden() and visitor.box.count() == 0


def _refused_frame(visitor, path):
    """The frame that the browser refused to fill, after it has said so."""
    visitor.visits(path).launcher.click()
    until(lambda: visitor.page.evaluate("1") and any("frame-ancestors" in trouble for trouble in visitor.trouble))
    return visitor.page.locator("secure-message iframe")


def test_14_an_address_that_is_not_the_loaders_own_stays_a_plain_link(house, visitor):
    visitor.visits("/elsewhere")
    expect(visitor.page.get_by_role("link", name="Send us a message")).to_have_attribute("href", f"{house.url}/contact/elm")
    assert visitor.launcher.count() == 0
    assert any("is not on" in trouble for trouble in visitor.trouble)
