"""Checks 27, 28, 47, 48 and 52: what a screen reader hears, and how often; what counts as read; what is told about the unread;
what a copy of the conversation holds."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.hosts import SCRIPTS

SILENT = """for (const source of [HTMLMediaElement, AudioContext]) for (const act of ["play", "createOscillator", "resume"])
    if (source.prototype[act]) source.prototype[act] = () => { throw Error("a sound") };"""
TOLD = """() => { told = []; titles = []; addEventListener("securemessage:unread", ({ detail }) => told.push(detail));
    new MutationObserver(() => titles.push(document.title)).observe(document.head, { subtree: true, childList: true }) }"""
AWAY = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => !!window.away })"


def heard(visitor, role: str) -> list[str]:
    return [text for kind, text in visitor.page.frames[1].evaluate("said") if kind == role]


def test_27_a_new_message_is_announced_once_and_the_past_never(visitor, staff):
    visitor.context.add_init_script(path=SCRIPTS / "listening.js")
    visitor.begins("Is the flu jab free?")
    log = visitor.inside.get_by_role("log", name="Conversation")
    staff.opens(visitor.reference).replies("Yes, it is.")
    visitor.sees("Yes, it is.")
    [said] = [text for text in heard(visitor, "log") if "Yes, it is." in text]
    assert said.startswith("Ana Ruiz, NurseYes, it is."), "who says it, what, and when, in one piece"
    visitor.closes_the_widget()
    visitor.opens_the_widget()
    assert len([text for text in heard(visitor, "log") if "Yes, it is." in text]) == 1, "drawn again, it is not read again"
    visitor.context.set_offline(True)
    expect(visitor.inside.get_by_role("status").filter(has_text="You are offline.")).to_be_visible()
    visitor.context.set_offline(False)
    staff.replies("Come on Tuesday.")
    visitor.sees("Come on Tuesday.")
    assert [sum(each in text for text in heard(visitor, "log")) for each in ("Yes, it is.", "Come on Tuesday.")] == [1, 1]

    visitor.page.reload()
    visitor.opens_the_widget().sees("Come on Tuesday.")
    assert heard(visitor, "log") == [], "the history is not read aloud to who comes back"
    assert log.count() == 1 and visitor.inside.locator("[aria-live=assertive]").count() == 0


def test_28_where_a_message_stands_is_a_status_and_what_went_wrong_an_alert_tied_to_its_field(visitor):
    visitor.context.add_init_script(path=SCRIPTS / "listening.js")
    visitor.visits().opens_the_widget()
    visitor.button.click()
    for label in ("What is it about?", "Your message", "I have read this and agree"):
        field = visitor.inside.get_by_label(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = field.evaluate("field => document.getElementById(field.getAttribute('aria-describedby')).textContent")
        assert described.startswith("Please "), label
    expect(visitor.inside.get_by_label("What is it about?")).to_be_focused()
    visitor.fills_in().types("Is anybody there?")
    visitor.context.route("**/conversations", lambda route: route.fulfill(
        status=422, content_type="application/problem+json", body='{"detail": "This cannot be sent."}'))
    visitor.button.click()
    expect(visitor.alert).to_have_text("Not sent. This cannot be sent.")
    expect(visitor.box).to_have_value("Is anybody there?")
    assert heard(visitor, "alert") == ["Not sent. This cannot be sent."]
    assert "Sending…" in heard(visitor, "status")


def test_47_an_answer_counts_as_read_only_when_it_stood_in_an_open_panel_of_a_page_in_sight(visitor, staff):
    visitor.context.add_init_script(AWAY)
    visitor.begins("Is the flu jab free?")
    visitor.closes_the_widget()
    staff.opens(visitor.reference).replies("Yes.")
    expect(visitor.launcher).to_contain_text("(1)")
    assert not visitor.asked("POST", "/opened")
    frame = visitor.page.frames[1]
    frame.evaluate("window.away = true")
    visitor.launcher.click()
    visitor.sees("Yes.")
    assert not visitor.asked("POST", "/opened"), "the panel is open in a tab that nobody sees"
    with visitor.page.expect_response("**/v1/conversation/opened") as answer:
        frame.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.status == 204
    expect(staff.page.locator(".seen").last).to_contain_text("Opened by the visitor")


def test_48_the_unread_are_told_once_by_the_launchers_name_and_no_sound_is_made(visitor, staff):
    visitor.context.add_init_script(SILENT)
    visitor.begins("Is the flu jab free?")
    visitor.closes_the_widget()
    visitor.page.evaluate(TOLD)
    staff.opens(visitor.reference).replies("Yes.")
    expect(visitor.launcher).to_have_accessible_name("Send us a message (1)")
    staff.replies("On Tuesdays.")
    expect(visitor.launcher).to_have_accessible_name("Send us a message (2)")
    visitor.opens_the_widget()
    expect(visitor.launcher).to_have_accessible_name("Send us a message")
    assert visitor.page.evaluate("[told, titles]") == [[1, 2, 0], []], "what to do with its title is the website's own business"
    assert not visitor.trouble


def test_52_a_saved_copy_holds_exactly_what_is_shown_and_a_receipt_of_each_own_message(new_visitor, staff):
    visitor = new_visitor(timezone_id="America/Halifax").begins("Is the flu jab free?\nI am 70.")
    staff.opens(visitor.reference).does("Claim")
    staff.replies("Yes, <b>for you</b> it is. مرحبا")
    staff.notes("Ask about the egg allergy.")
    visitor.sees("Yes, <b>for you</b> it is. مرحبا")
    before = len(visitor.requests)
    with visitor.page.expect_download() as saved:
        visitor.inside.get_by_role("button", name="Save this conversation").click()
    assert saved.value.suggested_filename == f"{visitor.reference}.txt"
    text = Path(saved.value.path()).read_text("utf-8")
    shown = visitor.inside.get_by_role("log").inner_text()
    copy, _, proofs = text.partition("\n\nReceipts: each line proves what was received from you, and when.\n")
    assert copy == f"Elm Street Surgery\n\n{visitor.reference}\n\n{shown}"
    assert [json.loads(line)["text"] for line in proofs.splitlines()] == ["Is the flu jab free?\nI am 70."]
    assert all(said in text for said in (*visitor.reads(), "Ana Ruiz, Nurse", "You", "Your message is now with"))
    assert "egg" not in text
    asked = [request.url for request in visitor.requests[before:] if not request.url.startswith("blob:")]
    quiet = ("/opened", "/events", "/messages", "/receipts")
    assert [url for url in asked if not any(part in url for part in quiet)] == []
