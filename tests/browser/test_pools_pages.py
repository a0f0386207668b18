"""Pools by keyboard alone: one is made, filled, given a topic, and a conversation goes there; accessible, on a small screen."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.house import QUIET
from tests.browser.test_contact_page import fill
from tests.browser.test_people_pages import button, goes, types


@pytest.fixture
def rue(house, new_staff):
    """An owner who answers too, has confirmed a moment ago, and has a small screen; in the clinic where nothing else happens."""
    house.hires("Rue Ito", roles=("owner", "staff"), slug=QUIET)
    return new_staff("Rue Ito", QUIET, viewport={"width": 320, "height": 640})


def looks_right(what: str, page) -> None:
    assert_accessible(what, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, what


def test_a_pool_is_made_and_a_conversation_sent_there_by_keyboard(house, rue, new_visitor):
    page = rue.page
    page.goto(f"{rue.clinic}pools/")
    looks_right("no pools yet", page)
    types(rue, "What people call it", "Billing")
    goes(rue, button(rue, "Add the pool"))
    expect(page.get_by_role("status").filter(has_text="Added.")).to_be_visible()
    topic = page.get_by_role("combobox", name="Billing", exact=True)
    rue.tabs_to(topic)
    rue.presses("b")  # the whole word, typed on a slow machine, would end at "No pool"
    expect(topic.locator("option:checked")).to_have_text("Billing")
    goes(rue, button(rue, "Save topics"))
    expect(page.get_by_text("Nobody reads here")).to_be_visible()
    looks_right("a pool without people", page)
    goes(rue, page.get_by_role("checkbox", name=re.compile("Ana Ruiz")), "Space")
    goes(rue, button(rue, "Save people of Billing"))
    expect(page.get_by_text("Nobody reads here")).to_have_count(0)
    page.goto(f"{rue.clinic}overview")
    expect(page.get_by_role("row", name=re.compile("^Billing"))).to_be_visible()
    looks_right("the overview", page)
    leo = new_visitor(same_site=True).page
    leo.goto(f"{house.url}/contact/{QUIET}?lang=en")
    fill(leo, "en")
    expect(leo.get_by_text("We have your message.")).to_be_visible()
    rue.opens(leo.locator("h1 .reference").inner_text())
    goes(rue, page.get_by_role("link", name="Another pool…"))
    expect(page.get_by_role("heading", name=re.compile("Send to another pool"))).to_be_visible()
    looks_right("where it is sent on", page)
    rue.tabs_to(page.get_by_label("Pool", exact=True))
    rue.presses("b")
    types(rue, "Why", "This is about a bill.")
    looks_right("where it is sent on, filled in", page)
    goes(rue, button(rue, "Send it there"))
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()
    page.goto(f"{rue.clinic}pools/")
    expect(page.get_by_text("1 person works here: Ana Ruiz.")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)  # with forty people in twenty pools the page would have no end
    rue.tabs_to(page.locator("summary", has_text="Choose people of Billing"))
    rue.presses("Enter")
    expect(page.get_by_role("checkbox", name=re.compile("Ana Ruiz"))).to_be_checked()
    types(rue, "What people call it", "Kinder- und Jugendgesundheitsdienst Außenstelle Nordwest III")
    goes(rue, button(rue, "Add the pool"))
    expect(page.get_by_role("status").filter(has_text="Added.")).to_be_visible()
    looks_right("a pool with a long name", page)
    assert not rue.trouble
