"""The frame in each of the ten languages: no word of another, mirrored where it reads from the right, within 320 px."""

import re

import pytest
from playwright.sync_api import Page, expect

from securemsg.words import LANGUAGES
from securemsg.words.catalogue import texts
from tests.browser.axe import assert_accessible
from tests.browser.people import Staff, Visitor
from tests.service import until

PHONE = {"viewport": {"width": 320, "height": 640}}
OTHERS = [code for code in LANGUAGES if code != "en"]
WORDS = re.compile(r"/static/widget/words-\w\w-\w+\.json$")
OPENING = re.compile(r"/conversations$")
MESSAGES = re.compile(r"/v1/conversation/messages\?")
# Whatever can be read or heard: each text by itself, and the names that only a screen reader says.
SAID = """() => {
    const texts = [], all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (all.nextNode()) {
        const { data, parentElement } = all.currentNode;
        if (parentElement.checkVisibility() || parentElement.localName === "option") texts.push(data);
    }
    for (const { ariaLabel } of document.querySelectorAll("[aria-label]")) texts.push(ariaLabel);
    return texts.map((text) => text.trim());
}"""
# What sticks out at either side, by its words: at the one where a line begins no browser would scroll to it.
STICKS_OUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    const scrolls = one.matches(".scroll, dialog") && one.scrollWidth > one.clientWidth;
    return width > 1 && one.checkVisibility() && (left < 0 || right > innerWidth || scrolls);
}).map((one) => one.textContent)"""
# What the two walks below do not come upon; each has its own test, or is said only when something rare happens.
RARE = {
    "frame.open", "frame.shut", "frame.window", "frame.sent", "frame.loading", "frame.late", "frame.failed", "frame.retry",
    "check.badContact", "frame.waitingMemory", "talk.memory", "talk.endFailed", "log.staff", "log.openedBy", "log.openedByClinic",
    "log.openedBy.doctor", "log.openedBy.front desk", "log.openedBy.billing", "log.unverified", "log.unknown", "log.receipts",
    "log.removed",
    "unsent.proving", "unsent.crowded", "unsent.expired", "unsent.foundTitle", "unsent.foundText", "unsent.foundMine",
    "unsent.foundSend"}
PLUGINS = {name for name in texts("en", "frame") if name.startswith(("front.", "forms.", "pieces.", "log.automatic"))}
PLACES = {name for name in texts("en", "frame") if name.startswith("places.")}


class Reader:
    """Notes what stands on a page, state by state, in one language."""

    def __init__(self, page: Page, language: str):
        self.page, self.language, self.heard = page, language, list[str]()

    def looks(self) -> None:
        assert self.page.evaluate(STICKS_OUT) == [], self.language
        self.heard += self.page.evaluate(SAID)

    def missed(self) -> set[str]:
        """The names of the words of its language that it has not met."""
        heard = " ".join(self.heard)
        return {name for name, text in texts(self.language, "frame").items()
                if not any(all(part in heard for part in _fixed(form)) for form in _forms(text))}

    def english(self) -> set[str]:
        """The names of the words that were met in English."""
        own = texts(self.language, "frame")
        return {name for name, text in texts("en", "frame").items() if text != own[name]
                and any(part in said if " " in part else part == said for form in _forms(text) for part in _fixed(form)
                        for said in self.heard)}


def _forms(text: str | dict[str, str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def _fixed(text: str) -> list[str]:
    """What stands around the places to fill in, where it says something."""
    parts = (part.strip(" .,:;،：，。") for part in re.split(r"\{\w+\}", text))
    return [part for part in parts if len(part) > 1]


@pytest.fixture(scope="module")
def talked_with(house, browser):
    """A conversation in which everything has happened: the browser that has it."""
    contexts = [browser.new_context(**options) for options in ({**PHONE, "timezone_id": "Europe/Berlin"}, {})]
    leo = Visitor(house.arrives(contexts[0]), house.hosts.same_site_url)
    leo.begins("Is the flu jab free?")
    ana = Staff(house.knows(contexts[1], "Ana Ruiz"), f"{house.url}/staff/elm/")
    ana.opens(leo.reference).does("Claim")
    ana.replies("Yes. See https://example.org/flu.")
    ana.closes("Answered")
    ana.does("Reopen")
    leo.says("Thank you.")
    yield leo
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_another_language_and_never_too_wide(house, new_visitor, talked_with, language):
    first = new_visitor(**PHONE)
    first.page.goto(f"{house.url}/frame/elm?lang={language}")
    reader = Reader(first.page, language)
    _writes_for_the_first_time(first, reader)
    reader.page = talked_with.page
    _goes_on_talking(house, reader)
    # test_plugged.py walks through what plugins bring, test_returning.py through where it is open.
    assert reader.missed() <= RARE | PLUGINS | PLACES
    assert language == "en" or not reader.english()
    assert first.page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "en" if language == "en" else language, LANGUAGES[language].dir]
    assert not [said for said in first.trouble if "Failed to load resource" not in said]


def _writes_for_the_first_time(first: Visitor, reader: Reader) -> None:
    page = reader.page
    box, button = page.locator("textarea"), page.locator("button.send")
    expect(box).to_be_visible()
    reader.looks()
    button.click()
    expect(box).to_have_attribute("aria-invalid", "true")
    reader.looks()
    page.locator("select").select_option("appointment")
    box.fill("a" * 8003)
    button.click()
    reader.looks()
    page.locator("#contact").fill("leo@example.org")
    page.get_by_role("radio").nth(0).check()
    page.get_by_role("checkbox").check()
    box.fill("Hello")
    held = []
    first.context.route(OPENING, lambda route: held.append(route))
    button.click()
    expect(page.locator("form [role=status]")).not_to_be_empty()
    reader.looks()
    until(lambda: page.evaluate("1") and held, what="the message on its way")
    held[0].abort()
    expect(page.locator("form .plain")).to_be_visible()
    reader.looks()
    first.context.set_offline(True)
    expect(page.locator(".banner")).not_to_be_empty()
    reader.looks()
    page.locator("form .plain").click()
    reader.looks()
    first.context.set_offline(False)


def _goes_on_talking(house, reader: Reader) -> None:
    page = reader.page
    page.goto(f"{house.url}/frame/elm?window=1&lang={reader.language}")
    expect(page.locator(".log .bubble")).to_have_count(3)
    expect(page.locator("article.mine .when span").first).to_contain_text(re.compile(r"\d"))  # who opened it, and when
    expect(page.locator("textarea")).to_be_focused()
    reader.looks()
    page.locator("summary").click()
    expect(page.locator(".menu button").last).to_be_visible()
    reader.looks()
    page.locator(".menu button").last.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    reader.looks()
    page.keyboard.press("Escape")
    page.route(MESSAGES, lambda route: route.fulfill(status=401, content_type="application/problem+json", body="{}"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".content button.send")).to_be_visible()
    reader.looks()
    page.unroute_all()


def test_right_to_left_everything_is_mirrored_but_what_others_wrote(house, new_visitor, talked_with):
    """Own messages stand at the left, the clinic's at the right; English names, numbers and answers stay as they are."""
    page = talked_with.page
    page.goto(f"{house.url}/frame/elm?window=1&lang=ar")
    expect(page.locator("article.theirs time + span, article.mine time + span").first).to_contain_text("طاقم التمريض")
    left, right = (page.locator(f"article.{whose}").first.bounding_box() for whose in ("mine", "theirs"))
    assert left["x"] < 320 - right["x"] - right["width"] + 20 and right["x"] + right["width"] > 290
    turns = "element => [getComputedStyle(element).direction, getComputedStyle(element).unicodeBidi]"
    assert page.locator("article.theirs .bubble").evaluate(turns)[0] == "ltr"
    for name in (".who bdi", "h1 bdi", ".reference strong", ".emergency bdi", ".event bdi"):
        assert page.locator(name).first.evaluate(turns)[1] in ("isolate", "plaintext"), name
    edges = "all => all.map((one) => getComputedStyle(one).borderRightWidth)"
    assert set(page.locator(".emergency > *").evaluate_all(edges)) == {"4px"}
    assert_accessible("a conversation in Arabic", page)
    first = new_visitor(locale="ar", **PHONE).visits()
    first.launcher.click()
    first.inside.locator("button.send").click()
    expect(first.inside.locator("textarea")).to_have_attribute("aria-invalid", "true")
    assert_accessible("errors in Arabic", first.page, first.page.frames[1])
    name = first.inside.locator("h1").bounding_box()
    close = first.panel.locator("button").bounding_box()
    assert name["x"] + name["width"] <= close["x"]  # the page's button stays at the right, and covers nothing


