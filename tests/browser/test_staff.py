"""Staff at work: the inbox is live, everything can be done without a mouse, and no reply is lost or sent twice."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.house import QUIET
from tests.browser.people import Staff, code

PASSWORD = "a cup of tea at four"


@pytest.fixture
def at_work(visitor, staff):
    """Ana with the conversation open that the visitor has just begun."""
    visitor.begins("Is the flu jab free?", name="Leo Marsh", contact="leo@example.org")
    return staff.opens(visitor.reference)


def test_the_inbox_shows_what_happens_while_it_happens(new_visitor, new_staff):
    ana, tomas, leo, mia = new_staff().opens_inbox(), new_staff("Tomas Berg"), new_visitor(), new_visitor()
    expect(ana.page.locator("#live")).to_have_text("Live")
    for visitor in (leo, mia):
        visitor.begins("Is the flu jab free?")
        expect(ana.rows.filter(has_text=visitor.reference)).to_be_visible()
    row = ana.rows.filter(has_text=mia.reference)
    mia.says("Hello?")
    expect(row.locator(".count")).to_contain_text("2")
    assert re.match(r"\(\d+\) Inbox", ana.page.title())

    tomas.opens(mia.reference).does("Mark urgent")
    expect(ana.rows.first).to_contain_text(mia.reference)
    expect(ana.rows.first).to_contain_text("Urgent")
    tomas.does("Claim")
    expect(row).to_contain_text("Tomas Berg")
    tomas.replies("Come in at once.")
    expect(row).to_contain_text("Answered")
    tomas.closes("Answered")
    expect(row).to_have_count(0)


def test_the_whole_work_without_a_mouse(house, visitor, new_person):
    visitor.begins("Is the flu jab free?", name="Leo Marsh", contact="leo@example.org")
    link = house.service.command("staff", "add", "elm", "--name", "Ida Holt", "--email", "ida@elm.example", "--title", "Nurse")
    ida = Staff(house.arrives(new_person()), f"{house.url}/staff/elm/")
    secret, page = ida.enrols(re.search(r"http\S+/start#\S+", link)[0], PASSWORD), ida.page
    page.context.clear_cookies()
    page.goto(f"{ida.clinic}sign-in")
    expect(page.locator("#f-email")).to_be_focused()
    for words in ("ida@elm.example", PASSWORD, code(secret, later_seconds=30)):
        page.keyboard.type(words)
        ida.presses("Tab")
    ida.presses("Enter")
    ida.tabs_to(ida.rows.filter(has_text=visitor.reference).get_by_role("link"))
    ida.presses("Enter")

    ida.tabs_to(page.locator("#f-reply"))
    page.keyboard.type("Yes, on Tuesdays.")
    ida.presses("Control+Enter")
    ida.tabs_to(page.get_by_role("button", name="Send now"), "Shift+Tab")
    ida.presses("Enter")
    visitor.sees("Yes, on Tuesdays.")
    ida.tabs_to(page.locator("#noting > summary"))
    ida.presses("Enter", "Tab")
    page.keyboard.type("Ask about the egg allergy.")
    ida.presses("Control+Enter")
    ida.sees("Ask about the egg allergy.")
    ida.tabs_to(page.get_by_role("button", name="Claim"), "Shift+Tab")
    ida.presses("Enter")
    visitor.hears_that("Ida Holt, Nurse")
    ida.tabs_to(page.locator("#close > summary"))
    ida.presses("Enter", "Tab")
    ida.presses("ArrowDown")  # typing a word would choose another reason on a slow machine
    expect(page.locator("#f-reason")).to_have_value("answered")
    ida.presses("Tab", "Enter")
    visitor.hears_that("closed")
    expect(page.locator(".facts")).to_contain_text("Closed: Answered")
    assert ida.reads() == ["Is the flu jab free?", "Yes, on Tuesdays.", "Ask about the egg allergy."]
    ida.tabs_to(page.get_by_role("button", name="Reopen"), "Shift+Tab")
    ida.presses("Enter")
    visitor.hears_that("open again")
    ida.tabs_to(page.get_by_role("button", name="Sign out"), "Shift+Tab")
    ida.presses("Enter")
    expect(page.get_by_role("status").filter(has_text="You have been signed out.")).to_be_visible()


def test_a_reply_whose_answer_was_lost_is_sent_once(house, visitor, at_work):
    at_work.page.locator("#f-reply").fill("Yes.")
    send = at_work.page.get_by_role("button", name="Send reply")
    path = at_work.page.url.removeprefix(house.url).partition("#")[0]
    with house.wire.without_the_answer_to(f"POST {path}/reply".encode()):
        send.click()
        expect(at_work.page.get_by_role("alert")).to_contain_text("It is not known whether this was sent")
    expect(at_work.page.locator("#f-reply")).to_have_value("Yes.")
    send.click()
    expect(at_work.page.locator("#f-reply")).to_have_value("")
    at_work.does("Send now")
    at_work.sees("Yes.")
    visitor.sees("Yes.")
    assert at_work.reads() == visitor.reads() == ["Is the flu jab free?", "Yes."]


def test_a_begun_reply_survives_a_reload_and_being_offline(visitor, at_work):
    box = at_work.page.locator("#f-reply")
    box.fill("Half a sentence")
    at_work.page.reload()
    expect(box).to_have_value("Half a sentence")
    at_work.context.set_offline(True)
    expect(at_work.page.locator("#connection")).to_contain_text("You are offline")
    at_work.page.get_by_role("button", name="Send reply").click()
    expect(at_work.page.get_by_role("alert")).to_contain_text("you are offline")
    at_work.context.set_offline(False)
    expect(at_work.page.locator("#live")).to_have_text("Live")
    at_work.replies("A whole sentence")
    visitor.sees("A whole sentence")


def test_who_answers_without_having_seen_the_newest_message_is_told(visitor, at_work):
    at_work.context.route(re.compile(r"/events|/conversations/[^/]+$"), lambda route: route.abort())
    visitor.says("I am allergic to eggs.")
    at_work.page.locator("#f-reply").fill("Just come in.")
    at_work.page.get_by_role("button", name="Send reply").click()
    expect(at_work.page.locator("#f-reply-wrong")).to_contain_text("has written again")
    at_work.sees("I am allergic to eggs.")
    expect(at_work.page.locator("#f-reply")).to_have_value("Just come in.")
    at_work.replies("Just come in.")
    visitor.sees("Just come in.")


def test_signing_out_in_one_tab_empties_the_other(new_staff):
    ana = new_staff("Tomas Berg", QUIET).opens_inbox()
    expect(ana.page.locator("#live")).to_have_text("Live")
    other = ana.context.new_page()
    other.goto(ana.clinic)
    other.get_by_role("button", name="Sign out").click()
    expect(ana.page.get_by_role("heading", name="Sign in")).to_be_visible()
