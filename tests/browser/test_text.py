"""Checks 19 and 20: whatever somebody writes is text, in the frame, on the reply page and on the page without
script."""

import pytest
from playwright.sync_api import expect

from tests.browser.payloads import PAYLOADS

A_MINUTE = 19  # messages: as many as one session may send at once after its first
SEND = """async (texts) => { for (const text of texts) { const answer = await fetch("/v1/conversation/messages", { method: "POST",
    headers: { "Content-Type": "application/json", "Securemsg-Clinic": "elm", "Idempotency-Key": crypto.randomUUID() },
    body: JSON.stringify({ kind: "text", data: { text } }) }); if (!answer.ok) throw new Error(await answer.text()); } }"""
LINKS = "links => links.map(link => [link.href, link.target, link.rel])"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_19_what_somebody_writes_is_shown_as_text_everywhere(house, new_visitor, staff, part):
    visitor, texts = new_visitor(same_site=True), PAYLOADS[part::3]
    for person in (visitor, staff):
        person.page.on("dialog", lambda dialog: pytest.fail(f"a payload ran: {dialog.message}"))
    visitor.begins(texts[0], name=texts[1], contact="leo@example.org")
    visitor.page.frames[1].evaluate(SEND, texts[1:])
    expect(visitor.bubbles).to_have_count(len(texts))
    assert visitor.bubbles.all_text_contents() == list(texts)

    staff.opens(visitor.reference)
    assert staff.words.all_text_contents() == list(texts)
    assert staff.page.locator("h1 bdi").text_content() == texts[1]

    page = visitor.context.new_page()
    page.goto(f"{house.url}/contact/elm/conversation")
    assert page.locator(".entries .words").all_text_contents() == list(texts)

    for where in (visitor.page.frames[1], staff.page, page):
        assert where.evaluate("typeof pwned") == "undefined"
        assert where.evaluate("document.querySelectorAll('.bubble :not(a), .words *, h1 bdi *').length") == 0
    assert not [request.url for request in visitor.requests + staff.requests if "evil" in request.url]
    assert visitor.trouble == staff.trouble == []


def test_19_what_staff_write_is_shown_as_text_too(visitor, staff):
    visitor.begins("Good morning.")
    staff.opens(visitor.reference).notes(PAYLOADS[2])
    staff.replies(PAYLOADS[0])
    visitor.sees(PAYLOADS[0])
    assert visitor.bubbles.last.text_content() == PAYLOADS[0]
    assert staff.words.all_text_contents() == ["Good morning.", PAYLOADS[2], PAYLOADS[0]]
    assert visitor.trouble == staff.trouble == []


def test_20_only_addresses_that_can_do_nothing_become_links(visitor, staff):
    visitor.begins("Where is it?")
    home = f"{visitor.site}/without"
    staff.opens(visitor.reference).replies(
        f"See {home} (or tel:+19025550142), not javascript:alert(1), data:text/html,x or //evil.example.")
    answer = visitor.bubbles.last
    expect(answer.get_by_role("link")).to_have_count(2)
    assert answer.locator("a").evaluate_all(LINKS) == [[home, "_blank", "noopener noreferrer"], ["tel:+19025550142", "", ""]]
    with visitor.context.expect_page() as opened:
        answer.get_by_role("link", name=home).click()
    expect(opened.value.get_by_text("No widget here.")).to_be_visible()
    assert opened.value.evaluate("[opener, document.referrer]") == [None, ""]
