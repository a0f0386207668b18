"""The end of a conversation, by the page and by the frame's call; and what is typed survives whatever is in its way."""

import pytest

from securemsg.errors import Unavailable
from tests.http.forms import every_form, fields, words
from tests.http.house import HARBOUR
from tests.http.people import new_key

PAGE, CONVERSATION, CLOSE = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/conversation", f"/contact/{HARBOUR}/close"


@pytest.fixture
def leo(house):
    """A browser without script, with a conversation of one message."""
    browser = house.browser()
    consent = browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    form = {"category": "other", "about": "me", "text": "one", "consent": consent}
    assert browser.submit(PAGE, fields(browser.get(PAGE)) | form).status == 303
    return browser


def form_of(leo) -> dict[str, str]:
    return fields(leo.get(CONVERSATION), "/conversation")


def answer(ana, text: str) -> None:
    """A reply that went out."""
    [conversation] = ana.inbox()
    ana.replies(conversation, text)


def test_a_visitor_closes_and_takes_it_up_again_by_writing(house, leo):
    ana = house.staff("Ana")
    closed = leo.submit(CLOSE, form_of(leo))
    assert (closed.status, closed.location) == (303, f"{CONVERSATION}?closed=1")
    page = leo.get(closed.location)
    assert "You closed this conversation." in page.text and "Thank you." in page.text and CLOSE not in page.text
    assert ana.inbox() == [] and len(ana.inbox("closed")) == 1
    assert leo.submit(CONVERSATION, form_of(leo) | {"text": "One more thing."}).status == 303
    assert len(ana.inbox()) == 1 and CLOSE in leo.get(CONVERSATION).text


def test_pressed_twice_it_closes_once(leo):
    form = form_of(leo)
    assert [leo.submit(CLOSE, form).status for _ in range(2)] == [303, 303]
    assert leo.get(CONVERSATION).text.count("You closed this conversation.") == 1


def test_what_was_typed_and_not_sent_is_not_closed_away(house, leo):
    kept = leo.submit(CLOSE, form_of(leo) | {"text": "And is parking free?"})
    assert kept.status == 409 and "This was not sent yet." in kept.text
    assert 'href="#f-text"' in kept.text and 'aria-invalid="true"' in kept.text
    assert fields(kept, "/conversation")["text"] == "And is parking free?" and len(house.staff("Ana").inbox()) == 1


def test_an_answer_that_was_not_read_is_shown_first(house, leo):
    form = form_of(leo)
    answer(house.staff("Ana"), "Bring your card.")
    told = leo.submit(CLOSE, form)
    assert told.status == 409 and "has written in the meantime" in told.text and words(told) == ["one", "Bring your card."]
    assert leo.submit(CLOSE, fields(told, "/conversation")).status == 303


def test_a_conversation_that_is_closed_is_not_closed_again(leo):
    form = form_of(leo)
    leo.submit(CLOSE, form)
    told = leo.submit(CLOSE, form | {"close_key": new_key()})
    assert told.status == 409 and "closed already" in told.text


def test_an_earlier_end_pressed_again_does_not_pretend(leo):
    form = form_of(leo)
    leo.submit(CLOSE, form)
    assert leo.submit(CONVERSATION, form | {"text": "One more thing."}).status == 303, "sending has a key of its own"
    told = leo.submit(CLOSE, form)
    assert told.status == 409 and "is open again" in told.text and words(told) == ["one", "One more thing."]
    assert leo.submit(CLOSE, fields(told, "/conversation")).location == f"{CONVERSATION}?closed=1"
    assert leo.get(CONVERSATION).text.count("You closed this conversation.") == 2


def test_only_from_the_newest_messages_and_only_ones_own(house, leo):
    assert leo.submit(CLOSE, form_of(leo) | {"seen": "x"}).status == 400
    assert leo.submit(CLOSE, form_of(leo) | {"conversation": new_key()}).status == 409
    assert house.browser().submit(CLOSE, form_of(leo)).status == 401 and len(house.staff("Ana").inbox()) == 1


def test_the_frame_closes_by_a_call_of_its_own(house):
    mia, ana = house.visitor(), house.staff("Ana")
    mia.opens("one")
    key = new_key()
    done = [mia.asks("POST", "/close", {"upto_seq": 1}, {"Idempotency-Key": key}) for _ in range(2)]
    assert [each.status for each in done] == [201, 201] and done[0].json == done[1].json
    assert done[0].json["message"]["kind"] == "system.closed" and done[0].json["message"]["data"] == {"by": "visitor"}
    assert mia.reads() == ["one", "system.closed"] and mia.asks("GET").json["conversation"]["state"] == "closed"
    page = ana.opens(f"conversations/{mia.conversation}").text
    assert "<bdi>The visitor</bdi> closed this conversation" in page and "Closed: Answered, says the visitor" in page
    assert ana.inbox() == []