def test_a_language_is_fetched_when_it_is_spoken_and_once(house, new_visitor):
    english = new_visitor(locale="en-GB").visits().opens_the_widget()
    english.page.wait_for_load_state("networkidle")
    assert not [request for request in english.requests if WORDS.search(request.url)]
    german = new_visitor(locale="de-AT").visits()
    german.launcher.click()
    expect(german.inside.get_by_label("Ihre Nachricht")).to_be_visible()
    german.page.wait_for_load_state("networkidle")
    assert [request.url for request in german.requests if "words-" in request.url] == [
        request.url for request in german.requests if WORDS.search(request.url)] and len(
        [request for request in german.requests if WORDS.search(request.url)]) == 1
    assert german.trouble == []


def test_a_language_that_does_not_come_leaves_english_that_works(house, new_visitor):
    visitor = new_visitor(locale="ar")
    visitor.context.route(WORDS, lambda route: route.abort())
    visitor.visits().opens_the_widget()
    visitor.inside.locator("select").select_option("other")
    visitor.inside.get_by_role("radio", name="Me", exact=True).check()
    visitor.inside.get_by_label("I have read this and agree").check()
    visitor.says("Hello")
    frame = visitor.page.frames[1]
    assert frame.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["en", "ltr"]
    expect(visitor.inside.locator(".day")).to_have_text("today")


