"""The reply page in each language: as wide as its window, no English of the script, mirrored where it reads from the right."""

import re

import pytest
from playwright.sync_api import expect

from securemsg.words import LANGUAGES, say
from tests.browser.axe import assert_accessible
from tests.browser.house import ELM
from tests.http.browser import Outside
from tests.http.people import Visitor
from tests.words.spoken import in_script

OTHERS = [code for code in LANGUAGES if code != "en"]
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CUT = """() => [...document.querySelectorAll('.tabs, .acts button')].filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => one.innerText)"""
SHOWN = "document.body.innerText.split('\\n').map((line) => line.trim())"


@pytest.fixture(scope="module")
def leo(house):
    """Somebody who has asked something, by a program."""
    visitor = Visitor(Outside(house.behind_the_wire), ELM)
    assert visitor.opens("Is the flu jab free?", name="Leo Marsh").status == 201
    return visitor


@pytest.mark.parametrize("language", OTHERS)
def test_as_wide_as_its_window_and_no_word_of_the_script_in_english(leo, new_staff, language):
    ana = new_staff(locale=language, viewport={"width": 1024, "height": 720})
    page = ana.page
    page.goto(f"{ana.clinic}conversations/{leo.conversation}")
    expect(page.locator("#live")).to_have_text(say("Live").to(language))
    page.locator("#f-reply").fill("Ja /")
    for width in (1440, 1024, 360):
        page.set_viewport_size({"width": width, "height": 720})
        assert not page.evaluate(SCROLLS) and page.evaluate(CUT) == [], (language, width)
        assert not set(page.evaluate(SHOWN)) & {text for text in in_script() if "{" not in text}
    page.locator("#f-reply").fill("")
    page.goto(ana.clinic)
    expect(page.locator("[data-since]").first).not_to_have_text(re.compile(r"^(now|\d+ (min|h|days))$"))
    assert not page.evaluate(SCROLLS), (language, "the list")


def test_from_right_to_left_the_list_stands_at_the_right_and_what_was_written_keeps_its_direction(leo, new_staff):
    ana = new_staff(locale="ar", viewport={"width": 1280, "height": 800})
    page = ana.page
    page.goto(f"{ana.clinic}conversations/{leo.conversation}")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    chosen, pane = page.locator("#list").bounding_box(), page.locator("#main").bounding_box()
    assert chosen["x"] >= pane["x"] + pane["width"] - 1 and chosen["x"] + chosen["width"] > 1200
    assert page.locator(".entry .words").first.evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert_accessible("the reply page in Arabic", page)


def test_the_warning_before_a_session_ends_is_in_ones_own_language(leo, new_staff):
    ana = new_staff(locale="de")
    page = ana.page
    page.goto(ana.clinic)
    soon = int(page.evaluate("document.body.dataset.now")) + 60_000_000
    page.route("**/sessions/here", lambda route: route.fulfill(json={"idle": soon, "latest": soon * 2}))
    page.evaluate("([ends]) => { document.body.dataset.ends = ends; }", [str(soon)])
    page.evaluate("new BroadcastChannel(`securemsg-session-${document.body.dataset.clinic}-${document.body.dataset.me}`)"
                  f".postMessage({{ idle: {soon}, latest: {soon * 2} }})")
    expect(page.get_by_role("alertdialog")).to_contain_text("Sind Sie noch da?")
    expect(page.get_by_role("button", name="Angemeldet bleiben")).to_be_visible()
