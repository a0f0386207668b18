"""Check 46: a visitor's tabs share one stream; when the tab that holds it is closed, another goes on at once."""

import time

import pytest

from tests.browser.people import Visitor
from tests.service import at_most

SECONDS_TO_TAKE_OVER = 2


@pytest.fixture
def three_tabs(new_visitor):
    """The same conversation open in three tabs of one browser."""
    first = new_visitor(same_site=True).begins("Good morning.")
    tabs = [first]
    for _ in range(2):
        tab = object.__new__(Visitor)
        tab.__dict__.update(first.__dict__, page=first.context.new_page())
        tab.inside = tab.page.frame_locator("secure-message iframe")
        tab.visits().opens_the_widget().sees("Good morning.")
        tabs.append(tab)
    return tabs


def test_46_three_tabs_hold_one_stream_and_all_get_the_message(three_tabs, staff):
    staff.opens(three_tabs[0].reference).replies("Good morning to you.")
    for tab in three_tabs:
        tab.sees("Good morning to you.")
        assert tab.reads() == ["Good morning.", "Good morning to you."]
    assert len(three_tabs[0].asked("GET", "/events")) == 1

    three_tabs[2].says("From the third tab.")
    for reader in (three_tabs[1], staff):
        reader.sees("From the third tab.")
    three_tabs[0].page.close()
    closed = time.monotonic()
    while len(three_tabs[1].asked("GET", "/events")) == 1:
        three_tabs[1].page.wait_for_event("request")
    assert time.monotonic() - closed < at_most(SECONDS_TO_TAKE_OVER)
    staff.replies("Are you still there?")
    for tab in three_tabs[1:]:
        tab.sees("Are you still there?")
        assert tab.reads() == ["Good morning.", "Good morning to you.", "From the third tab.", "Are you still there?"]
    assert len(three_tabs[1].asked("GET", "/events")) == 2
