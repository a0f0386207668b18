"""What plugins say, in the frame: notices, forms, choices, the safety notice; with a mouse, with keys, over a bad network."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from securemsg import Choice, File, Form, Link, Option, Text
from securemsg.desk.clinics import clinic
from securemsg.desk.plugin import PluginDesk
from securemsg.times import now
from securemsg.words.catalogue import texts
from tests.browser.axe import assert_accessible
from tests.browser.counter import ANSWER, FULL, NOON, NOTICE
from tests.browser.house import ELM, House
from tests.browser.looks import assert_nothing_is_cut_off, shown, too_small
from tests.browser.people import Visitor
from tests.browser.plugged import plugged
from tests.browser.test_languages import PLUGINS, Reader

MESSAGES = re.compile(r"/v1/conversation/messages$")
OPENING, PROBLEM = re.compile(r"/v1/clinics/elm/conversations$"), "application/problem+json"
SAFETY = re.compile(r"/safety\.json")
SMALL, TINY = {"width": 320, "height": 568}, {"width": 320, "height": 256}
CALENDAR = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
CANCEL = Choice("You cannot come?", "counter.chosen", (
    Option("off", "Cancel the appointment", "Cancel this appointment? Tuesday, 10:00"),))
PAIN = "Since this morning I have chest pain."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, nothing_survives: None) -> Iterator[House]:
    """A house of its own, where the plugin of counter.py is installed as pip would, and named."""
    with plugged(tmp_path_factory.mktemp("plugged"), "counter", "tests.browser.counter") as made:
        yield made


@pytest.fixture
def offered(house: House) -> Callable[..., None]:
    """The plugin writes to somebody: times to choose from, a link, a form, a file."""
    def reply(visitor: Visitor, *said: Choice) -> None:
        times = Option("tue", "Tuesday, 10:00"), Option("wed", "Wednesday, 14:30")
        parts = said or (Text("We can offer these times."), Choice("When does it suit you?", "counter.chosen", times),
                 Link("Map", "https://example.org/map"), Form("Tell us more", "counter.more"),
                 File("visit.ics", "text/calendar", CALENDAR))
        with house.opened() as desk:
            plugin = PluginDesk(desk, "counter", clinic(desk, ELM).id, now())
            plugin.reply(conversation_of(visitor), *parts)
            assert desk.database.write(plugin.write())
        looks_again(visitor)

    return reply


def conversation_of(visitor: Visitor) -> str:
    answer = next(answer for answer in visitor.answers if answer.url.endswith("/conversations") and answer.status == 201)
    return answer.json()["conversation"]["id"]


def looks_again(visitor: Visitor) -> None:
    """As when the network comes back: what is new is fetched."""
    visitor.page.frames[1].evaluate("() => { dispatchEvent(new Event('online')) }")


def fields(visitor: Visitor):
    return visitor.inside.locator(".filling")


def fills_the_form(visitor: Visitor, reason: str = "Knee") -> None:
    form = fields(visitor)
    form.get_by_label("Reason").fill(reason)
    form.get_by_label("First day").fill("2026-12-01")
    form.get_by_label("Earliest time").fill("14:05")
    form.get_by_role("radio", name="Any time").check()
    form.get_by_label("I am in pain").check()
    form.get_by_label("For how many").fill("٢")


def card(visitor: Visitor):
    return visitor.inside.get_by_role("alertdialog")


def test_before_anything_is_written_the_clinic_says_when_it_opens_and_what_can_be_started(new_visitor):
    visitor = new_visitor(timezone_id="Europe/Berlin").visits().opens_the_widget()
    hours = visitor.inside.locator(".hours")
    expect(hours).to_contain_text(re.compile(r"Closed now, opens \w+,? 8:00 AM \(\w+,? (12|1):00 PM your time\)"))
    expect(visitor.inside.get_by_text(NOTICE)).to_be_visible()
    expect(visitor.inside.get_by_role("link", name="https://example.org/flu")).to_have_attribute("rel", "noopener noreferrer")
    expect(visitor.inside.get_by_role("link", name="Find us")).to_have_attribute("target", "_blank")
    order = visitor.page.frames[1].evaluate("""() => [...document.querySelectorAll('.emergency h2, .notice, select')]
        .map(({ className, localName }) => className || localName)""")
    assert order[:4] == ["h2", "notice closed", "notice info", "select"], "whom to call comes first, then what to know"
    assert_accessible("notices and offers", visitor.page, visitor.page.frames[1])
    visitor.page.set_viewport_size(SMALL)
    assert too_small(visitor.page.frames[1], 44) == []
    assert_nothing_is_cut_off(visitor.page.frames[1], "notices on a small phone")
    assert not visitor.trouble


def test_by_when_an_answer_comes_is_said_once_and_is_that_of_the_category(new_visitor):
    visitor = new_visitor(timezone_id="Europe/Berlin").visits().opens_the_widget()
    promise, category = visitor.inside.locator(".promise"), visitor.inside.get_by_label("What is it about?")
    expect(promise).to_have_text(re.compile(r"^Write now and you have an answer by \w+,? 10:00 AM \(.+ [23]:00 PM your time\).$"))
    assert "within one working day" not in visitor.inside.locator("body").inner_text(), "it is said already"
    category.select_option("appointment")
    expect(promise).to_have_text(NOON)
    category.select_option("other")
    expect(promise).to_contain_text("Write now")
    visitor.fills_in(category="Appointment", contact="leo@example.org")
    visitor.sends("May I come?")
    expect(visitor.inside.locator(".reference")).to_contain_text(NOON)
    expect(visitor.inside.get_by_text("Write now")).to_have_count(0)
    assert not visitor.trouble


def test_whom_to_call_stays_in_sight_whatever_is_said_by_itself_below(new_visitor, offered):
    visitor = new_visitor(viewport=SMALL).visits().opens_the_widget().fills_in()
    visitor.sends(PAIN)
    card(visitor).get_by_role("button", name="Send my message").click()
    call = visitor.inside.locator(".answer").get_by_role("link", name="Call 911")
    expect(call).to_be_in_viewport(ratio=1)
    for _ in range(2):
        offered(visitor, *[Text(f"{number}. The practice is closed now.") for number in range(15)])
    expect(visitor.inside.locator(".theirs")).to_have_count(2)
    expect(call).to_be_in_viewport(ratio=1)
    expect(visitor.inside.locator(".theirs .when").last).not_to_be_in_viewport()


def test_ones_own_message_stays_in_sight_above_what_else_can_be_started(new_visitor, offered):
    visitor = new_visitor(viewport=SMALL).visits().opens_the_widget().fills_in()
    for said in ("May I come on Tuesday?", "Or is Thursday better?", "I can come at any time."):
        visitor.says(said)
        expect(visitor.inside.locator(".mine .bubble").last).to_be_in_viewport(ratio=1)
    offered(visitor, Text("Thank you. We look for a time."))
    expect(visitor.inside.locator(".theirs .bubble").last).to_be_in_viewport(ratio=1)


def test_whom_no_mail_reaches_is_offered_no_code_and_told_what_to_do(visitor):
    visitor.begins("Good morning.")
    visitor.inside.get_by_text("Options").click()
    visitor.inside.get_by_role("button", name="Continue on another device").click()
    dialog = visitor.inside.get_by_role("dialog")
    expect(dialog).to_contain_text(f"write a new message and give the reference {visitor.reference}, or call.")
    expect(dialog.get_by_role("button", name="Show a code")).to_have_count(0)
    expect(dialog.get_by_role("heading").first).to_be_focused()
    expect(dialog.get_by_text("Here, now")).to_be_visible()
    assert_accessible("without a code", visitor.page, visitor.page.frames[1])


def test_a_form_is_sent_once_over_a_network_that_fails_and_what_stood_in_the_box_stays(visitor, staff):
    visitor.begins("Good morning.").types("And another thing")
    visitor.inside.get_by_role("button", name="Ask for an appointment").click()
    expect(fields(visitor).get_by_label("Reason")).to_be_focused()
    visitor.button.click()
    expect(fields(visitor).get_by_label("Reason")).to_have_accessible_description("Please fill this in.")
    expect(fields(visitor).get_by_role("radio", name="Any time")).to_have_accessible_description("Please choose one.")
    expect(fields(visitor).get_by_label("Reason")).to_be_focused()
    assert_accessible("a form with faults", visitor.page, visitor.page.frames[1])
    fills_the_form(visitor)
    visitor.context.route(MESSAGES, lambda route: route.abort("connectionfailed"), times=2)
    expect(visitor.button).to_have_text("Ask")
    visitor.button.click()
    expect(visitor.state).to_contain_text("Waiting")
    visitor.sees("Asks for an appointment: Knee")
    expect(visitor.box).to_have_value("And another thing")
    tries = visitor.asked("POST", "/messages")
    assert len(tries) == 3 and len({request.headers["idempotency-key"] for request in tries}) == 1
    sent = {"reason": "Knee", "day": "2026-12-01", "at": "14:05", "part": "any", "pain": True, "people": 2}
    assert json.loads(tries[0].post_data) == {"kind": "counter.request", "data": sent}
    staff.opens(visitor.reference)
    staff.page.get_by_text("Asks for an appointment: Knee").first.wait_for()


def test_what_is_refused_keeps_what_was_filled_in(visitor):
    visitor.visits().opens_the_widget().fills_in()
    visitor.inside.get_by_role("button", name="Ask for an appointment").click()
    fills_the_form(visitor, "Friday")
    visitor.button.click()
    expect(visitor.alert).to_contain_text(FULL)
    expect(fields(visitor).get_by_label("Reason")).to_have_value("Friday")
    fault = {"detail": "Please look at what is marked.", "errors": {"data.reason": ["Please say more."]}}
    visitor.context.route(OPENING, lambda route: route.fulfill(status=422, content_type=PROBLEM, body=json.dumps(fault)), times=1)
    visitor.button.click()
    expect(fields(visitor).get_by_label("Reason")).to_have_accessible_description("Please say more.")
    expect(fields(visitor).get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    visitor.inside.get_by_role("button", name="Write a message instead").click()
    expect(visitor.box).to_be_focused()
    visitor.inside.get_by_role("button", name="Ask for an appointment").click()
    expect(fields(visitor).get_by_label("Reason")).to_have_value("Friday")
    fields(visitor).get_by_label("Reason").fill("Monday")
    visitor.button.click()
    visitor.sees("Asks for an appointment: Monday")


def test_what_was_filled_in_outlives_a_reload(visitor):
    visitor.begins("Good morning.")
    visitor.inside.get_by_role("button", name="Ask for an appointment").click()
    fills_the_form(visitor)
    visitor.page.frames[1].wait_for_function("() => Object.keys(sessionStorage).some((name) => name.endsWith('draft'))")
    visitor.visits().launcher.click()
    expect(fields(visitor).get_by_label("Reason")).to_have_value("Knee")
    expect(fields(visitor).get_by_role("radio", name="Any time")).to_be_checked()


def test_a_choice_is_answered_once_by_keys_and_shows_its_answer_ever_after(visitor, offered):
    visitor.begins("May I have an appointment?").types("Half a sente")
    offered(visitor)
    tuesday, wednesday = (visitor.inside.get_by_role("button", name=name) for name in ("Tuesday, 10:00", "Wednesday, 14:30"))
    expect(wednesday).to_be_visible()
    expect(visitor.inside.locator(".theirs .who")).to_have_text("Automatic message")
    expect(visitor.inside.get_by_role("group", name="When does it suit you?")).to_be_visible()
    expect(visitor.inside.get_by_role("link", name="Map", exact=True)).to_have_attribute("rel", "noopener noreferrer")
    with visitor.page.expect_download() as begun:
        visitor.inside.get_by_role("button", name="Save visit.ics").click()
    assert begun.value.suggested_filename == "visit.ics"
    assert Path(begun.value.path()).read_bytes().decode() == CALENDAR
    wednesday.focus()
    visitor.presses("Enter")
    expect(visitor.inside.locator(".mine .bubble").last).to_have_text("Wednesday, 14:30")
    expect(wednesday).to_have_attribute("aria-pressed", "true")
    expect(tuesday).to_have_attribute("aria-disabled", "true")
    expect(wednesday).to_be_focused()
    expect(visitor.box).to_have_value("Half a sente")
    wednesday.press("Enter")
    tuesday.click(force=True)
    sent = visitor.asked("POST", "/messages")
    assert [json.loads(request.post_data) for request in sent] == [{"kind": "counter.chosen", "data": {"answer": "wed"}}]
    assert_accessible("a choice that is answered", visitor.page, visitor.page.frames[1])
    visitor.visits().launcher.click()
    expect(wednesday).to_have_attribute("aria-pressed", "true")
    visitor.inside.get_by_role("button", name="Tell us more").click()
    expect(fields(visitor).get_by_label("More")).to_be_focused()
    assert not visitor.trouble


def test_what_one_press_must_not_do_is_asked_first(visitor, offered):
    visitor.begins("May I have an appointment?")
    offered(visitor, CANCEL)
    cancel = visitor.inside.get_by_role("button", name="Cancel the appointment")
    sure = visitor.inside.get_by_role("group", name="Cancel this appointment? Tuesday, 10:00")
    cancel.click()
    expect(sure).to_be_focused()
    assert_accessible("what is asked first", visitor.page, visitor.page.frames[1])
    sure.get_by_role("button", name="No, go back").click()
    expect(sure).to_have_count(0)
    expect(cancel).to_be_focused()
    visitor.presses("Enter")
    expect(sure).to_be_focused()
    assert not visitor.asked("POST", "/messages"), "nothing is cancelled yet"
    visitor.tabs_to(sure.get_by_role("button", name="Cancel the appointment"))
    visitor.presses("Enter")
    expect(visitor.inside.locator(".mine .bubble").last).to_have_text("Cancel the appointment")
    expect(cancel).to_have_attribute("aria-pressed", "true")
    assert [json.loads(request.post_data)["data"] for request in visitor.asked("POST", "/messages")] == [{"answer": "off"}]
    assert not visitor.trouble


def test_what_the_frame_does_not_know_is_text_and_nothing_runs(visitor, offered):
    strange = [{"type": "hologram", "text": "From a later version."},
               {"type": "constructor", "text": "<img src=x onerror=alert(1)>"},
               {"type": "link", "text": "Odd: javascript:alert(1)", "label": "Odd", "url": "javascript:alert(1)"}]

    def add(route):
        answer = route.fetch()
        body = answer.json()
        for item in body["items"]:
            item["data"].get("parts", []).extend(strange)
        route.fulfill(response=answer, json=body)

    visitor.context.route(re.compile(r"/messages\?after="), add)
    visitor.begins("May I have an appointment?")
    offered(visitor)
    for part in strange:
        expect(visitor.bubbles.last.get_by_text(part["text"], exact=True)).to_be_visible()
    assert visitor.bubbles.last.get_by_role("link").all_inner_texts() == ["Map"]
    assert visitor.bubbles.last.locator("img").count() == 0 and not visitor.trouble
    visitor.context.unroute_all(behavior="ignoreErrors")


def test_a_choice_made_without_a_network_is_sent_when_it_is_back_also_after_a_reload(visitor, offered):
    visitor.begins("May I have an appointment?")
    offered(visitor)
    visitor.context.route(MESSAGES, lambda route: route.abort("connectionfailed") if route.request.method == "POST"
                          else route.fallback())
    tuesday = visitor.inside.get_by_role("button", name="Tuesday, 10:00")
    tuesday.click()
    expect(visitor.state).to_contain_text("Waiting")
    expect(tuesday).to_have_attribute("aria-pressed", "true")
    visitor.visits().launcher.click()
    expect(visitor.state).to_contain_text("Waiting")
    expect(tuesday).to_have_attribute("aria-pressed", "true")
    visitor.context.unroute_all()
    looks_again(visitor)
    expect(visitor.inside.locator(".mine .bubble").last).to_have_text("Tuesday, 10:00")
    assert len({request.headers["idempotency-key"] for request in visitor.asked("POST", "/messages")}) == 1
    assert visitor.reads()[2:] == ["Tuesday, 10:00"], "once"


def test_the_safety_notice_comes_before_the_message_goes_and_then_it_goes(visitor):
    with visitor.page.expect_response(SAFETY):
        visitor.visits().opens_the_widget().fills_in()
    visitor.sends(PAIN)
    expect(card(visitor)).to_be_focused()
    expect(card(visitor)).to_have_accessible_name(re.compile("Safety notice.*Call 911 now"))
    expect(card(visitor)).to_have_accessible_description("Nobody may read your message at once.")
    expect(card(visitor).get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
    assert_accessible("the safety notice", visitor.page, visitor.page.frames[1])
    assert not visitor.asked("POST", "/conversations"), "nothing has left"
    visitor.presses("Escape")
    expect(card(visitor)).to_have_count(0)
    expect(visitor.box).to_be_focused()
    expect(visitor.panel).to_be_visible()
    visitor.button.click()
    visitor.types(PAIN + " It is bad.")
    expect(card(visitor)).to_have_count(0)
    visitor.button.click()
    expect(card(visitor)).to_be_focused()
    visitor.tabs_to(card(visitor).get_by_role("button", name="Send my message"))
    visitor.presses("Enter")
    visitor.sees(PAIN + " It is bad.")
    expect(visitor.inside.get_by_role("note", name="Please note")).to_contain_text(ANSWER)
    tries = visitor.asked("POST", "/conversations")
    assert len(tries) == 1 or len({request.headers["idempotency-key"] for request in tries}) == 1
    assert json.loads(tries[0].post_data)["safety_notice"] == "sent"
    assert_accessible("what was answered at once", visitor.page, visitor.page.frames[1])
    visitor.says("I have no chest pain any more.")


@pytest.mark.parametrize("fault", ["is not there", "never comes", "is rubbish", "is something else"])
def test_without_its_list_the_safety_notice_blocks_nothing(visitor, fault):
    answers = {"is not there": lambda route: route.fulfill(status=503), "never comes": lambda route: None,
               "is rubbish": lambda route: route.fulfill(body="<h1>Sign in</h1>"),
               "is something else": lambda route: route.fulfill(json={"lists": {}})}
    visitor.context.route(SAFETY, answers[fault])
    visitor.begins(PAIN)
    expect(card(visitor)).to_have_count(0)
    visitor.context.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("size", [SMALL, TINY], ids=["phone", "400 %"])
def test_in_small_windows_all_of_it_is_there_and_reached_by_keys(new_visitor, size):
    visitor = new_visitor(viewport=size)
    with visitor.page.expect_response(SAFETY):
        visitor.visits().opens_the_widget().fills_in()
    frame = visitor.page.frames[1]
    visitor.inside.get_by_role("button", name="Ask for an appointment").click()
    expect(fields(visitor).get_by_label("Reason")).to_be_focused()
    assert_nothing_is_cut_off(frame, "a form")
    assert too_small(frame, 24) == []
    fields(visitor).get_by_label("Reason").fill(PAIN)
    fields(visitor).get_by_role("radio", name="Any time").check()
    visitor.button.click()
    expect(card(visitor)).to_be_focused()
    assert_nothing_is_cut_off(frame, "the safety notice")
    for name in ("Call 911", "Send my message"):
        visitor.presses("Tab")
        assert name in shown(frame.evaluate_handle("document.activeElement").as_element())


def test_what_the_frame_itself_says_of_it_is_in_the_visitors_language_and_fits(new_visitor, offered):
    visitor = new_visitor(locale="ru", viewport=SMALL, timezone_id="Asia/Tokyo").visits()
    visitor.launcher.click()
    reader, inside = Reader(visitor.page.frames[1], "ru"), visitor.inside
    inside.locator(".offers button").click()
    for number in ("99", "x"):
        expect(fields(visitor)).to_be_visible()
        inside.locator("[name='data-people']").fill(number)
        visitor.button.click()
        expect(inside.locator("#data-people-fault")).not_to_be_empty()
        reader.looks()
    inside.locator("[name='data-reason']").fill("x" * 201)
    visitor.button.click()
    expect(inside.locator("#data-reason-fault")).to_contain_text("200")
    reader.looks()
    inside.locator(".plain:not([hidden])", has_text=texts("ru", "frame")["forms.back"]).click()
    reader.looks()
    writes(visitor, PAIN)
    card(visitor).get_by_role("button").click()
    for times in (1, 2):  # asked twice, the first can no longer be answered
        expect(visitor.bubbles).to_have_count(times)
        offered(visitor)
        expect(inside.locator(".option")).to_have_count(2 * times)
    reader.looks()
    offered(visitor, CANCEL)
    inside.locator(".option[value=off]").click()
    reader.looks()
    no_cause = {"forms.needYes", "front.closes"}  # nothing here must be ticked; this clinic is never open
    assert reader.missed() & PLUGINS <= no_cause and not reader.english()


def writes(visitor: Visitor, text: str) -> None:
    """A first message, in whichever language the frame speaks."""
    visitor.inside.locator("select").select_option("other")
    visitor.inside.get_by_role("radio").first.check()
    visitor.inside.locator("[name=consent]").check()
    visitor.inside.locator("textarea").fill(text)
    visitor.button.click()


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}, {"locale": "ar"}], ids=str)
def test_in_everybodys_own_colours_motion_and_direction(new_visitor, offered, options):
    visitor = new_visitor(**options).visits()
    visitor.launcher.click()
    inside = visitor.inside
    writes(visitor, "Hello")
    expect(visitor.bubbles).to_have_count(1)
    offered(visitor)
    expect(inside.locator(".option")).to_have_count(2)
    frame = visitor.page.frames[1]
    assert_nothing_is_cut_off(frame, str(options))
    assert not frame.evaluate("() => document.getAnimations().filter(({ playState }) => playState === 'running').length")
    visitor.tabs_to(inside.get_by_role("button", name="Wednesday, 14:30"), "Shift+Tab")
    assert "Wednesday" in shown(frame.evaluate_handle("document.activeElement").as_element())


def test_the_owners_page_of_plugins_is_accessible_and_folds_by_keyboard(house, new_staff):
    maren = new_staff("Maren Whitlock", viewport=SMALL)
    page = maren.page
    page.goto(f"{maren.clinic}plugins/")
    fold, inside = page.locator(".plugged > summary"), page.locator(".plugged").get_by_text("Personal data")
    expect(inside).to_be_visible()  # the only one stands open
    inside.click()
    assert_accessible("the plugins", page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    maren.tabs_to(fold)
    maren.presses("Enter")
    expect(inside).to_be_hidden()
    assert_accessible("the plugins, folded", page)
