"""An unsent message outlives its tab for a day, sealed; it is sent once, where it belongs, or discarded."""

import datetime
import json
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.people import refuse_the_cookie
from tests.browser.test_sending import MESSAGES, OPENING, answers, keys
from tests.browser.test_session import KEEPS_NOTHING, STORED
from tests.service import until


@pytest.fixture
def talking(visitor):
    """Somebody in a running conversation, whose first message was 'Good morning.'"""
    return visitor.begins("Good morning.")


def loses_the_network(visitor, text: str) -> None:
    """Sends what cannot leave, and closes the tab."""
    visitor.context.set_offline(True)
    visitor.sends(text)
    expect(visitor.state).to_contain_text("You can close this page")
    visitor.page.close()


def is_back(visitor, hours: float = 0):
    """The network is there again, and she opens the widget in a new tab."""
    if hours:
        visitor.context.clock.set_fixed_time(datetime.datetime.now() + datetime.timedelta(hours=hours))
    visitor.context.set_offline(False)
    visitor.comes_back().launcher.click()
    return visitor


def kept(visitor) -> list[str]:
    """What the frame has in the browser's storage, by name."""
    return visitor.page.frames[-1].evaluate(STORED)


def keeps_nothing(visitor) -> None:
    """What was sent or discarded goes from the storage a moment before or after the page says so."""
    until(lambda: kept(visitor) == [], what="an empty storage")


def dialog(visitor):
    return visitor.inside.get_by_role("dialog")


def says_that_it_is_hers(visitor):
    """She answers the question about a first message that another tab left behind."""
    expect(dialog(visitor)).to_contain_text("Somebody wrote a message here")
    dialog(visitor).get_by_role("button", name="It is mine, send it").click()
    return visitor


@contextmanager
def other_consent(maren, text: str):
    """The owner changes what visitors agree to; the old words come back at the end."""
    def write(words: str) -> str:
        maren.page.goto(f"{maren.clinic}clinic")
        area = maren.page.get_by_label("What a visitor agrees to before writing")
        before = area.input_value()
        area.fill(words)
        maren.page.get_by_role("button", name="Save").click()
        expect(maren.page.get_by_text("Saved.")).to_be_visible()
        return before

    before = write(text)
    try:
        yield
    finally:
        write(before)


def test_a_message_outlives_its_tab_while_staff_answer_and_the_service_restarts(house, talking, staff):
    reference = talking.reference
    loses_the_network(talking, "From the lift")
    staff.opens(reference).replies("Good morning to you.")
    house.restarts()
    is_back(talking).sees("From the lift")
    expect(talking.box).to_have_value("")
    expected = ["Good morning.", "Good morning to you.", "From the lift"]
    assert talking.reads() == staff.opens(reference).reads() == expected
    assert len(keys(talking)) >= 2 and len(set(keys(talking))) == 1
    keeps_nothing(talking)


def test_a_first_message_outlives_its_tab_with_all_that_it_needs(visitor, new_staff):
    visitor.visits().opens_the_widget().fills_in("Appointment", "My child", "Leo Marsh", "leo@example.org")
    loses_the_network(visitor, "My very first")
    says_that_it_is_hers(is_back(visitor)).sees("My very first")
    ana = new_staff().opens(visitor.reference)
    expect(ana.page.get_by_role("heading", name="Leo Marsh")).to_be_visible()
    expect(ana.page.locator("body")).to_contain_text("leo@example.org")
    assert ana.reads() == ["My very first"] and len(set(keys(visitor, "/conversations"))) == 1
    keeps_nothing(visitor)


def leaves_a_first_message(visitor):
    """Writes one, with name and address, and closes the tab before it could leave; the network is back."""
    visitor.visits().opens_the_widget().fills_in("Appointment", "My child", "Leo Marsh", "leo@example.org")
    loses_the_network(visitor, "My very first")
    expect(dialog(is_back(visitor))).to_contain_text("Somebody wrote a message here")


