"""Check 35: no style sheet of a website makes the widget illegible, and the widget changes nothing of the
website."""

from playwright.sync_api import expect

LOOK = ("color", "backgroundColor", "fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "textIndent",
        "textDecorationLine", "opacity", "visibility", "display", "writingMode", "paddingLeft", "paddingTop",
        "borderTopLeftRadius", "pointerEvents")
STYLE = "(element, names) => { const style = getComputedStyle(element); return names.map((name) => [name, style[name]]) }"
# Sizes follow from what stands on the page; everything else must be as it was.
EVERYTHING = """() => [...document.querySelectorAll("html, body, main, h1, p, p > a, input, button")].map((element) =>
    [...getComputedStyle(element)].filter((name) => !/(height|width|block-size|inline-size|origin)$/.test(name))
        .map((name) => `${element.localName} ${name}: ${getComputedStyle(element)[name]}`))"""


def test_35_a_websites_style_sheet_leaves_the_widget_as_it_is(new_visitor):
    plain, dressed = new_visitor().visits().opens_the_widget(), new_visitor()
    for path in ("/tailwind", "/bootstrap", "/ugly"):
        dressed.visits(path).opens_the_widget()
        for part in ("launcher", "panel"):
            look, wanted = (getattr(visitor, part).evaluate(STYLE, LOOK) for visitor in (dressed, plain))
            assert look == wanted, (path, part)
        assert dressed.panel.bounding_box() == plain.panel.bounding_box(), path
        panel, frame = (dressed.page.locator(f"secure-message {name}").bounding_box() for name in ("dialog", "iframe"))
        assert frame == panel and panel["height"] > 500 and panel["width"] > 400, path
    dressed.fills_in().says("Can you read this?")


def test_35_the_widget_changes_no_style_of_the_website(visitor):
    visitor.page.route("**/widget.js", lambda route: route.abort())
    before = visitor.visits().page.evaluate(EVERYTHING)
    visitor.page.unroute_all()
    visitor.visits().opens_the_widget()
    expect(visitor.launcher).to_be_visible()
    after = visitor.page.evaluate(EVERYTHING)
    assert len(before) == 10 and all(before)
    assert [set(styles) - set(was) for styles, was in zip(after, before, strict=True)] == [set()] * 10


def test_35_on_a_page_that_reads_from_right_to_left_nothing_overlaps(visitor):
    visitor.visits("/rtl").opens_the_widget()
    close = visitor.panel.get_by_role("button", name="Close").bounding_box()
    for part in ("h1", "summary"):
        box = visitor.inside.locator(f"header {part}").bounding_box()
        assert box["x"] >= close["x"] + close["width"] or box["x"] + box["width"] <= close["x"], part