def test_no_word_is_drawn_before_the_language_is_there(house, new_visitor):
    visitor, held = new_visitor(), []
    visitor.context.route(WORDS, lambda route: held.append(route))
    page = visitor.page
    page.goto(f"{house.url}/frame/elm?lang=fr", wait_until="commit")
    until(lambda: page.evaluate("document.readyState !== 'loading'") and held, what="the words asked for")
    assert page.locator("textarea").count() == 0 and "In an emergency" not in page.locator("body").inner_text()
    assert page.locator(".emergency").inner_text().startswith("911")  # help is there before any word
    for route in held:
        route.continue_()
    expect(page.get_by_role("textbox", name="Votre message")).to_be_visible()


def test_the_link_says_which_language(house, new_visitor):
    """`?lang=` in the link's address goes with it into the frame, before what the browser asks for; into a window, too."""
    visitor = new_visitor(locale="fr").visits("/german")
    expect(visitor.panel.locator("p")).to_have_text("… Zur Seite")  # seen where the frame does not come
    visitor.launcher.click()
    expect(visitor.panel.get_by_role("button", name="Schließen")).to_be_visible()
    expect(visitor.inside.get_by_label("Ihre Nachricht")).to_be_visible()
    assert visitor.page.frames[1].url == f"{house.url}/frame/elm?lang=de"
    visitor.inside.locator("button.send").click()
    expect(visitor.inside.locator("[aria-invalid=true]").first).to_be_focused()  # which closes an open menu
    visitor.inside.locator("summary").click()
    with visitor.context.expect_page() as opened:
        visitor.inside.get_by_role("link", name="In eigenem Fenster öffnen").click()
    expect(opened.value.get_by_label("Ihre Nachricht")).to_be_visible()