def test_the_next_person_at_the_computer_neither_sees_a_first_message_nor_sends_it(visitor):
    leaves_a_first_message(visitor)
    before = len(visitor.asked("POST", "/conversations"))
    assert_accessible("asked whose it is", visitor.page, visitor.page.frames[1])
    expect(visitor.box).to_have_value("")
    expect(visitor.inside.get_by_label("Your name")).to_have_value("")
    visitor.presses("Escape")
    visitor.context.set_offline(True)
    visitor.context.set_offline(False)  # what waits is tried again then
    visitor.fills_in().says("I am somebody else.")
    assert visitor.reads() == ["I am somebody else."]
    posted = visitor.asked("POST", "/conversations")[before:]
    assert {request.post_data_json["data"]["text"] for request in posted} == {"I am somebody else."}
    visitor.comes_back().launcher.click()
    dialog(visitor).get_by_role("button", name="Discard").click()
    keeps_nothing(visitor)


def test_a_first_message_claimed_beside_other_words_is_put_with_them_and_sent_anew(visitor):
    leaves_a_first_message(visitor)
    visitor.presses("Escape")
    visitor.types("Half a sent")
    until(lambda: "securemsg:elm:draft" in kept(visitor), what="the draft in the tab's storage")
    visitor.page.reload()
    visitor.launcher.click()
    dialog(visitor).get_by_role("button", name="It is mine, show it").click()
    expect(visitor.box).to_have_value("Half a sent\n\nMy very first")
    expect(visitor.inside.get_by_label("Your name")).to_have_value("Leo Marsh")


def test_the_clinics_notice_changed_meanwhile_and_it_is_sent_with_what_she_had_agreed_to(visitor, new_staff):
    visitor.visits().opens_the_widget().fills_in("Appointment", name="Leo Marsh", contact="leo@example.org")
    loses_the_network(visitor, "My very first")
    with other_consent(new_staff("Maren Whitlock"), "We read what you write. We keep it for two years."):
        says_that_it_is_hers(is_back(visitor)).sees("My very first")
    keeps_nothing(visitor)


def test_a_topic_that_the_clinic_closed_meanwhile_is_chosen_anew_and_nothing_is_lost(visitor, new_staff):
    visitor.visits().opens_the_widget().fills_in("Appointment", name="Leo Marsh", contact="leo@example.org")
    loses_the_network(visitor, "My very first")
    refusal = {"detail": "Please check what you entered.", "errors": {"category": ["The clinic does not take this topic now."]}}
    visitor.context.route(OPENING, lambda route: route.fulfill(status=422, content_type="application/problem+json",
                                                               body=json.dumps(refusal)), times=1)
    says_that_it_is_hers(is_back(visitor))
    expect(visitor.alert).to_contain_text("Not sent. Please check what you entered.")
    expect(visitor.inside.get_by_text("does not take this topic now")).to_be_visible()
    expect(visitor.box).to_have_value("My very first")
    expect(visitor.inside.get_by_label("Your name")).to_have_value("Leo Marsh")
    visitor.fills_in().button.click()
    visitor.sees("My very first")
    assert new_staff().opens(visitor.reference).reads() == ["My very first"] and len(set(keys(visitor, "/conversations"))) == 2


def test_a_conversation_that_was_closed_meanwhile_is_opened_again_by_it(talking, staff):
    reference = talking.reference
    loses_the_network(talking, "One more thing")
    staff.opens(reference).closes("Answered")
    is_back(talking).sees("One more thing")
    assert talking.reads() == ["Good morning.", "One more thing"]
    keeps_nothing(talking)