def test_two_weeks_after_the_end_nothing_is_promised_and_what_was_typed_becomes_a_first_message(house, leo):
    leo.submit(CLOSE, form_of(leo))
    assert "within 14 days" in leo.get(CONVERSATION).text
    form = form_of(leo) | {"text": "My fever is back."}
    house.clock.passes(minutes=15 * 24 * 60)
    page = leo.get(CONVERSATION)
    assert "within 14 days" not in page.text and "closed a while ago" in page.text and f'href="{PAGE}"' in page.text
    assert [to for to, _ in every_form(page)] == [f"{PAGE}/code", f"{PAGE}/forget"], "it can still be read, elsewhere too"
    told = leo.submit(CONVERSATION, form)
    kept = fields(told, PAGE)
    assert told.status == 422 and "closed a while ago" in told.text and kept["text"] == "My fever is back."
    consent = leo.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    again = kept | {"category": "other", "about": "me", "consent": consent, "another": "1"}
    assert leo.submit(PAGE, again).status == 303 and words(leo.get(CONVERSATION)) == ["My fever is back."]


def test_two_weeks_after_the_end_the_frame_is_told_that_it_is_over(house):
    mia = house.visitor()
    mia.opens("one")
    mia.asks("POST", "/close", {"upto_seq": 1}, {"Idempotency-Key": new_key()})
    house.clock.passes(minutes=15 * 24 * 60)
    told = mia.says("My fever is back.")
    assert (told.status, told.json["type"].rpartition("/")[2]) == (422, "over") and "start a new one" in told.json["detail"]


@pytest.mark.parametrize(("headers", "body", "status"), [
    ({}, {"upto_seq": 1}, 400), ({"Idempotency-Key": "k" * 20}, {}, 422), ({"Idempotency-Key": "k" * 20}, {"upto_seq": -1}, 422),
    ({"Idempotency-Key": "k" * 20, "Securemsg-Conversation": "another"}, {"upto_seq": 1}, 401)])
def test_a_call_that_is_not_whole_closes_nothing(house, headers, body, status):
    mia = house.visitor()
    mia.opens("one")
    assert mia.asks("POST", "/close", body, headers).status == status and mia.reads() == ["one"]


def test_whose_session_is_over_sends_the_text_as_a_new_message(house, leo):
    form = form_of(leo) | {"text": "typed with care"}
    leo.jar = dict.fromkeys(leo.jar, f"smv_{HARBOUR}_" + "A" * 43)
    over = leo.submit(CONVERSATION, form)
    assert over.status == 401 and "so this was not sent" in over.text
    kept = fields(over, PAGE)
    assert (kept["text"], kept["key"]) == ("typed with care", form["key"])
    consent = leo.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    assert leo.submit(PAGE, kept | {"category": "other", "about": "me", "consent": consent}).status == 303
    assert len(house.staff("Ana").inbox()) == 2


def test_a_strangers_form_puts_no_words_on_the_page(house):
    for headers in ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "", "Origin": ""}):
        told = house.browser().submit(CONVERSATION, {"text": "call 0900 EVIL", "key": new_key()}, headers)
        assert told.status == 403 and "EVIL" not in told.text


def test_a_text_that_is_far_too_long_is_kept_as_well(leo):
    long = "All of it. " * 20_000
    told = leo.submit(CONVERSATION, form_of(leo) | {"text": long})
    assert told.status == 413 and fields(told, "/conversation")["text"] == long
    told = leo.submit(PAGE, fields(leo.get(PAGE)) | {"text": long})
    assert told.status == 413 and fields(told, PAGE)["text"] == long


def test_while_the_database_is_away_the_text_waits_on_the_page(house, leo, monkeypatch):
    form = form_of(leo) | {"text": "typed with care"}

    def away(*args, **how):
        raise Unavailable(retry_after_seconds=5)

    with monkeypatch.context() as now:
        for verb in ("read", "write"):
            now.setattr(house.desk.database, verb, away)
        told = leo.submit(CONVERSATION, form)
    assert told.status == 503 and "It is kept on this page." in told.text
    [(to, kept)] = every_form(told)
    assert to == CONVERSATION and kept == form
    assert leo.submit(to, kept).status == 303 and words(leo.get(CONVERSATION)) == ["one", "typed with care"]


def test_a_fault_of_ours_loses_no_text_either(house, leo, monkeypatch):
    form = form_of(leo) | {"text": "typed with care"}
    with monkeypatch.context() as now:
        now.setattr("securemsg.http.contact_sending.schemas.checked", lambda *_: 1 / 0)
        told = leo.submit(CONVERSATION, form)
    assert told.status == 500 and every_form(told) == [(CONVERSATION, form)]
