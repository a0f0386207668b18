"""Checks 21 to 24: everything by keyboard, in and out, and the focus goes where a person expects it."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def at_the_launcher(visitor):
    """Somebody without a mouse who has come to the launcher."""
    visitor.visits().page.locator("#search").focus()
    expect(visitor.launcher).to_be_visible()
    visitor.presses("Tab", "Tab")
    return visitor


def test_21_tab_reaches_the_launcher_which_says_what_it_is(at_the_launcher):
    launcher = at_the_launcher.launcher
    expect(launcher).to_be_focused()
    expect(launcher).to_have_accessible_name("Send us a message")
    assert launcher.inner_text() == "Send us a message"
    expect(launcher).to_have_attribute("aria-haspopup", "dialog")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    at_the_launcher.presses("Enter")
    expect(launcher).to_have_attribute("aria-expanded", "true")
    expect(at_the_launcher.panel).to_have_accessible_name("Send us a message")


def test_22_enter_opens_it_with_the_focus_in_the_box(at_the_launcher):
    at_the_launcher.presses("Enter")
    expect(at_the_launcher.box).to_be_focused()
    at_the_launcher.page.keyboard.type("Straight away")
    expect(at_the_launcher.box).to_have_value("Straight away")


def test_23_tab_goes_on_to_the_page_and_comes_back(at_the_launcher):
    at_the_launcher.presses("Enter")
    expect(at_the_launcher.box).to_be_focused()
    at_the_launcher.presses("Tab")
    expect(at_the_launcher.button).to_be_focused()
    at_the_launcher.presses("Tab")
    expect(at_the_launcher.page.locator("#after")).to_be_focused()
    at_the_launcher.presses("Shift+Tab")
    expect(at_the_launcher.button).to_be_focused()
    expect(at_the_launcher.panel).to_be_visible()


def test_23_everything_in_the_panel_is_reached(at_the_launcher):
    at_the_launcher.presses("Enter")
    expect(at_the_launcher.box).to_be_focused()
    for name in ("I have read this and agree", "Your name", "What is it about?"):
        at_the_launcher.tabs_to(at_the_launcher.inside.get_by_label(name), "Shift+Tab")
    at_the_launcher.tabs_to(at_the_launcher.panel.get_by_role("button", name="Close"), "Shift+Tab")
    at_the_launcher.presses("Enter")
    expect(at_the_launcher.launcher).to_be_focused()


def test_24_escape_closes_it_and_the_launcher_has_the_focus_again(at_the_launcher):
    for opening in ("Enter", "Enter"):
        at_the_launcher.presses(opening)
        expect(at_the_launcher.box).to_be_focused()
        at_the_launcher.presses("Escape")
        expect(at_the_launcher.panel).to_be_hidden()
        expect(at_the_launcher.launcher).to_be_focused()


def test_24_escape_on_the_launcher_and_on_the_close_button_closes_it_too(visitor):
    visitor.visits()
    for place in (visitor.launcher, visitor.panel.get_by_role("button", name="Close")):
        visitor.opens_the_widget()
        place.press("Escape")
        expect(visitor.panel).to_be_hidden()


def test_24_escape_belongs_to_the_input_method_while_it_composes(visitor):
    visitor.visits().opens_the_widget()
    for key in ("{ key: 'Escape', isComposing: true }", "{ key: 'Escape', keyCode: 229 }"):
        visitor.box.evaluate(f"box => box.dispatchEvent(new KeyboardEvent('keydown', {{ bubbles: true, ...{key} }}))")
    visitor.fills_in().says("よろしく")  # had the panel been closed, nothing could be filled in
    visitor.box.press("Escape")
    expect(visitor.panel).to_be_hidden()


def test_24_escape_closes_the_innermost_thing_first(visitor):
    visitor.begins("Is the flu jab free?")
    visitor.inside.locator("summary", has_text="Options").click()
    visitor.presses("Escape")
    expect(visitor.inside.get_by_text("End and forget on this device").first).to_be_hidden()
    visitor.chooses("End and forget")
    expect(visitor.inside.get_by_role("dialog")).to_be_visible()
    visitor.presses("Escape")
    expect(visitor.inside.get_by_role("dialog")).to_be_hidden()
    expect(visitor.panel).to_be_visible()
    visitor.presses("Escape")
    expect(visitor.panel).to_be_hidden()


LATE = """const { databases } = IDBFactory.prototype;
IDBFactory.prototype.databases = function () {
    const found = databases.call(this);
    return new Promise((go) => { window.answers = () => { go(found); return new Promise((done) => { setTimeout(done) }) } }) };"""


def test_what_the_browser_says_late_of_what_it_keeps_takes_the_focus_from_nobody(visitor):
    visitor.context.add_init_script(LATE)
    visitor.visits().opens_the_widget().box.press_sequentially("Is the flu jab free?")
    name = visitor.inside.get_by_label("Your name")
    visitor.tabs_to(name, "Shift+Tab")
    visitor.page.keyboard.type("Leo ")
    visitor.page.frames[1].evaluate("answers()")
    visitor.page.keyboard.type("Marsh")
    expect(name).to_have_value("Leo Marsh")
    expect(visitor.box).to_have_value("Is the flu jab free?")
