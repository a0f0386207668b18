"""A visitor has the conversation deleted, by the page and by the frame's call; compliance holds, exports, erases and answers."""

import json

import pytest

from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.desk.erasing import holds
from tests.http.forms import every_form, fields
from tests.http.house import HARBOUR, _enrolled
from tests.http.people import Staff, new_key
from tests.http.test_streams_end import followed

PAGE, DELETE = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/delete"


@pytest.fixture
def leo(house):
    """A browser without script, with a conversation of one message."""
    browser = house.browser()
    consent = browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    form = {"category": "other", "about": "me", "text": "one", "consent": consent}
    assert browser.submit(PAGE, fields(browser.get(PAGE)) | form).status == 303
    return browser


@pytest.fixture
def cora(house):
    """Compliance, who confirmed a moment ago that it is she."""
    person = Staff.signed_in(house.browser(), _enrolled(house.desk, HARBOUR, "cora@harbour-lane.example", "Cora", "",
                                                        ("compliance",)))
    person.steps_up()
    return person


def holds_it(house, conversation: str) -> str:
    home = clinic(house.desk, HARBOUR)
    return holds.place(house.desk, Who("service", home.id), conversation, "A claim was announced.", house.desk.clock())


def newest(house) -> tuple[str, str]:
    """The newest conversation's id and reference."""
    row = house.desk.database.read(lambda tx: tx.everywhere.one("SELECT id, reference FROM conversations ORDER BY id DESC"))
    return row.id, row.reference


def does(cora, act: str, **form: str):
    return cora.browser.submit(cora.path(f"records/{act}"), {"key": new_key(), "me": cora.known.id} | form)


def test_a_visitor_is_asked_and_then_it_is_gone_here_and_at_the_clinic(house, leo):
    id, _ = newest(house)
    assert DELETE in leo.get(f"{PAGE}/conversation").text
    question = leo.get(DELETE)
    assert question.status == 200 and "for good" in question.text and "No, keep it" in question.text
    gone = leo.submit(DELETE, fields(question, "/delete"))
    assert (gone.status, gone.location) == (303, f"{PAGE}?gone=erased") and not leo.jar
    assert "was deleted, here and at the clinic" in leo.get(gone.location).text
    ana = house.staff("Ana")
    assert id not in ana.inbox() + ana.inbox("closed")
    seen = ana.opens(f"conversations/{id}")
    assert seen.status == 404 and "was erased" in seen.text


def test_what_is_held_is_kept_and_the_visitor_reads_why(house, leo):
    id, _ = newest(house)
    holds_it(house, id)
    kept = leo.submit(DELETE, fields(leo.get(DELETE), "/delete"))
    assert kept.status == 200 and "The law asks the clinic to keep" in kept.text and "claim" not in kept.text
    assert leo.get(f"{PAGE}/conversation").status == 200
    assert leo.get(f"{DELETE}?lang=ar").text.count('dir="rtl"')


def test_the_form_of_another_conversation_deletes_nothing(house, leo):
    form = fields(leo.get(DELETE), "/delete")
    assert leo.submit(DELETE, form | {"conversation": new_key()}).status == 409
    assert leo.submit(DELETE, {"key": new_key()}).status == 400
    assert leo.get(f"{PAGE}/conversation").status == 200


def test_the_frame_deletes_by_a_call_and_its_streams_end(house):
    visitor = house.visitor()
    visitor.opens("Forget this.")
    kept = house.visitor()
    kept.opens("I will go to court.")
    holds_it(house, newest(house)[0])
    answer = visitor.asks("POST", "/erasure", {})
    assert answer.status == 200 and answer.json == {"erased": True, "detail": None}
    assert visitor.asks("GET").status == 401
    answer = kept.asks("POST", "/erasure", {})
    assert answer.json["erased"] is False and "The law asks" in answer.json["detail"] and kept.asks("GET").status == 200


