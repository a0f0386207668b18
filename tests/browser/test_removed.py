"""What is erased at the clinic goes from the screens that are open as well: at once, quietly, and out of the browser's memory."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.hosts import SCRIPTS
from tests.browser.people import Visitor
from tests.browser.test_session import STORED
from tests.service import until

SECRET = "The blood test of Omar Haddad came back: see https://example.org/omar."
GONE = "This message was removed."
LONG = "\n".join(f"Line {number}" for number in range(40))
TOP = "row => Math.round(row.getBoundingClientRect().top)"


@pytest.fixture(scope="module")
def cora(house) -> str:
    """Compliance, who confirmed a moment ago that it is she."""
    house.hires("Cora Lund", roles=("compliance",))
    return "Cora Lund"


@pytest.fixture
def erases(house, new_staff, cora) -> Callable[[str, int], None]:
    """Erases one message, by its number, on the page of records."""
    cora = new_staff(cora).page

    def erase(reference: str, number: int) -> None:
        cora.goto(f"{house.url}/staff/elm/records/")
        form = cora.locator("#erase form")
        for label, text in (("Reference", reference), ("Only one message", str(number)), ("Reason", "It names somebody else.")):
            form.get_by_label(label).fill(text)
        form.get_by_role("button").click()
        cora.wait_for_url("**told=erased")

    return erase


def remembered(visitor: Visitor, words: str) -> bool:
    """Whether any string in the memory of the page's scripts, and its frame's, holds these words."""
    session = visitor.context.new_cdp_session(visitor.page)
    parts = list[str]()
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda told: parts.append(told["chunk"]))
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.detach()
    return words in "".join(parts)


@pytest.mark.parametrize("place", [300, 1_000_000])
def test_it_goes_from_the_open_frame_and_the_reply_page_quietly_with_focus_and_place_kept(visitor, staff, erases, place):
    visitor.context.add_init_script(path=SCRIPTS / "listening.js")
    visitor.begins("Good morning.")
    staff.opens(visitor.reference).replies(SECRET)
    staff.replies(LONG)
    staff.page.locator("#f-reply").fill("Half a sent")
    visitor.sees(LONG)
    visitor.types("Thank")
    row = visitor.inside.locator(".log article").last
    row.evaluate("(row, place) => row.closest('.scroll').scrollTop = place", place)
    before, said = row.evaluate(TOP), len(visitor.page.frames[1].evaluate("said"))

    erases(visitor.reference, 2)
    expect(visitor.bubbles).to_have_text(["Good morning.", GONE, LONG])
    assert row.evaluate(TOP) == before and len(visitor.page.frames[1].evaluate("said")) == said
    expect(visitor.box).to_be_focused()
    expect(visitor.box).to_have_value("Thank")
    expect(staff.words).to_have_text(["Good morning.", GONE, LONG])
    expect(staff.page.locator("#f-reply")).to_have_value("Half a sent")
    assert "Omar" not in staff.page.content()
    visitor.page.reload()
    visitor.opens_the_widget().sees(LONG)
    assert visitor.reads() == ["Good morning.", GONE, LONG]


def test_who_was_offline_meanwhile_has_it_no_more_after_and_a_focus_in_it_stays_in_the_log(house, visitor, staff, erases):
    visitor.begins("Good morning.")
    staff.opens(visitor.reference).replies(SECRET)
    link = visitor.inside.get_by_role("link", name="https://example.org/omar")
    link.focus()
    with house.wire.without(b"GET /v1/conversation"):
        erases(visitor.reference, 2)
        assert visitor.reads() == ["Good morning.", SECRET]
        assert remembered(visitor, "Omar Haddad"), "this search finds nothing at all"
    expect(visitor.bubbles).to_have_text(["Good morning.", GONE])
    expect(visitor.inside.get_by_role("log")).to_be_focused()
    until(lambda: not remembered(visitor, "Omar Haddad"), what="a frame that has forgotten it")
    assert visitor.page.frames[1].evaluate(STORED) == []
