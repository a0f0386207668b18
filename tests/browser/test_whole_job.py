"""The visitor's whole job with the keyboard alone, from the clinic's page and back to it; what has the focus is always seen."""

from playwright.sync_api import expect

from tests.browser.looks import focused, shown


def goes_to(visitor, target, key="Tab"):
    """Tabs on; whatever has the focus on the way is in sight, not covered, and shows it."""
    for _ in range(40):
        if target.evaluate("element => element.getRootNode().activeElement === element && document.hasFocus()"):
            return
        visitor.presses(key)
        if found := focused(visitor.page):
            shown(found)
    raise AssertionError(f"no {key} leads to {target}")


def test_everything_a_visitor_does_with_the_keyboard_alone(visitor, staff):
    page, inside = visitor.visits().page, visitor.inside
    expect(visitor.launcher).to_be_visible()
    goes_to(visitor, visitor.launcher)
    visitor.presses("Enter")
    expect(visitor.box).to_be_focused()
    page.keyboard.type("Is the flu jab free?")
    goes_to(visitor, visitor.button)
    visitor.presses("Enter")
    expect(inside.get_by_label("What is it about?")).to_be_focused()  # the first thing that is missing
    page.keyboard.type("S")
    goes_to(visitor, inside.get_by_role("radio", name="Me", exact=True))
    visitor.presses("Space")
    goes_to(visitor, inside.get_by_label("Your name"))
    page.keyboard.type("Leo Marsh")
    goes_to(visitor, inside.get_by_label("I have read this and agree"))
    visitor.presses("Space")
    goes_to(visitor, visitor.box)
    visitor.presses("Control+Enter")
    visitor.sees("Is the flu jab free?")
    expect(visitor.box).to_be_focused()
    staff.opens(visitor.reference).replies("Yes. See https://example.org/flu.")
    answer = inside.get_by_role("link", name="https://example.org/flu")
    expect(answer).to_be_visible()
    goes_to(visitor, answer, "Shift+Tab")
    goes_to(visitor, visitor.box)
    page.keyboard.type("Thank you.")
    visitor.presses("Control+Enter")
    visitor.sees("Thank you.")

    goes_to(visitor, page.locator("#after"))
    goes_to(visitor, visitor.box, "Shift+Tab")
    goes_to(visitor, inside.locator("summary", has_text="Options"), "Shift+Tab")
    visitor.presses("Enter")
    goes_to(visitor, inside.locator(".menu").get_by_role("button", name="End and forget"))
    visitor.presses("Enter")
    expect(inside.get_by_role("dialog")).to_be_visible()
    goes_to(visitor, inside.get_by_role("button", name="End and forget", exact=True))
    visitor.presses("Enter")
    expect(inside.get_by_role("button", name="Write a new message")).to_be_focused()
    visitor.presses("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    goes_to(visitor, page.locator("#after"))
    assert not visitor.trouble
