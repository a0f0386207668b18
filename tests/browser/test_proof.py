"""When there is a lot going on the frame computes a proof of work; the message arrives, without any picture puzzle."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.test_policies import REPORT
from tests.browser.test_sending import OLDER, keys
from tests.service import until

OPENING = re.compile(r"/v1/clinics/elm/conversations$")
MESSAGES = re.compile(r"/v1/conversation/messages$")
LONG = 30_000  # milliseconds: this computer may be busy with other things
OPEN = """async () => { const card = JSON.parse(document.getElementById('card').textContent);
    const body = {category: 'other', about: 'me', name: null, contact: null, consent: card.consent.sha256, kind: 'text',
        data: {text: 'Hot.'}};
    const headers = {'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID()};
    return (await fetch('/v1/clinics/elm/conversations', {method: 'POST', headers, body: JSON.stringify(body)})).status }"""


@pytest.fixture
def watched(visitor):
    """Somebody whose browser complains about every violation."""
    visitor.context.add_init_script(REPORT)
    return visitor


def asks_for(visitor, address: re.Pattern, bits: int, times: int = 1) -> None:
    """The next so many POSTs are answered by a challenge that takes about 2 ** bits tries."""
    body = {"type": "https://messages.example/problems/proof-needed", "title": "Too many requests", "detail": "Too many.",
            "proof": {"algorithm": "SHA-256", "challenge": "a.b-c", "bits": bits, "expires_at": "2100-01-01T00:00:00Z"}}
    visitor.context.route(address, lambda route: route.fulfill(
        status=429, content_type="application/problem+json", headers={"Retry-After": "60"}, body=json.dumps(body))
        if route.request.method == "POST" else route.fallback(), times=times)


def proofs(visitor, end: str) -> list[str | None]:
    return [request.headers.get("securemsg-proof") for request in visitor.asked("POST", end)]


def workers(visitor) -> list:
    visitor.page.evaluate("1")  # Playwright hears of what begins and ends only while it asks
    return visitor.page.workers


def test_who_comes_from_a_hot_address_arrives_all_the_same(watched, new_staff):
    """It gets hot at the last moment: an address has room again bit by bit."""
    def heats(route) -> None:
        until(lambda: watched.page.frames[1].evaluate(OPEN) == 429, what="an address that is hot")
        route.continue_()

    watched.visits("/strict").opens_the_widget().fills_in()
    watched.context.route(OPENING, heats, times=1)
    watched.sends("Is the flu jab free?")
    expect(watched.bubbles).to_have_text(["Is the flu jab free?"], timeout=LONG)
    asked, *_, answered = watched.asked("POST", "/conversations")
    assert answered.headers["securemsg-proof"] and asked.post_data == answered.post_data
    first, *_, last = keys(watched, "/conversations")
    assert first == last
    assert [trouble for trouble in watched.trouble if "429" not in trouble] == []
    assert new_staff().opens(watched.reference).reads() == ["Is the flu jab free?"]


def test_while_it_computes_she_is_told_and_can_discard(watched):
    watched.begins("Good morning.")
    asks_for(watched, MESSAGES, bits=60)
    watched.sends("Is it busy?")
    expect(watched.state).to_contain_text("One moment: there is a lot going on, your message is on its way.")
    until(lambda: workers(watched), what="the worker")
    assert_accessible("solving", watched.page, watched.page.frames[1])
    until(lambda: watched.page.frames[1].evaluate(LONGEST_FRAME) < 200, what="a page that moves while it computes")
    watched.inside.get_by_role("button", name="Discard").click()
    watched.inside.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(watched.box).to_have_value("")
    watched.says("Never mind.")
    until(lambda: not workers(watched), what="the worker's end")
    assert watched.reads() == ["Good morning.", "Never mind."]


LONGEST_FRAME = """() => new Promise((done) => { let longest = 0, last = performance.now(), left = 20;
    requestAnimationFrame(function next(now) { longest = Math.max(longest, now - last); last = now;
        left-- ? requestAnimationFrame(next) : done(longest); }); })"""


def test_a_challenge_that_expires_twice_ends_with_whom_to_call(watched):
    watched.begins("Good morning.")
    asks_for(watched, MESSAGES, bits=4, times=3)
    watched.sends("Is it busy?")
    expect(watched.alert).to_contain_text("Not sent. There is too much going on")
    expect(watched.alert).to_contain_text("+1 902 555 0142")
    expect(watched.box).to_have_value("Is it busy?")
    assert len(proofs(watched, "/messages")) == 3 and len(set(keys(watched))) == 1
    watched.button.click()
    watched.sees("Is it busy?")


def test_an_old_phones_worker_that_does_not_start_is_told_as_well(watched):
    watched.begins("Good morning.")
    watched.context.route("**/solver-*.js", lambda route: route.abort())
    asks_for(watched, MESSAGES, bits=4)
    watched.sends("Is it busy?")
    expect(watched.alert).to_contain_text("+1 902 555 0142")
    expect(watched.box).to_have_value("Is it busy?")


def test_an_older_browser_computes_it_as_well(watched):
    watched.context.add_init_script(OLDER)
    watched.begins("Good morning.")
    asks_for(watched, MESSAGES, bits=4)
    watched.says("Is it busy?")
    assert proofs(watched, "/messages")[0] is None and proofs(watched, "/messages")[1].startswith("a.b-c.")
