"""Check 26 and the same for every page: axe-core finds nothing in any state, in light and in dark."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.house import QUIET
from tests.browser.people import Staff, code

MESSAGES = re.compile(r"/v1/conversation/messages$")


def test_axe_sees_a_fault(visitor):
    page = visitor.visits("/without").page
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible("a nameless button", page)


def test_the_launcher_closed_and_open(visitor):
    visitor.visits()
    expect(visitor.launcher).to_be_visible()
    assert_accessible("the clinic's page with the launcher closed", visitor.page)
    visitor.opens_the_widget()
    assert_accessible("the clinic's page with the panel open", visitor.page)


def test_the_frame_before_a_conversation(visitor):
    frame = visitor.visits().opens_the_widget().page.frames[1]
    assert_accessible("the frame, empty", visitor.page, frame)
    visitor.button.click()
    expect(visitor.box).to_have_attribute("aria-invalid", "true")
    assert_accessible("the frame with errors", visitor.page, frame)


def test_the_frame_during_a_conversation(visitor, staff):
    visitor.begins("Is the flu jab free?")
    page, frame = visitor.page, visitor.page.frames[1]
    staff.opens(visitor.reference).does("Claim")
    staff.replies("Yes. See https://example.org/flu.")
    visitor.sees("Is the flu jab free?")
    visitor.inside.get_by_role("link", name="https://example.org/flu").wait_for()
    assert_accessible("a conversation", page, frame)
    visitor.inside.locator("summary", has_text="Options").click()
    assert_accessible("a conversation with its menu", page, frame)
    visitor.presses("Escape")

    held = []
    visitor.context.route(MESSAGES, lambda route: held.append(route) if route.request.method == "POST" else route.fallback())
    with page.expect_request(lambda request: request.method == "POST" and bool(MESSAGES.search(request.url))):
        visitor.sends("Thank you.")
    expect(visitor.state).to_have_text("Sending…")
    assert_accessible("sending", page, frame)
    held[0].fulfill(status=422, content_type="application/problem+json", body='{"detail": "This cannot be sent."}')
    expect(visitor.alert).to_contain_text("Not sent")
    assert_accessible("failed", page, frame)

    visitor.context.unroute_all()
    visitor.context.set_offline(True)
    visitor.button.click()
    expect(visitor.state).to_contain_text("Waiting")
    assert_accessible("offline", page, frame)
    visitor.context.set_offline(False)
    visitor.sees("Thank you.")
    staff.sees("Thank you.")  # who has not seen the newest message cannot close
    staff.closes("Answered")
    visitor.hears_that("closed")
    assert_accessible("closed", page, frame)
    visitor.chooses("End and forget")
    assert_accessible("asked whether to end it", page, frame)
    visitor.inside.get_by_role("button", name="End and forget", exact=True).click()
    visitor.inside.get_by_role("button", name="Write a new message").wait_for()
    assert_accessible("ended", page, frame)


def test_the_full_window_and_the_page_without_script(house, new_visitor):
    visitor = new_visitor(same_site=True).begins("Is the flu jab free?")
    page = visitor.page
    page.goto(f"{house.url}/frame/elm?window=1")
    page.locator(".log").get_by_text("Is the flu jab free?").wait_for()
    assert_accessible("the full window", page)
    page.goto(f"{house.url}/contact/elm/conversation")
    assert_accessible("the conversation without script", page)
    page.goto(f"{house.url}/contact/elm")
    assert_accessible("the contact page", page)
    page.evaluate("document.querySelector('form').noValidate = true")
    page.get_by_role("button", name="Send message").click()
    page.get_by_role("alert").wait_for()
    assert_accessible("the contact page with errors", page)
    page.goto(f"{house.url}/contact/elm/conversation")
    for text, what in (("", "with an error"), ("Thank you.", "after sending")):
        page.locator("form:has(textarea)").evaluate("form => { form.noValidate = true }")
        page.locator("textarea").fill(text)
        page.locator("form:has(textarea) button").first.click()
        page.get_by_role("alert" if not text else "status").first.wait_for()
        assert_accessible(f"the conversation without script, {what}", page)
    page.goto(f"{house.url}/contact/nowhere")
    assert_accessible("a page that is not there", page)


def test_the_way_in_for_staff(house, new_person):
    link = house.service.command("staff", "add", QUIET, "--name", "Ola Nord", "--email", "ola@elm.example", "--title", "Billing")
    ola = Staff(house.arrives(new_person()), f"{house.url}/staff/{QUIET}/")
    page = ola.page
    page.goto(f"{ola.clinic}start")
    assert_accessible("the page behind a one-time link", page)
    page.goto(re.search(r"http\S+/start#\S+", link)[0])  # in the same tab: the page is there already, only the secret is new
    page.locator("#key-text").wait_for()
    assert_accessible("enrolling", page)
    secret = ola.enrols_here("a cup of tea at four")
    assert_accessible("recovery codes", page)
    page.get_by_role("link", name="continue").click()
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()
    assert_accessible("an empty inbox", page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert_accessible("signed out", page)
    ola.signs_in("ola@elm.example", "not my password", code(secret, 30))
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible("sign-in with an error", page)


def test_the_reply_page_at_work(visitor, new_staff):
    visitor.begins("Is the flu jab free?", name="Leo Marsh", contact="leo@example.org")
    ana = new_staff()
    ana.opens_inbox().rows.filter(has_text=visitor.reference).wait_for()
    assert_accessible("a full inbox", ana.page)
    ana.opens(visitor.reference).does("Mark urgent")
    ana.page.locator("#reply").evaluate("form => { form.noValidate = true; form.requestSubmit() }")
    ana.page.locator("#f-reply[aria-invalid=true]").wait_for()
    assert_accessible("a conversation's page with an error", ana.page)
    ana.does("Claim")
    ana.opens_inbox("mine").rows.filter(has_text=visitor.reference).wait_for()
    assert_accessible("what one has claimed", ana.page)
    ana.opens(visitor.reference)
    ana.notes("Ask about the egg allergy.")
    tomas = new_staff("Tomas Berg").opens(visitor.reference)
    ana.sends("Yes.")
    tomas.page.locator("#f-reply").fill("No.")
    tomas.page.get_by_role("button", name="Send reply").click()
    tomas.page.locator("#f-reply-wrong").wait_for()
    ana.does("Send now")
    assert_accessible("a colleague who was quicker", tomas.page)
    ana.sends("It is.")
    assert_accessible("a reply that can be taken back", ana.page)
    ana.page.get_by_role("button", name="Keys").click()
    assert_accessible("the keys", ana.page)
    ana.presses("Escape")
    expect(ana.page.locator("#undo")).to_have_count(0, timeout=20_000)  # it goes out by itself
    ana.sees("Yes.")
    ana.page.locator("#audit summary").click()
    ana.page.locator("#close summary").click()
    assert_accessible("a conversation's page", ana.page)
    ana.page.locator("#close summary").press("Escape")
    ana.closes("Answered")
    assert_accessible("a closed conversation's page", ana.page)
    ana.opens_inbox("closed").rows.first.wait_for()
    assert_accessible("closed conversations", ana.page)
    ana.page.get_by_role("link", name="Ana Ruiz").click()
    expect(ana.page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    assert_accessible("where one is signed in", ana.page)


def test_the_owners_page(new_staff):
    maren = new_staff("Maren Whitlock")
    page = maren.page
    page.goto(f"{maren.clinic}clinic")
    assert_accessible("the owner's page", page)
    page.get_by_label("Number to call").fill("nine one one")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    assert_accessible("the owner's page with an error", page)