def test_an_opening_whose_answer_was_lost_with_its_tab_leads_to_one_conversation(house, visitor, new_staff):
    inbox = new_staff().opens_inbox()
    before = inbox.rows.count()
    visitor.context.route("**/v1/conversation", lambda route: route.abort())  # the cookie came, the rest did not
    visitor.visits().opens_the_widget().fills_in().sends("My very first")
    expect(visitor.state).to_contain_text("Waiting")
    visitor.context.unroute_all()
    is_back(visitor).sees("My very first")
    expect(visitor.box).to_have_value("")
    assert inbox.opens_inbox().rows.count() == before + 1 and visitor.reads() == ["My very first"]
    keeps_nothing(visitor)


def test_it_goes_with_its_session_where_the_browser_keeps_no_cookie(visitor, staff):
    visitor.context.route("**/v1/conversation", refuse_the_cookie)
    visitor.begins("Good morning.")
    reference = visitor.reference
    loses_the_network(visitor, "From the lift")
    is_back(visitor).sees("From the lift")
    assert staff.opens(reference).reads() == ["Good morning.", "From the lift"]


def test_it_is_never_sent_to_another_conversation_and_never_shown_to_another_visitor(talking, staff):
    """The same browser, after the session ended: first nobody's, then somebody else's."""
    first = talking.reference
    loses_the_network(talking, "For the first one only")
    talking.context.clear_cookies()
    is_back(talking)
    expect(dialog(talking)).to_contain_text("Somebody wrote a message here")
    assert_accessible("asked about what was left behind", talking.page, talking.page.frames[1])
    expect(talking.inside.get_by_text("For the first one only")).to_have_count(0)
    talking.presses("Escape")
    talking.fills_in().says("I am somebody else.")
    talking.comes_back().launcher.click()
    expect(dialog(talking)).to_contain_text("Somebody wrote a message here")
    dialog(talking).get_by_role("button", name="Discard").click()
    talking.says("Still somebody else.")
    assert talking.reads() == ["I am somebody else.", "Still somebody else."]
    keeps_nothing(talking)
    assert staff.opens(first).reads() == ["Good morning."]


def test_who_wrote_it_gets_it_back_as_a_text_to_send_anew(talking):
    loses_the_network(talking, "For the first one only")
    talking.context.clear_cookies()
    is_back(talking)
    dialog(talking).get_by_role("button", name="It is mine").click()
    expect(talking.box).to_have_value("For the first one only")
    assert len(keys(talking)) == 1, "nothing is sent before she says so"
    until(lambda: kept(talking) == ["securemsg:elm:draft", "securemsg:elm"], what="the draft in the tab's storage")
    talking.page.reload()
    talking.opens_the_widget()
    expect(talking.box).to_have_value("For the first one only")
    talking.fills_in().button.click()
    talking.sees("For the first one only")
    keeps_nothing(talking)


