"""The main job, on the demo clinic's website: a visitor writes, staff answer, the power fails, nothing is lost or doubled."""

import re

import pytest
from playwright.sync_api import expect

from securemsg.demo import SLUG
from tests.browser.house import PASSWORD
from tests.browser.people import Staff, Visitor

AFTER_A_RESTART = 45_000  # milliseconds: the pauses between tries grow while the service is away


@pytest.fixture
def demo(make_service, database_url):
    """`securemsg demo`, once on each database; without plugins, or what is said would hang on the time of day."""
    return make_service(database_url, undo_seconds="10", plugins="").start("demo")


def test_a_visitor_writes_and_staff_answer(demo, new_person):
    maren = Staff(new_person(), f"{demo.url}/staff/{SLUG}/")
    maren.enrols(re.search(r"http\S+/start#\S+", demo.output())[0], PASSWORD)
    maren.page.get_by_role("link", name="continue").click()
    expect(maren.page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()

    leo = Visitor(new_person(), demo.site_url)
    leo.begins("Is the flu jab free?", category="Appointment", name="Leo Marsh", contact="leo@example.org")
    expect(maren.rows).to_have_count(1)  # by itself: nobody reloaded the inbox
    maren.rows.get_by_role("link").click()
    maren.sees("Is the flu jab free?")
    expect(maren.page.get_by_role("heading", name="Leo Marsh")).to_be_visible()

    maren.does("Claim")
    leo.hears_that("Maren Whitlock, Doctor")
    maren.replies("Yes, on Tuesdays.")
    leo.sees("Yes, on Tuesdays.")
    leo.says("Thank you.")
    maren.sees("Thank you.")
    maren.notes("Ask about the egg allergy.")

    leo.page.reload()
    leo.opens_the_widget().sees("Thank you.")
    assert leo.reads() == ["Is the flu jab free?", "Yes, on Tuesdays.", "Thank you."]

    demo.kill()
    leo.sends("Are you still there?")
    expect(leo.state).to_contain_text("Waiting")
    expect(leo.box).to_have_value("Are you still there?")
    demo.start("demo")
    expect(leo.bubbles).to_have_count(4, timeout=AFTER_A_RESTART)
    expect(leo.box).to_have_value("")
    expect(maren.words.get_by_text("Are you still there?")).to_be_visible(timeout=AFTER_A_RESTART)
    maren.replies("We are.")
    expect(leo.inside.get_by_text("We are.", exact=True)).to_be_visible(timeout=AFTER_A_RESTART)

    maren.closes("Answered")
    leo.hears_that("closed")
    maren.does("Reopen")
    leo.hears_that("open again")

    said = ["Is the flu jab free?", "Yes, on Tuesdays.", "Thank you.", "Are you still there?", "We are."]
    assert leo.reads() == said
    assert maren.reads() == [*said[:3], "Ask about the egg allergy.", *said[3:]]
    assert "egg allergy" not in leo.inside.locator("body").inner_text()
