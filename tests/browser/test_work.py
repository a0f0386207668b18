"""What plugins bring to staff, in a browser: an automatic answer and a to-do come by themselves, tools are used; all readable."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.house import House
from tests.browser.looks import assert_nothing_is_cut_off
from tests.browser.plugged import plugged

SMALL = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, nothing_survives: None) -> Iterator[House]:
    """A house of its own, with the plugin of visits.py."""
    with plugged(tmp_path_factory.mktemp("plugged"), "visits", "tests.http.visits") as made:
        yield made


def test_the_whole_work_with_plugins(house, visitor, new_staff):
    ana = new_staff().opens_inbox()
    page, to_dos = ana.page, ana.page.locator(".waits li")
    expect(page.locator("#live")).to_have_text("Live")
    visitor.begins("I lie awake at night.", contact="leo@example.org")
    visitor.sees("We are closed until eight.")
    row = ana.rows.filter(has_text=visitor.reference)
    expect(row).to_contain_text("Urgent to-do")
    expect(page.locator("#announce")).to_contain_text("There is something new to do.")
    ana.opens_inbox("todo").rows.filter(has_text=visitor.reference).get_by_role("link").click()
    expect(page.locator(".entry.plugin")).to_contain_text("Automatic message")
    ana.sees("We are closed until eight.")
    expect(to_dos).to_contain_text(["Phone them in the morning."])
    assert_accessible("an automatic message and a to-do", page)

    tool = page.locator("#tool-visits-offer")
    tool.locator("summary").click()
    tool.get_by_label("Your message").fill("1\n2\n3\n4\n5\n6")
    tool.get_by_label("Day").fill("2026-12-01")
    visitor.says("And I am tired.")
    ana.sees("And I am tired.")
    expect(tool.get_by_label("Day")).to_have_value("2026-12-01")
    tool.get_by_role("button", name="Suggest moments").click()
    expect(tool.get_by_role("alert")).to_have_text("At most five times, please.")
    assert_accessible("a tool with what is wrong", page)
    tool.get_by_label("Your message").fill("Monday, 9:00\nTuesday, 10:30")
    tool.get_by_role("button", name="Suggest moments").click()
    expect(tool.locator("form")).to_be_hidden()
    expect(tool.get_by_label("Day")).to_have_value("")
    visitor.inside.get_by_role("button", name="Tuesday, 10:30").click()
    expect(page.locator(".choice li", has_text="Tuesday, 10:30")).to_contain_text("Chosen")
    expect(page.locator(".panel")).to_contain_text("2 times offered")

    page.get_by_role("button", name="Have them phoned").click()
    expect(to_dos).to_have_count(3)
    to_dos.filter(has_text="Phone the visitor today.").get_by_role("button").click()
    expect(to_dos).to_have_count(2)
    page.set_viewport_size(SMALL)
    assert_nothing_is_cut_off(page, "to-dos, tools and boxes on a phone")
    assert [said for said in ana.trouble if "422" not in said] == [], "the six times were refused"


def test_the_owners_page_of_plugins(house, visitor, new_staff):
    visitor.begins("Good morning.", contact="leo@example.org")
    ana, maren = new_staff().opens(visitor.reference), new_staff("Maren Whitlock")
    ana.page.get_by_role("button", name="Write to everybody").click()
    expect(ana.page.locator("#announce")).to_have_text("Done.")
    with house.opened() as desk:
        desk.database.write(lambda tx: tx.everywhere.run(
            "UPDATE outbox SET gave_up_at = 1, lease_by = NULL, fault = 'mail: 550' WHERE hook = 'mail' AND done_at IS NULL"))
    ana.page.reload()
    expect(ana.page.locator(".waits li")).to_contain_text(["Email to the visitor"])
    assert_accessible("what was not delivered", ana.page)
    ana.page.get_by_role("button", name="Try again").click()
    expect(ana.page.locator(".waits li")).to_have_count(0)

    page = maren.page
    page.goto(f"{maren.clinic}clinic")
    page.get_by_role("link", name="Open plugins").click()
    page.get_by_label("Minutes").fill("soon")
    page.get_by_label("Rooms").fill("Room 7")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="It must be a whole number.").click()
    expect(page.get_by_label("Minutes")).to_be_focused()
    page.locator("summary", has_text="Personal data").click()
    page.locator("summary", has_text="Set by whoever runs the service").click()
    for size in (None, SMALL):
        if size:
            page.set_viewport_size(size)
        assert_accessible("the owner's page of plugins with what is wrong", page)
        assert_nothing_is_cut_off(page, "the owner's page of plugins")
    page.get_by_label("Minutes").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="It counts from now on.")).to_be_visible()
    expect(page.get_by_label("Rooms")).to_have_value("Room 7")