def test_another_session_in_the_same_browser_does_not_get_what_an_open_tab_still_sends(talking, new_staff):
    """The tab was asleep while the cookie became another visitor's: the service refuses what names another conversation."""
    first = talking.reference
    talking.context.route("**/events", lambda route: route.abort())
    talking.context.route(MESSAGES, lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    talking.sends("For the first one only")
    expect(talking.state).to_contain_text("Waiting")
    talking.context.clear_cookies()
    second = begun_elsewhere_in_this_browser(talking)
    talking.context.unroute(MESSAGES)
    talking.button.click()
    expect(talking.inside.get_by_text("This browser holds another conversation now")).to_be_visible()
    ana = new_staff()
    assert (ana.opens(first).reads(), ana.opens(second).reads()) == (["Good morning."], ["I am somebody else."])


def test_another_session_in_the_same_browser_is_neither_shown_nor_ended_by_an_open_tab(talking, new_staff):
    """A shared computer: the first one's page stands open while the second one's conversation takes the cookie."""
    first = talking.reference
    until(lambda: talking.page.evaluate("1") and has_asked_after_its_stream_began(talking),
          what="the first one's stream and what is asked when it begins: while there is no cookie both are refused")
    talking.context.clear_cookies()
    second = begun_elsewhere_in_this_browser(talking)
    ana = new_staff()
    ana.opens(second).replies("Stop the blue pills.")
    ana.opens(first).replies("Come at nine.")  # its stream says so, and what is fetched then would be the second one's
    expect(talking.inside.get_by_text("This browser holds another conversation now")).to_be_visible()
    assert talking.reads() == [] and talking.inside.get_by_text("Stop the blue pills.").count() == 0
    talking.comes_back().opens_the_widget().sees("Stop the blue pills.")
    assert ana.opens(second).reads() == ["I am somebody else.", "Stop the blue pills."], "its session goes on"


def has_asked_after_its_stream_began(visitor) -> bool:
    answered = [answer.url.partition("/v1/conversation/")[2] for answer in visitor.answers]
    return "events" in answered and any(url.startswith("messages?") for url in answered[answered.index("events"):])


def begun_elsewhere_in_this_browser(visitor) -> str:
    """Another visitor's conversation under the same cookie; its reference."""
    return visitor.page.frames[1].evaluate(BEGIN)


BEGIN = """async () => {
    const card = JSON.parse(document.getElementById('card').textContent);
    const headers = {'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(),
        'Securemsg-Session': card.session};
    const body = {category: 'other', about: 'me', name: null, contact: null, consent: card.consent.sha256, kind: 'text',
        data: {text: 'I am somebody else.'}};
    const answer = await fetch('/v1/clinics/elm/conversations', {method: 'POST', headers, body: JSON.stringify(body)});
    return (await answer.json()).conversation.reference }"""


def test_discarded_is_gone_and_is_not_sent(talking, staff):
    talking.context.set_offline(True)
    talking.sends("On second thoughts")
    expect(talking.state).to_contain_text("Waiting for a connection")
    discard = talking.inside.get_by_role("button", name="Discard")
    talking.tabs_to(discard)
    talking.presses("Enter")
    expect(dialog(talking)).to_contain_text("Discard this message?")
    assert_accessible("asked whether to discard", talking.page, talking.page.frames[1])
    dialog(talking).get_by_role("button", name="Keep").click()
    expect(talking.box).to_have_value("On second thoughts")
    expect(discard).to_be_focused()
    talking.presses("Enter")
    dialog(talking).get_by_role("button", name="Discard").click()
    expect(talking.box).to_have_value("")
    expect(talking.box).to_be_focused()
    keeps_nothing(talking)
    talking.context.set_offline(False)
    talking.says("This one.")
    assert staff.opens(talking.reference).reads() == ["Good morning.", "This one."]


def test_where_storage_is_refused_she_is_asked_to_leave_the_window_open(visitor, staff):
    visitor.context.add_init_script(KEEPS_NOTHING)
    visitor.context.route("**/v1/conversation", refuse_the_cookie)
    visitor.begins("Good morning.")
    visitor.context.set_offline(True)
    visitor.sends("From the lift")
    expect(visitor.state).to_contain_text("This browser keeps nothing here: please leave this window open until it is sent.")
    visitor.context.set_offline(False)
    expect(visitor.box).to_have_value("")
    assert staff.opens(visitor.reference).reads() == ["Good morning.", "From the lift"]


def test_after_a_day_it_is_deleted_and_she_is_told(talking, staff):
    reference = talking.reference
    loses_the_network(talking, "From the lift")
    is_back(talking, hours=24.1)
    expect(talking.alert).to_contain_text("could not be sent within a day. It was deleted from this device.")
    talking.sees("Good morning.")
    expect(talking.box).to_have_value("")
    keeps_nothing(talking)
    assert staff.opens(reference).reads() == ["Good morning."]


def test_two_tabs_send_each_message_once_and_in_order(talking, staff):
    first = talking.page
    second = talking.context.new_page()
    talking.page, talking.inside = second, second.frame_locator("secure-message iframe")
    talking.visits().opens_the_widget().sees("Good morning.")
    talking.context.set_offline(True)
    for page, text in ((first, "From the first tab"), (second, "From the second tab")):
        talking.page, talking.inside = page, page.frame_locator("secure-message iframe")
        talking.sends(text)
        expect(talking.state).to_contain_text("Waiting")
    talking.context.set_offline(False)
    for page in (first, second):
        talking.inside = page.frame_locator("secure-message iframe")
        talking.sees("From the first tab")
        talking.sees("From the second tab")
    assert staff.opens(talking.reference).reads() == ["Good morning.", "From the first tab", "From the second tab"]


def test_what_a_closed_tab_leaves_behind_is_sent_by_the_one_that_is_open(talking, staff):
    first = talking.page
    second = talking.context.new_page()
    talking.page, talking.inside = second, second.frame_locator("secure-message iframe")
    talking.visits().opens_the_widget().sees("Good morning.")
    talking.types("x")  # so that the part that sends is there before the network goes
    talking.types("")
    talking.context.set_offline(True)
    talking.inside = first.frame_locator("secure-message iframe")
    talking.sends("From the first tab")
    expect(talking.state).to_contain_text("Waiting")
    first.close()
    talking.inside = second.frame_locator("secure-message iframe")
    talking.context.set_offline(False)
    talking.sees("From the first tab")
    assert staff.opens(talking.reference).reads() == ["Good morning.", "From the first tab"]
    keeps_nothing(talking)


def test_ended_on_this_device_takes_what_other_tabs_have_left(talking, staff):
    reference = talking.reference
    loses_the_network(talking, "From the lift")
    answers(talking, MESSAGES, 20, status=503)
    is_back(talking)
    expect(talking.state).to_contain_text("Waiting")
    talking.chooses("End and forget")
    talking.inside.get_by_role("button", name="End and forget", exact=True).click()
    expect(talking.inside.get_by_role("button", name="Write a new message")).to_be_visible()
    keeps_nothing(talking)
    talking.context.unroute_all()
    talking.comes_back().opens_the_widget()
    expect(talking.box).to_have_value("")
    assert staff.opens(reference).reads() == ["Good morning."]


WITHOUT_A_LIST = "if (!delete IDBFactory.prototype.databases) throw new Error('it is still there')"


def test_a_browser_that_cannot_list_what_it_keeps_finds_it_all_the_same_and_leaves_nothing(new_visitor, staff):
    visitor, plain = new_visitor(), new_visitor()
    visitor.context.add_init_script(WITHOUT_A_LIST)
    visitor.begins("Good morning.")
    reference = visitor.reference
    loses_the_network(visitor, "From the lift")
    is_back(visitor).sees("From the lift")
    assert staff.opens(reference).reads() == ["Good morning.", "From the lift"]
    plain.context.add_init_script(KEEPS_THE_LIST)
    plain.visits().opens_the_widget()
    until(lambda: plain.page.frames[1].evaluate("looked"), what="a look at the shelf")
    until(lambda: plain.page.frames[1].evaluate("list()") == [], what="no database left behind")


KEEPS_THE_LIST = """const { databases, open } = IDBFactory.prototype;
window.looked = 0;
window.list = async () => (await databases.call(indexedDB)).map(({ name }) => name);
IDBFactory.prototype.open = function (...all) { looked++; return open.apply(this, all) };
delete IDBFactory.prototype.databases;"""


def test_found_again_it_is_known_to_be_kept_and_the_page_may_be_closed(talking):
    loses_the_network(talking, "From the lift")
    answers(talking, MESSAGES, 1000, status=503)
    is_back(talking)
    expect(talking.state).to_contain_text("You can close this page; it is kept here for a day")
    talking.presses("Tab")  # a browser asks before leaving only where something was pressed
    asked = []
    talking.page.on("dialog", lambda question: (asked.append(question.type), question.accept()))
    talking.page.reload()
    talking.launcher.click()
    expect(talking.state).to_contain_text("You can close this page")
    assert asked == []
