"""Checks 25, 53, 54 and 56: a phone's panel, what stands before the first word, consent that is not given, and a website that
changes its page without loading another."""

import re

from playwright.sync_api import expect

from tests.browser.hosts import SCRIPTS
from tests.browser.test_quiet import NOTHING, STORED
from tests.browser.test_readable import PHONE

LEFT = """() => ({ nodes: document.querySelectorAll("secure-message, iframe, dialog").length, name: "SecureMsg" in window,
    heard: [...heard], sheets: document.adoptedStyleSheets.length, others: document.body.children.length })"""


def test_25_on_a_phone_the_page_behind_the_panel_is_out_of_reach(new_visitor):
    visitor = new_visitor(**PHONE).visits()
    visitor.launcher.tap()
    expect(visitor.box).to_be_visible()
    panel = visitor.panel.bounding_box()
    assert (panel["x"], panel["y"], panel["width"], panel["height"]) == (0, 0, 390, 844)
    assert visitor.panel.evaluate("panel => panel.matches(':modal')")
    for _ in range(12):
        visitor.presses("Tab")
        inside = visitor.page.evaluate("document.activeElement === document.body || document.activeElement.localName")
        assert inside in (True, "secure-message"), "the focus went behind the panel"
    visitor.page.evaluate("document.querySelector('#search').focus()")
    assert visitor.page.evaluate("document.activeElement.id") != "search"
    visitor.page.go_back()
    visitor.page.go_forward()
    visitor.visits().launcher.tap()
    visitor.box.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()


def test_53_whom_to_call_in_an_emergency_stands_before_everything_that_can_be_filled_in(house, visitor, new_visitor):
    visitor.visits().opens_the_widget()
    before = """() => { const card = document.querySelector(".emergency"); return card.querySelector("a[href^='tel:']")
        && [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].every(field =>
            card.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING) }"""
    frame = visitor.page.frames[1]
    assert frame.evaluate(before)
    expect(visitor.inside.get_by_text("Chest pain or trouble breathing?")).to_be_in_viewport()
    visitor.fills_in().says("Is the flu jab free?")
    assert frame.evaluate(before)
    expect(visitor.inside.get_by_role("link", name="911")).to_be_in_viewport()
    visitor.page.goto(f"{house.url}/contact/elm")
    assert visitor.page.evaluate(before)
    visitor.page.unroute_all()
    closed = new_visitor()
    closed.context.route(re.compile("/frame/elm$"), _closed_now)
    closed.visits().opens_the_widget()
    hours = closed.inside.get_by_text("Closed now")
    expect(hours).to_be_visible()
    assert closed.page.frames[1].evaluate("""() => !!(document.querySelector(".hours").compareDocumentPosition(
        document.querySelector("select")) & Node.DOCUMENT_POSITION_FOLLOWING)""")


def _closed_now(route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r'"open":(null|true|false),"', '"open":false,"', answer.text(), count=1))


def test_54_who_does_not_agree_leaves_nothing_behind_and_still_sees_whom_to_call(visitor):
    visitor.visits().opens_the_widget().fills_in(name="Leo Marsh")
    visitor.inside.get_by_label("I have read this and agree").uncheck()
    visitor.sends("Is the flu jab free?")
    expect(visitor.inside.get_by_text("Please read this and tick the box.")).to_be_visible()
    expect(visitor.inside.get_by_label("I have read this and agree")).to_be_focused()
    expect(visitor.box).to_have_value("Is the flu jab free?")
    assert not [request for request in visitor.requests if request.method != "GET"]
    assert not visitor.context.cookies() and visitor.page.evaluate(STORED) == NOTHING
    for whom in ("+1 902 555 0142", "3 Elm Street", "911"):
        expect(visitor.inside.get_by_text(whom).first).to_be_visible()
    visitor.types("")
    visitor.page.close()
    assert not visitor.context.cookies()


def test_56_a_website_that_changes_its_page_itself_keeps_one_widget_and_destroy_leaves_nothing(visitor):
    visitor.context.add_init_script(path=SCRIPTS / "counting.js")
    visitor.visits().opens_the_widget().fills_in().types("Half a sentence")
    assert visitor.page.evaluate("[...heard]") == ["window message"]
    visitor.page.evaluate("""() => { history.pushState({}, "", "/elsewhere-on-this-site");
        document.querySelector("h1").textContent = "Opening hours"; document.querySelector("p").remove() }""")
    expect(visitor.panel).to_be_visible()
    expect(visitor.box).to_have_value("Half a sentence")
    # As Turbo does: a new body, into which the script comes once more.
    visitor.page.evaluate("""() => { const kept = document.querySelector("secure-message"), body = document.createElement("body");
        body.append(Object.assign(document.createElement("h1"), { textContent: "Another page" }), kept);
        document.documentElement.replaceChild(body, document.body);
        const script = document.querySelector("script[src]"), again = document.createElement("script");
        again.src = script.src; document.head.append(again);
        return new Promise(done => again.onload = done) }""")
    assert visitor.launcher.count() == 1 and visitor.page.locator("secure-message iframe").count() <= 1
    assert visitor.page.evaluate("document.querySelector('secure-message').open"), "it stays open"
    expect(visitor.box).to_be_visible()
    visitor.page.evaluate("document.querySelector('secure-message').destroy()")
    left = visitor.page.evaluate(LEFT)
    assert left == {"nodes": 0, "name": False, "heard": [], "sheets": 0, "others": 1}
    assert visitor.page.evaluate("frames.length") == 0 and visitor.page.evaluate(STORED) == NOTHING and not visitor.trouble
