"""Checks 38 to 43: a message is sent once or says that it is not, and its text never leaves the box before."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.service import until

OPENING = re.compile(r"/v1/clinics/elm/conversations$")
MESSAGES = re.compile(r"/v1/conversation/messages$")
SENT_BY_ITSELF = 20_000  # milliseconds: the pauses between tries grow to this in a few rounds

# What browsers that can open the widget may lack: too new for them, or not there in a frame on an http page.
OLDER = """for (const [owner, names] of [[AbortSignal, ["any", "timeout"]], [Promise, ["withResolvers", "try"]],
    [Object, ["groupBy", "hasOwn"]], [Array, ["fromAsync"]], [IDBFactory.prototype, ["databases"]],
    [Array.prototype, ["at", "findLast", "findLastIndex", "toSorted", "toReversed", "with"]],
    [Crypto.prototype, ["randomUUID", "subtle"]], [Navigator.prototype, ["locks"]],
    [window, ["structuredClone", "scheduler", "TextDecoderStream", "navigation"]]])
    for (const name of names) if (!delete owner[name] || name in owner) throw new Error(`${name} is still there`);"""


@pytest.fixture
def talking(visitor):
    """Somebody in a running conversation, whose first message was 'Good morning.'"""
    return visitor.begins("Good morning.")


def keys(visitor, end: str = "/messages") -> list[str]:
    """The keys of all tries to send, in order."""
    return [request.headers["idempotency-key"] for request in visitor.asked("POST", end)]


def answers(visitor, address: re.Pattern, times: int, **answer) -> None:
    """The next so many POSTs to the address are answered like this, by somebody between browser and service."""
    body = json.dumps({"title": "Problem", "detail": "The clinic's machine is busy."})
    visitor.context.route(address, lambda route: route.fulfill(content_type="application/problem+json", body=body, **answer)
                          if route.request.method == "POST" else route.fallback(), times=times)


def test_38_posts_that_fail_for_a_while_lead_to_one_message_each_in_order(talking, staff):
    staff.opens(talking.reference)
    for text in ("First", "Second"):
        talking.context.route(MESSAGES, lambda route: route.abort("connectionfailed"))
        again = len(keys(talking)) + 2
        talking.sends(text)
        expect(talking.state).to_contain_text("Waiting")
        expect(talking.box).to_have_value(text)
        until(lambda again=again: talking.page.evaluate("1") and len(keys(talking)) >= again, what="a second try")
        talking.context.unroute(MESSAGES)
        expect(talking.box).to_have_value("", timeout=SENT_BY_ITSELF)
    assert talking.reads() == ["Good morning.", "First", "Second"]
    staff.sees("Second")
    assert staff.reads() == ["Good morning.", "First", "Second"]
    assert len(keys(talking)) >= 4 and len(set(keys(talking))) == 2, "each try of one message carries the same key"


def test_39_an_answer_lost_after_the_commit_leads_to_one_message(house, talking, staff):
    house.wire.loses_the_answer_to(b"POST /v1/conversation/messages")
    talking.sends("Is the flu jab free?")
    expect(talking.box).to_have_value("", timeout=SENT_BY_ITSELF)
    assert house.wire.has_lost_them() and len(keys(talking)) == 2 and len(set(keys(talking))) == 1
    assert staff.opens(talking.reference).reads() == talking.reads() == ["Good morning.", "Is the flu jab free?"]


def test_39_a_lost_answer_to_the_first_message_leads_to_one_conversation(house, visitor, new_staff):
    inbox = new_staff().opens_inbox()
    before = inbox.rows.count()
    house.wire.loses_the_answer_to(b"POST /v1/clinics/elm/conversations")
    visitor.visits().opens_the_widget().fills_in().sends("Is the flu jab free?")
    expect(visitor.bubbles).to_have_count(1, timeout=SENT_BY_ITSELF)
    first, again = keys(visitor, "/conversations")
    assert house.wire.has_lost_them() and first == again
    assert inbox.opens_inbox().rows.count() == before + 1


def test_40_offline_says_so_and_sends_when_the_network_is_back(talking, staff):
    talking.context.set_offline(True)
    expect(talking.inside.get_by_text("You are offline.")).to_be_visible()
    talking.sends("From the lift")
    expect(talking.state).to_contain_text("Waiting for a connection")
    expect(talking.box).to_have_value("From the lift")
    talking.context.set_offline(False)
    expect(talking.box).to_have_value("")
    expect(talking.inside.get_by_text("You are offline.")).to_be_hidden()
    assert staff.opens(talking.reference).reads() == ["Good morning.", "From the lift"]


def test_40_the_box_keeps_its_text_until_the_service_has_it(talking):
    held = []
    talking.context.route(MESSAGES, lambda route: held.append(route) if route.request.method == "POST" else route.fallback())
    talking.sends("On its way")
    expect(talking.state).to_have_text("Sending…")
    expect(talking.box).to_have_value("On its way")
    talking.button.click(force=True)  # an impatient second press
    assert len(held) == 1 and talking.bubbles.count() == 1
    held[0].continue_()
    expect(talking.box).to_have_value("")
    expect(talking.state).to_have_text("Sent")
    assert len(keys(talking)) == 1


def test_42_a_refusal_says_why_and_keeps_the_text_for_another_try(talking, staff):
    for status in (422, 403):
        answers(talking, MESSAGES, 1, status=status)
        talking.sends(f"Please read this, {status}")
        expect(talking.alert).to_contain_text("Not sent. The clinic's machine is busy.")
        expect(talking.box).to_have_value(f"Please read this, {status}")
        expect(talking.button).to_have_text("Try again")
        talking.button.click()
        expect(talking.box).to_have_value("")
        expect(talking.alert).to_be_hidden()
    assert staff.opens(talking.reference).reads() == ["Good morning.", "Please read this, 422", "Please read this, 403"]


def test_42_trouble_at_the_service_is_waited_out(talking):
    for status in (500, 503):
        answers(talking, MESSAGES, 1000, status=status)
        talking.sends(f"Take your time, {status}")
        expect(talking.state).to_contain_text("Waiting")
        expect(talking.button).to_contain_text("Try")
        talking.context.unroute(MESSAGES)
        expect(talking.box).to_have_value("", timeout=SENT_BY_ITSELF)
    assert len(keys(talking)) >= 4 and len(set(keys(talking))) == 2
    assert talking.reads() == ["Good morning.", "Take your time, 500", "Take your time, 503"]


# A hundred times faster, and each wait is written down; what cuts a slow request off (15 s) stays as it is.
QUICK = """window.waits = []; const later = window.setTimeout;
window.setTimeout = (act, ms, ...rest) => {
    waits.push(ms); return later(act, ms >= 500 && ms !== 15000 ? ms / 100 : ms, ...rest); };"""


def test_43_too_many_waits_as_long_as_it_is_told(visitor):
    visitor.context.add_init_script(QUICK)
    answers(visitor, OPENING, 1, status=429, headers={"Retry-After": "20"})
    visitor.visits().opens_the_widget().fills_in().sends("Am I too many?")
    expect(visitor.bubbles).to_have_count(1)
    waits = _pauses(visitor)
    assert len(set(keys(visitor, "/conversations"))) == 1 and 20_000 <= waits[0] <= 25_000


def test_43_pauses_grow_are_uneven_and_never_longer_than_half_a_minute(visitor):
    visitor.context.add_init_script(QUICK)
    answers(visitor, OPENING, 12, status=503)
    visitor.visits().opens_the_widget().fills_in().sends("Are you there?")
    expect(visitor.bubbles).to_have_count(1, timeout=SENT_BY_ITSELF)
    waits = _pauses(visitor)[:12]
    for tries, wait in enumerate(waits):
        longest = min(30_000, 1000 * 2**tries)
        assert longest / 2 <= wait <= longest, waits
    assert len(set(waits)) > 6, "all browsers would come back at once"


def _pauses(visitor) -> list[float]:
    return [wait for wait in visitor.page.frames[1].evaluate("waits") if wait >= 500 and wait != 15_000]


def test_an_older_browser_sends_as_well(visitor, new_staff):
    visitor.context.add_init_script(OLDER)
    visitor.begins("Please help.")
    visitor.says("It is my knee.")
    ana = new_staff().opens(visitor.reference)
    ana.replies("Rest it.")
    visitor.sees("Rest it.")
    assert ana.reads() == ["Please help.", "It is my knee.", "Rest it."]
    visitor.context.set_offline(True)
    visitor.sends("I do.")
    expect(visitor.state).to_contain_text("please leave this window open until it is sent")
    visitor.context.set_offline(False)
    visitor.sees("I do.")
