"""What becomes of a message, as its visitor sees it: opened by whom, and when; answered, and the conversation closed by her."""

import re

from playwright.sync_api import expect

HALIFAX = {"timezone_id": "America/Halifax"}  # where the clinic is
MARK = "article.mine .when span"
WEEKDAY = "new Intl.DateTimeFormat('en', {weekday: 'short', timeZone: 'America/Halifax'}).format()"


def test_who_opened_a_message_stands_under_it_at_once_by_title_and_on_the_clinics_clock(new_visitor, staff):
    visitor = new_visitor(**HALIFAX).begins("Is the flu jab free?")
    mark = visitor.inside.locator(MARK)
    expect(mark).to_have_text(" · Sent")
    staff.opens(visitor.reference)
    today = visitor.page.evaluate(WEEKDAY)
    expect(mark).to_have_text(re.compile(rf"^ · Opened by a nurse, {today},? \d+:\d\d.(AM|PM)$"))
    assert "Ana" not in visitor.inside.locator("body").inner_text()
    assert "Times are" not in visitor.inside.locator("body").inner_text()  # her clock shows the same
    visitor.page.reload()
    visitor.opens_the_widget()
    expect(mark).to_contain_text("Opened by a nurse")


def test_where_the_visitors_clock_shows_another_time_the_clinics_zone_is_named(new_visitor):
    visitor = new_visitor(timezone_id="Asia/Tokyo").begins("Good morning.")
    expect(visitor.inside.get_by_text(re.compile(r"^Times are the clinic's: Atlantic \w+ Time$"))).to_be_visible()
    shown = visitor.inside.locator("time").inner_text()
    there = "new Intl.DateTimeFormat('en', {timeStyle: 'short', timeZone: 'America/Halifax'}).format(new Date(%r))"
    assert shown == visitor.page.evaluate(there % visitor.inside.locator("time").get_attribute("datetime"))


def test_the_visitor_closes_what_is_answered_and_writing_opens_it_again(visitor, staff):
    visitor.begins("Is the flu jab free?")
    answered = visitor.inside.get_by_role("button", name="My question is answered")
    expect(answered).to_be_hidden()  # nobody has answered
    staff.opens(visitor.reference).replies("Yes.")
    answered.press("Enter")
    visitor.hears_that("The conversation was closed.")
    expect(answered).to_be_hidden()
    expect(visitor.inside.locator(".log")).to_be_focused()
    expect(staff.page.locator(".facts")).to_contain_text("Closed")
    visitor.says("One more thing.")
    expect(answered).to_be_visible()
    assert visitor.trouble == []


def test_why_a_conversation_cannot_be_closed_is_said(visitor, staff):
    visitor.begins("Is the flu jab free?")
    staff.opens(visitor.reference).replies("Yes.")
    answered = visitor.inside.get_by_role("button", name="My question is answered")
    expect(answered).to_be_visible()
    visitor.context.set_offline(True)
    answered.click()
    expect(visitor.inside.get_by_text("There is no connection. Please try again.")).to_be_visible()
    visitor.context.set_offline(False)
    answered.click()
    visitor.hears_that("The conversation was closed.")
    expect(visitor.inside.get_by_text("There is no connection.")).to_have_count(0)


def test_who_opened_a_message_is_learnt_without_streams_too(visitor, staff):
    visitor.context.route(re.compile(r"/v1/conversation/events$"), lambda route: route.abort())
    visitor.begins("Is the flu jab free?")
    staff.opens(visitor.reference)
    expect(visitor.inside.locator(MARK)).to_contain_text("Opened by a nurse")
