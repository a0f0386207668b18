"""Checks 29 to 33, 36 and 37: it can be read and pressed in small windows, with large text, in the system's own colours, in
the dark, without motion, over an on-screen keyboard and on paper."""

import pytest
from playwright.sync_api import expect

from tests.browser.looks import assert_nothing_is_cut_off, call, contrast, focused, shown, too_small, walk
from tests.service import until

SMALL = {"viewport": {"width": 320, "height": 256}}  # a window of 1280 × 1024 at 400 %
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# WCAG 2.2, 1.4.12; a constructed sheet passes every policy.
SPACED = """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`* { line-height: 1.5 !important;
    letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet] }"""
LARGE = "() => { document.documentElement.style.fontSize = '200%' }"
MOVING = "() => document.getAnimations().filter(({ playState }) => playState === 'running').length"


@pytest.fixture
def pages(house, visitor, new_staff):
    """Every page that staff and visitors without script see: its name, and a function that opens it in a given browser."""
    visitor.begins("Is the flu jab free? " + "A" * 60, name="Leo " + "Longname" * 8, contact="leo@example.org")
    reference = visitor.reference

    def each(**options):
        maren = new_staff("Maren Whitlock", **options)
        page = maren.page
        yield "the inbox", maren.opens_inbox().page
        maren.opens(reference)
        yield "a conversation", page
        for name, address in (("the owner's page", f"{maren.clinic}clinic"), ("sessions", f"{maren.clinic}sessions/"),
                              ("the contact page", f"{house.url}/contact/elm"), ("a one-time link", f"{maren.clinic}start"),
                              ("a page that is not there", f"{house.url}/nowhere")):
            page.goto(address)
            yield name, page
        page.context.clear_cookies()
        page.goto(f"{maren.clinic}sign-in")
        yield "sign-in", page

    return each


def test_29_what_is_pressed_is_large_enough_and_wide_spacing_cuts_nothing_off(new_visitor):
    visitor = new_visitor(**PHONE).visits().opens_the_widget()
    frame = visitor.page.frames[1]
    assert too_small(frame, 44) == []
    assert visitor.panel.get_by_role("button", name="Close").bounding_box()["width"] >= 44
    visitor.button.click()
    frame.evaluate(SPACED)
    assert_nothing_is_cut_off(frame, "the questions, spaced")
    visitor.fills_in().says("Is the flu jab free? " + "W" * 80)
    visitor.inside.locator("summary", has_text="Options").click()
    assert too_small(frame, 44) == []
    assert_nothing_is_cut_off(frame, "the conversation, spaced")


def test_29_on_every_other_page_too(pages):
    for name, page in pages(**PHONE):
        assert too_small(page, 24) == [], name
        page.evaluate(SPACED)
        assert_nothing_is_cut_off(page, f"{name}, spaced")


@pytest.mark.parametrize("enlarge", [None, LARGE], ids=["320 by 256", "and text of twice the size"])
def test_30_in_the_smallest_window_everything_is_there_and_nothing_scrolls_sideways(new_visitor, enlarge):
    visitor = new_visitor(**SMALL).visits().opens_the_widget()
    frame = visitor.page.frames[1]
    if enlarge:
        frame.evaluate(enlarge)
    assert_nothing_is_cut_off(frame, "the questions")
    visitor.button.click()
    assert_nothing_is_cut_off(frame, "errors")
    visitor.fills_in().says("Is the flu jab free?")
    assert_nothing_is_cut_off(frame, "the conversation")
    for part in (visitor.box, visitor.button):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=.9)
    visitor.presses("Escape")
    expect(visitor.panel).to_be_hidden()
    visitor.presses("Enter")
    expect(visitor.box).to_be_focused()
    assert len(walk(visitor.page, "Shift+Tab")) >= 4


def test_30_on_every_other_page_too_and_what_has_the_focus_is_never_covered(pages):
    for name, page in pages(**SMALL):
        assert_nothing_is_cut_off(page, name)
        assert walk(page), name
    for name, page in pages():
        assert walk(page), name


def test_30_on_a_narrow_phone_the_bar_takes_two_lines_and_whatever_opens_can_be_read_whole(visitor, new_staff):
    visitor.begins("Is the flu jab free?")
    maren = new_staff("Maren Whitlock", **SMALL).opens_inbox()
    bar = maren.page.locator(".bar").bounding_box()
    assert bar["height"] <= 112, "a third line takes the room of what is read"
    topic = "Kinder- und Jugendgesundheitsdienst, Impfungen und Reiseberatung für Familien"
    maren.rows.last.locator("bdi").first.evaluate("(name, topic) => { name.textContent = topic }", topic)
    assert_nothing_is_cut_off(maren.page, "the inbox with a long topic")
    maren.opens(visitor.reference).page.locator("#close > summary").click()
    maren.tabs_to(maren.page.get_by_role("button", name="Close conversation"))
    assert shown(focused(maren.page)), "what opens under a button is in sight, or can be scrolled to"


def test_30_whom_to_call_stays_in_sight_above_a_tall_box(house, new_visitor):
    visitor = new_visitor(viewport={"width": 320, "height": 568})
    visitor.page.goto(f"{house.url}/frame/elm?window=1&lang=ur")  # its lines are the highest
    visitor.inside = visitor.page
    box, number = visitor.page.locator("#text"), visitor.page.locator(".emergency a")
    expect(box).to_be_visible()
    visitor.page.locator("#category").select_option(value="other")
    visitor.page.get_by_role("radio").first.check()
    visitor.page.get_by_role("checkbox").check()
    box.fill("Is the flu jab free?")
    visitor.button.click()
    expect(visitor.bubbles).to_have_count(1)
    visitor.context.set_offline(True)
    box.fill("W" * 300)
    visitor.button.click()
    expect(visitor.page.get_by_role("button", name="حذف کریں")).to_be_visible()
    expect(number).to_be_in_viewport(ratio=.9)
    visitor.button.scroll_into_view_if_needed()
    expect(visitor.button).to_be_in_viewport(ratio=.9)