def test_compliance_holds_exports_erases_and_only_who_may(house, leo, cora):
    _, reference = newest(house)
    assert house.staff("Ana").opens("records/").status == 403 == house.staff("Maren").opens("records/").status
    assert "Nobody waits for an answer." in cora.opens("records/").text
    file = does(cora, "export", reference=reference, copy="patient", form="json")
    assert json.loads(file.text)["messages"][0]["data"]["text"] == "one"
    assert file.headers["Content-Disposition"] == f'attachment; filename="{reference}.json"'
    assert "one" in does(cora, "export", reference=reference.lower(), copy="record", form="html").text
    assert {does(cora, "export", reference="AA-AAAA", copy="record", form="json").status for _ in range(10)} == {422}
    assert does(cora, "export", reference=reference, copy="record", form="docx").status == 422, "ten slips cost no file"
    assert does(cora, "export", reference=reference, copy="record", form="json").status == 200
    assert does(cora, "hold", reference=reference, reason="").status == 422
    held = does(cora, "hold", reference=reference, reason="A claim was announced.")
    assert (held.status, held.location.partition("?")[2]) == (303, "told=held")
    assert "the ledger" in cora.opens("records/?told=held_here").text
    refused = does(cora, "erase", reference=reference, reason="asked for")
    assert refused.status == 409 and "A claim was announced." in refused.text and f'value="{reference}"' in refused.text
    [lift] = [form for to, form in every_form(cora.opens("records/")) if to.endswith("/lift")]
    assert cora.browser.submit(cora.path("records/lift"), lift | {"reason": "It is settled."}).status == 303
    assert "Somebody else has to agree." in cora.opens("records/").text
    assert does(cora, "erase", reference="ZZ-ZZZZ", reason="asked for").status == 422
    assert leo.get(f"{PAGE}/conversation").status == 200


def test_a_request_is_answered_with_a_reason_that_the_visitor_reads(house, leo, cora):
    id, reference = newest(house)
    holds_it(house, id)
    leo.submit(DELETE, fields(leo.get(DELETE), "/delete"))
    page = cora.opens("records/")
    assert reference in page.text
    [form] = [form for to, form in every_form(page) if to.endswith("/answer")]
    told = cora.browser.submit(cora.path("records/answer"), form | {"answer": "keep", "reason": "We need it for a claim."})
    assert told.status == 303 and "We need it for a claim." in leo.get(f"{PAGE}/conversation").text
    assert "Nobody waits for an answer." in cora.opens("records/").text


def test_without_a_fresh_code_nothing_is_erased_and_nothing_typed_is_lost(house, leo):
    _, reference = newest(house)
    late = Staff.signed_in(house.browser(), _enrolled(house.desk, HARBOUR, "dee@harbour-lane.example", "Dee", "",
                                                      ("compliance",)))
    house.clock.passes(minutes=6)
    asked = does(late, "erase", reference=reference, reason="asked for")
    assert asked.status == 401 and "step_up_code" in asked.text and f'value="{reference}"' in asked.text
    assert leo.get(f"{PAGE}/conversation").status == 200
    [(action, form)] = [(to, form) for to, form in every_form(asked) if "step_up_code" in form]
    done = late.browser.submit(action, form | {"step_up_code": late.known.codes[0]})
    assert done.status == 303 and leo.get(f"{PAGE}/conversation").status == 303


def test_who_shows_a_message_that_is_erased_hears_of_it_by_number_and_who_was_away_is_told_beside_the_messages(house, cora):
    leo, ana = house.visitor(), house.staff("Ana")
    leo.opens("one")
    leo.says("two secret words")
    leo.says("three")
    assert leo.asks("GET", "/messages?after=3").json["removed"] == []
    _, reference = newest(house)
    with followed(house, leo.browser, "/v1/conversation/events", leo.credentials()) as told, \
            followed(house, ana.browser, ana.path("events?since=9"), {}) as staffs:
        assert next(told).startswith("retry") and next(staffs).startswith("retry") and "hello" in next(staffs)
        assert does(cora, "erase", reference=reference, number="2", reason="It names somebody else.").status == 303
        assert next(told) == 'event: removed\ndata: {"seq":2}\n\n'
        assert next(staffs).startswith("event: changed\n")
    assert [leo.asks("GET", f"/messages?after={after}").json["removed"] for after in (0, 1, 2, 3)] == [[], [], [2], [2]]
    assert leo.reads() == ["one", "removed", "three"]


def test_a_row_that_nobody_vouches_for_takes_nothing_off_the_screen(house):
    leo = house.visitor()
    leo.opens("one")
    leo.says("two")
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE messages SET sealed = NULL WHERE seq = 2"))
    house.desk.database.write(lambda tx: tx.everywhere.run(
        "INSERT INTO erasures (clinic_id, id, object_kind, object_id, erased_at) SELECT clinic_id, id, 'message', id, 5"
        " FROM messages WHERE seq = 2"))
    assert leo.asks("GET", "/messages?after=2").json["removed"] == []
