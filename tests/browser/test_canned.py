"""Ready replies and search with the keyboard alone: found by typing, put in filled, and nothing half filled in goes out."""

import pytest
from playwright.sync_api import expect

from securemsg.desk.access import Who
from securemsg.desk.canned import templates
from securemsg.desk.canned.templates import Template
from securemsg.desk.clinics import clinic
from securemsg.times import now
from tests.browser.axe import assert_accessible
from tests.browser.house import ELM
from tests.http.people import new_key

READY = (("Opening hours", "en", "Dear {visitor}, we open on {date}. {me}"), ("Öffnungszeiten", "de", "Guten Tag {visitor}"),
         ("Call us", "en", "Please call us, your reference is {reference}."))


@pytest.fixture(scope="module")
def ready(house) -> None:
    with house.opened() as desk:
        for label, language, text in READY:
            who = Who("service", clinic(desk, ELM).id)
            templates.save(desk, who, Template("", label, language, text), new_key(), now())


@pytest.fixture
def at_work(ready, visitor, staff):
    visitor.begins("Is the flu jab free?", name="Zoë Zebra", contact="zoe@example.org")
    return staff.opens(visitor.reference)


def test_what_was_not_sent_is_said_beside_the_button_that_sends(at_work):
    at_work.page.locator("#f-reply").fill("Yes.")
    at_work.context.set_offline(True)
    expect(at_work.page.locator("#live")).to_have_text("Offline")  # what says so moves the page, and with it the button
    at_work.page.get_by_role("button", name="Send reply").click()
    expect(at_work.page.get_by_role("alert")).to_contain_text("you are offline")
    at_work.context.set_offline(False)


def test_a_press_counts_although_the_page_brings_the_button_anew_under_it(at_work):
    """And counts for that one alone: the button of the ready replies stands in the same form."""
    page, send = at_work.page, at_work.page.get_by_role("button", name="Send reply")
    page.locator("#f-reply").fill("Yes, it is.")
    expect(page.get_by_role("button", name="Ready reply")).to_be_visible()
    send.hover()
    page.mouse.down()
    send.evaluate("button => button.replaceWith(button.cloneNode(true))")
    page.mouse.up()
    expect(page.locator("#undo")).to_be_visible()
    assert len([request for request in at_work.requests if request.method == "POST" and "/reply" in request.url]) == 1


def test_a_slash_finds_one_by_typing_and_an_empty_place_is_filled_in_before_it_goes_out(at_work, visitor):
    page, box = at_work.page, at_work.page.locator("#f-reply")
    box.click()
    page.keyboard.type("1/2 dose. /")
    options = page.locator("#picker [role=option]")
    expect(options).to_have_count(3)
    expect(page.get_by_role("combobox", name="Ready reply")).to_be_focused()
    assert_accessible("the list of ready replies", page)
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("offnung")
    expect(options).to_have_count(1)
    at_work.presses("Escape")
    expect(box).to_be_focused()
    expect(box).to_have_value("1/2 dose. /")
    at_work.presses("Backspace", "/")
    page.keyboard.type("open")
    expect(options).to_have_count(1)
    at_work.presses("Enter")
    expect(box).to_have_value("1/2 dose. Dear Zoë Zebra, we open on {date}. Ana Ruiz")
    expect(page.locator("#canned-missing")).to_have_text("Fill in {date} before you send, or take it out.")
    at_work.presses("Control+Enter")
    expect(box).to_be_focused()
    page.wait_for_function("getSelection().toString() === '{date}'")  # what is left to do is marked: typing replaces it
    page.keyboard.type("Monday")
    expect(page.locator("#canned-missing")).to_have_text("")
    at_work.presses("Control+Enter")
    at_work.does("Send now")
    visitor.sees("1/2 dose. Dear Zoë Zebra, we open on Monday. Ana Ruiz")


def test_arrows_choose_and_a_click_does_too(at_work):
    page, box, options = at_work.page, at_work.page.locator("#f-reply"), at_work.page.locator("#picker [role=option]")
    box.press("/")
    expect(options).to_have_count(3)
    at_work.presses("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp")
    chosen = page.locator(f"#{page.locator('#f-canned').get_attribute('aria-activedescendant')}")
    expect(chosen).to_have_attribute("aria-selected", "true")
    assert chosen.inner_text() == options.nth(1).inner_text()
    options.filter(has_text="Call us").click()
    expect(box).to_have_value(f"Please call us, your reference is {page.locator('h1 .reference').inner_text()}.")
    expect(box).to_be_focused()


def test_s_searches_and_what_is_found_opens(at_work, visitor):
    page = at_work.page
    at_work.replies("The zebra crossing is closed.")
    page.locator("#main").focus()
    at_work.presses("s")
    expect(page.locator("#f-q")).to_be_focused()
    page.keyboard.type("ZEBRA")
    at_work.presses("Enter")
    result = page.locator(".result").filter(has_text=visitor.reference)
    expect(result.locator("mark")).to_have_text(["Zebra", "zebra"])
    assert_accessible("what was found", page)
    result.get_by_role("link", name="crossing").click()
    expect(page.locator("h1 .reference")).to_have_text(visitor.reference)
    expect(page.locator(".entry:target")).to_contain_text("The zebra crossing is closed.")


def test_the_owners_pages_are_accessible_and_a_ready_reply_is_written(ready, new_staff):
    maren = new_staff("Maren Whitlock")
    page = maren.page
    page.goto(f"{maren.clinic}templates/")
    assert_accessible("the list of the owner", page)
    page.get_by_role("link", name="Write one").click()
    page.get_by_label("Name in the list").fill("Parking")
    page.get_by_label("Text").fill("Behind the house.")
    assert_accessible("a new ready reply", page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".result").filter(has_text="Parking")).to_contain_text("Behind the house.")
    page.get_by_role("button", name="Remove Parking").click()
    expect(page.locator(".result").filter(has_text="Parking")).to_have_count(0)
