"""Checks 41 and 49: what was typed and begun is there after a reload, in the full window too, and gone after
its end."""

import re

from playwright.sync_api import expect

from tests.browser.people import refuse_the_cookie
from tests.browser.test_keyboard import LATE
from tests.service import until

MESSAGES = re.compile(r"/v1/conversation/messages$")
KEEPS_NOTHING = """for (const name of ["localStorage", "sessionStorage", "indexedDB"])
    Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied.", "SecurityError"); } });"""
STORED = """async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map(({name}) => name)]"""


# Sealing takes a moment in another thread; this counts how often it began and has not been followed by keeping.
COUNTED = """let begun = 0;
const { encrypt } = SubtleCrypto.prototype, { setItem } = Storage.prototype;
SubtleCrypto.prototype.encrypt = function (...all) { begun++; return encrypt.apply(this, all) };
Storage.prototype.setItem = function (...all) { begun--; return setItem.apply(this, all) };
window.isDraftKept = () => sessionStorage.length > 0 && begun === 0;"""


def is_draft_kept(visitor) -> bool:
    """True when all that is typed is in the tab's storage; only in a browser that COUNTED runs in."""
    return visitor.page.frames[1].evaluate("isDraftKept()")


def test_41_a_message_that_waits_is_sent_after_a_reload(visitor, staff):
    visitor.begins("Good morning.")
    visitor.context.route(MESSAGES, lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    visitor.sends("Do not lose this")
    expect(visitor.state).to_contain_text("Waiting")
    visitor.page.reload()
    visitor.context.unroute_all()
    visitor.opens_the_widget().sees("Do not lose this")
    expect(visitor.box).to_have_value("")
    assert len({request.headers["idempotency-key"] for request in visitor.asked("POST", "/messages")}) == 1
    assert staff.opens(visitor.reference).reads() == ["Good morning.", "Do not lose this"]


def test_41_a_first_message_that_waits_is_sent_after_a_reload(visitor):
    visitor.context.route(re.compile("/conversations$"), lambda route: route.abort())
    visitor.visits().opens_the_widget().fills_in().sends("My very first")
    expect(visitor.state).to_contain_text("Waiting")
    visitor.page.reload()
    visitor.context.unroute_all()
    visitor.launcher.click()
    visitor.sees("My very first")
    assert len({request.headers["idempotency-key"] for request in visitor.asked("POST", "/conversations")}) == 1


def test_41_an_unsent_text_and_all_answers_survive_a_reload(visitor):
    visitor.context.add_init_script(COUNTED)
    visitor.visits().opens_the_widget().fills_in(name="Leo Marsh", about="My child").types("Half a sent")
    until(lambda: is_draft_kept(visitor), what="the draft in the tab's storage")
    visitor.page.reload()
    visitor.opens_the_widget()
    expect(visitor.box).to_have_value("Half a sent")
    expect(visitor.inside.get_by_label("Your name")).to_have_value("Leo Marsh")
    expect(visitor.inside.get_by_role("radio", name="My child")).to_be_checked()
    visitor.says("Half a sentence")


def test_41_what_is_typed_before_the_older_words_are_there_goes_on_below_them(visitor):
    """On a slow device: the browser says late that something is kept, and she has begun anew."""
    for script in (COUNTED, LATE):
        visitor.context.add_init_script(script)
    visitor.visits().opens_the_widget().fills_in(name="Leo Marsh").types("Half a sentence")
    until(lambda: is_draft_kept(visitor), what="the draft in the tab's storage")
    visitor.page.reload()
    visitor.opens_the_widget().types("And another")
    until(lambda: is_draft_kept(visitor), what="the new one in the tab's storage")
    for again in (False, True):
        if again:
            visitor.page.reload()
            visitor.opens_the_widget()
        visitor.page.frames[1].evaluate("answers()")
        expect(visitor.box).to_have_value("Half a sentence\n\nAnd another")
        expect(visitor.inside.get_by_label("Your name")).to_have_value("Leo Marsh")
        until(lambda: is_draft_kept(visitor), what="both in the tab's storage")


def test_41_older_words_that_come_while_a_message_is_on_its_way_wait_until_it_is_there(visitor, staff):
    """On a slow device: she has begun anew and pressed Send before the browser says that something is kept."""
    for script in (COUNTED, LATE):
        visitor.context.add_init_script(script)
    visitor.visits().opens_the_widget().types("Half a sentence")
    until(lambda: is_draft_kept(visitor), what="the draft in the tab's storage")
    visitor.page.reload()
    held = []
    visitor.context.route(re.compile("/conversations$"), lambda route: held.append(route))
    visitor.opens_the_widget().fills_in().sends("And another")
    until(lambda: visitor.page.evaluate("true") and held, what="the message on its way")
    visitor.page.frames[1].evaluate("answers()")
    expect(visitor.box).to_be_visible()  # not while it looks
    expect(visitor.inside.locator("form.composer")).to_have_attribute("data-sending", re.compile("sending|waiting"))
    expect(visitor.box).to_have_value("And another")
    [route] = held
    route.continue_()
    visitor.sees("And another")
    expect(visitor.box).to_have_value("Half a sentence")
    visitor.page.reload()
    visitor.opens_the_widget()
    visitor.page.frames[1].evaluate("answers()")
    expect(visitor.box).to_have_value("Half a sentence")
    assert staff.opens(visitor.reference).reads() == ["And another"]


def test_41_where_the_browser_keeps_nothing_she_is_told_and_her_message_arrives_all_the_same(visitor, staff):
    visitor.context.add_init_script(KEEPS_NOTHING)
    visitor.context.route("**/v1/conversation", refuse_the_cookie)
    visitor.begins("Good morning.")
    expect(visitor.inside.get_by_text("This browser keeps nothing")).to_be_visible()
    staff.opens(visitor.reference).replies("Good morning to you.")
    visitor.sees("Good morning to you.")
    visitor.says("Still here.")
    assert staff.opens(visitor.reference).reads() == ["Good morning.", "Good morning to you.", "Still here."]


def test_41_after_its_end_nothing_is_left_on_the_device(house, visitor, staff):
    visitor.begins("Good morning.").types("Not finished")
    frame = visitor.page.frames[1]
    until(lambda: frame.evaluate(STORED), what="something in storage")
    reference = visitor.reference
    visitor.chooses("End and forget")
    visitor.inside.get_by_role("button", name="End and forget", exact=True).click()
    expect(visitor.inside.get_by_role("button", name="Write a new message")).to_be_visible()
    until(lambda: frame.evaluate(STORED) == [], what="an empty storage")
    assert not visitor.context.cookies(house.url)
    visitor.page.reload()
    visitor.opens_the_widget()
    expect(visitor.box).to_have_value("")
    expect(visitor.inside.get_by_label("What is it about?")).to_be_visible()
    assert staff.opens(reference).reads() == ["Good morning."]  # the clinic keeps it


def test_49_a_conversation_goes_on_after_a_reload_and_in_the_full_window(new_visitor, staff):
    visitor = new_visitor(same_site=True).begins("Good morning.")
    visitor.page.reload()
    visitor.opens_the_widget().sees("Good morning.")
    window = _full_window(visitor)
    window.says("From the full window")
    visitor.sees("From the full window")
    assert staff.opens(window.reference).reads() == ["Good morning.", "From the full window"]


def test_49_from_another_site_a_ticket_leads_to_the_full_window_once(house, new_visitor, visitor):
    visitor.begins("Good morning.")
    window = _full_window(visitor)
    window.sees("Good morning.")
    assert window.page.url == f"{house.url}/frame/elm?window=1"
    carried = next(request for request in visitor.requests if request.url.endswith("/contact/elm/window"))
    assert carried.method == "POST" and carried.post_data
    again = visitor.context.request.post(carried.url, data=carried.post_data, max_redirects=0,
                                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert again.status in (401, 403, 404, 410, 422), "a ticket was taken twice"


def _full_window(visitor):
    """The same person in the window that "Open in full window" opens."""
    with visitor.context.expect_page() as opened:
        visitor.chooses("Open in full window")
    window = object.__new__(type(visitor))
    window.__dict__.update(visitor.__dict__, page=opened.value, inside=opened.value)
    expect(window.box).to_be_visible()
    return window