def test_31_in_the_systems_own_colours_edges_and_focus_are_seen(visitor, new_staff):
    visitor.page.emulate_media(forced_colors="active")
    visitor.visits().opens_the_widget()
    parts = [visitor.inside.locator(part).first for part in ("#category", "#text", ".send", ".pills span")]
    for part in (visitor.launcher, *parts):
        assert part.evaluate(call("edge")) == [1, "solid", True], part
    visitor.inside.get_by_role("radio", name="Me", exact=True).check()
    chosen = visitor.inside.locator(".pills :checked + span").evaluate("e => getComputedStyle(e).outlineStyle")
    assert chosen == "solid", "what is chosen is seen without its colour"
    assert len(walk(visitor.page, "Shift+Tab")) >= 5
    ana = new_staff().opens_inbox()
    ana.page.emulate_media(forced_colors="active")
    assert len(walk(ana.page)) >= 4


def test_32_who_wants_no_motion_gets_none(visitor, staff):
    for person in (visitor, staff):
        person.page.emulate_media(reduced_motion="reduce")
    visitor.begins("Is the flu jab free?")
    staff.opens(visitor.reference).replies("Yes.")
    visitor.sees("Yes.")
    staff.page.get_by_role("button", name="Claim").hover()
    for where in (visitor.page, visitor.page.frames[1], staff.page):
        assert where.evaluate(MOVING) == 0
    staff.page.emulate_media(reduced_motion="no-preference")
    waits = "document.querySelector('#live').dataset.state = 'wait'"
    moving = staff.page.evaluate(f"() => {{ {waits}; return ({MOVING})() }}")
    assert moving > 0, "nothing moves for anybody: this test sees nothing"


BRANDS = ("#0f5c6e", "#000000", "#ffffff", "#767676", "#777777", "#ff0000", "#ffff00", "#000080", "#00ff00", "#b35900", "#757575")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_33_every_colour_of_a_clinic_can_be_read_in_light_and_in_dark(visitor, scheme):
    visitor.page.emulate_media(color_scheme=scheme)
    visitor.begins("Is the flu jab free?")
    frame = visitor.page.frames[1]
    for brand in BRANDS:
        frame.evaluate("brand => document.documentElement.style.setProperty('--brand', brand)", brand)
        for part in (".send", ".mine .bubble"):
            assert contrast(frame, part) >= 4.5, f"{part} in {brand}, {scheme}"
        # The edge of what is pressed, where its ground does not stand out: an edge has 3 : 1.
        assert frame.evaluate("getComputedStyle(document.querySelector('.send')).borderTopWidth") == "1px"
    frame.evaluate("document.querySelector('.send').style.color = 'var(--edge)'")
    assert contrast(frame, ".send", "body") >= 3


def test_36_a_phone_does_not_zoom_in_and_its_keyboard_covers_nothing(new_visitor):
    visitor = new_visitor(**PHONE).visits().opens_the_widget()
    fields = visitor.inside.locator("input, select, textarea")
    sizes = fields.evaluate_all("all => all.map(field => parseFloat(getComputedStyle(field).fontSize))")
    assert len(sizes) >= 5 and min(sizes) >= 16, "iPhones zoom into smaller letters"
    visitor.fills_in()
    visitor.box.tap()
    expect(visitor.box).to_be_focused()
    visitor.page.set_viewport_size({"width": 390, "height": 400})  # the keyboard; where it covers the window, browsers move it
    until(lambda: _is_in_sight(visitor), what="the box and its button above the keyboard")
    visitor.says("Can I still see this?")
    until(lambda: _is_in_sight(visitor), what="the same after sending")


def _is_in_sight(visitor) -> bool:
    boxes = [part.bounding_box() for part in (visitor.box, visitor.button)]
    return all(box["y"] >= 0 and box["y"] + box["height"] <= visitor.page.viewport_size["height"] for box in boxes)


def test_37_on_paper_stands_the_conversation_and_nothing_to_press(house, new_visitor, staff):
    visitor = new_visitor(same_site=True).begins("Is the flu jab free?")
    visitor.says("A long story.\n" * 120)
    staff.opens(visitor.reference).replies("Yes.")
    visitor.sees("Yes.")
    visitor.page.emulate_media(media="print")
    assert visitor.launcher.is_hidden() and visitor.panel.is_hidden(), "the clinic prints its page, not the conversation"
    visitor.page.emulate_media(media="screen")
    window = visitor.context.new_page()
    window.goto(f"{house.url}/frame/elm?window=1")
    window.locator(".log").get_by_text("Yes.", exact=True).wait_for()
    for page, log, controls in ((window, ".log .bubble", ".composer, .menu, button"),
                                (staff.page, ".entries .words", ".composers, .acts, .menu, button")):
        page.emulate_media(media="print")
        assert [each for each in page.locator(controls).all() if each.is_visible()] == []
        assert page.locator(log).count() == 3 and page.locator(log).first.is_visible()
        clipped = page.locator(log).first.evaluate(call("clippedBy"))
        assert clipped is None, f"{clipped} would be cut off at the end of the first sheet"
        assert page.locator("h1").is_visible()
