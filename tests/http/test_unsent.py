"""What is not sent yet, by the forms of the page: taken back, sent at once, kept, and never under another conversation."""

import json
import re
import time

import pytest

from securemsg.desk import sending
from tests.http.forms import every_form, fields, words
from tests.http.house import opened_house
from tests.http.people import new_key
from tests.http.running import listening, running
from tests.service import Service, at_most, until

ACTS = ("reply", "note", "claim", "release", "flag", "close", "reopen", "draft", "undo", "send-now")


@pytest.fixture
def waiting_house(furnished, tmp_path):
    """A house where a reply waits for ten seconds, as it does everywhere but in the other tests."""
    with opened_house(furnished, tmp_path, undo_seconds="10") as opened:
        yield opened


@pytest.fixture
def leo(waiting_house):
    visitor = waiting_house.visitor()
    visitor.opens("Is the flu jab free?")
    return visitor


@pytest.fixture
def ana(waiting_house):
    return waiting_house.staff("Ana")


def page_of(staff, visitor, rest=""):
    return staff.opens(f"conversations/{visitor.conversation}{rest}")


def presses(staff, visitor, act):
    """A button of the conversation's page, as a browser without script sends it."""
    return staff.does(act, visitor.conversation, **fields(page_of(staff, visitor), f"/{act}"))


@pytest.mark.parametrize(("fault", "told"), [
    ("UPDATE conversations SET last_seq = 0", "Its text is kept, as a draft of"),
    ("UPDATE pending_replies SET due_at = 5", "did not belong here")])
def test_what_was_not_sent_is_told_in_the_conversation_until_somebody_answers(waiting_house, leo, ana, fault, told):
    ana.replies(leo.conversation, "Yes, it is.")
    desk = waiting_house.desk
    desk.database.write(lambda tx: tx.everywhere.run(fault))
    waiting_house.clock.passes(minutes=1)
    sending.send_due(desk, waiting_house.clock())
    desk.database.write(lambda tx: tx.everywhere.run("UPDATE conversations SET last_seq = 1"))
    page = page_of(ana, leo)
    assert re.search(r'id="withheld">A reply by <bdi>Ana', page.text) and told in page.text
    assert fields(page, "/reply")["text"] == ("Yes, it is." if "draft" in told else "")
    assert 'id="withheld"' in page_of(waiting_house.staff("Tomas"), leo).text
    ana.replies(leo.conversation, "Yes.")
    presses(ana, leo, "send-now")
    assert leo.reads()[1:] == ["Yes."] and 'id="withheld"' not in page_of(ana, leo).text


def test_without_script_a_reply_is_taken_back_and_sent_at_once_by_buttons(waiting_house, leo, ana):
    assert ana.replies(leo.conversation, "Yes, it is.").status == 303
    page = page_of(ana, leo)
    assert "Not sent yet" in page.text and words(page) == ["Is the flu jab free?", "Yes, it is."]
    assert leo.reads() == ["Is the flu jab free?"]
    assert presses(ana, leo, "undo").location.endswith("#reply")
    page = page_of(ana, leo)
    assert fields(page, "/reply")["text"] == "Yes, it is." and "Not sent yet" not in page.text
    assert ana.does("reply", leo.conversation, **fields(page, "/reply")).status == 303
    assert fields(page_of(ana, leo), "/reply")["text"] == ""
    assert presses(ana, leo, "send-now").status == 303
    assert leo.reads() == ["Is the flu jab free?", "Yes, it is."]


def test_undo_too_late_says_so(waiting_house, leo, ana):
    ana.replies(leo.conversation, "Yes.")
    form = fields(page_of(ana, leo), "/undo")
    waiting_house.clock.passes(minutes=0.2)
    sending.send_due(waiting_house.desk, waiting_house.clock())
    late = ana.does("undo", leo.conversation, **form)
    assert late.status == 409 and "Too late: this reply has gone out" in late.text
    assert leo.reads() == ["Is the flu jab free?", "Yes."]
    assert ana.does("undo", leo.conversation, reply="no id").status == ana.does("send-now", leo.conversation).status == 400
    assert ana.does("undo", leo.conversation, reply=leo.conversation).status == 409


def test_two_who_answer_at_once_see_each_other(waiting_house, leo, ana):
    tomas = waiting_house.staff("Tomas")
    mine, theirs = (fields(page_of(person, leo), "/reply") for person in (ana, tomas))
    assert ana.does("reply", leo.conversation, **mine | {"text": "Yes."}).status == 303
    refused = tomas.does("reply", leo.conversation, **theirs | {"text": "No <idea>."})
    assert refused.status == 409 and "Ana Ruiz is sending an answer just now" in refused.text
    assert "Yes." in words(refused) and fields(refused, "/reply")["text"] == "No <idea>."
    assert not [to for to, _ in every_form(refused) if to.endswith(("/undo", "/send-now"))], "it is not theirs to take back"
    presses(ana, leo, "send-now")
    refused = tomas.does("reply", leo.conversation, **theirs | {"text": "No idea."})
    assert refused.status == 409 and "Ana Ruiz has answered in the meantime" in refused.text
    assert tomas.does("reply", leo.conversation, **fields(refused, "/reply")).status == 303, "who has read it may add to it"
    assert leo.reads() == ["Is the flu jab free?", "Yes."]


def test_a_draft_is_kept_by_a_button_and_by_the_script_for_its_writer_alone(waiting_house, leo, ana):
    kept = ana.does("draft", leo.conversation, text="Half a sen", version=0)
    assert kept.status == 303 and fields(page_of(ana, leo), "/reply")["text"] == "Half a sen"
    form = fields(page_of(ana, leo), "/reply")
    script = {"Accept": "application/json"}
    saved = ana.does("draft", leo.conversation, script, text="Half a sentence", note="Ask", version=form["version"])
    assert saved.json == {"version": 2}
    late = ana.does("draft", leo.conversation, script, text="of another tab", version=form["version"])
    assert late.status == 409 and "another window" in late.json["detail"]
    page = page_of(ana, leo)
    assert (fields(page, "/reply")["text"], fields(page, "/note")["text"]) == ("Half a sentence", "Ask")
    others = page_of(waiting_house.staff("Tomas"), leo)
    assert fields(others, "/reply")["text"] == fields(others, "/note")["text"] == ""
    for wrong in ({"text": "x" * 8001}, {"text": "a\0b"}):
        assert ana.does("draft", leo.conversation, script, version=2, **wrong).status == 422


@pytest.mark.parametrize("act", ACTS)
def test_no_form_acts_on_another_conversation_than_the_one_it_stood_under(waiting_house, leo, ana, act):
    mia = waiting_house.visitor()
    mia.opens("When do you open?")
    form = {"text": "typed for Leo", "reason": "answered", "reply": leo.conversation}
    before = waiting_house.desk.database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS n FROM events")).n
    crossed = ana.does(act, mia.conversation, **form | {"conversation": leo.conversation})
    assert crossed.status == 409 and "this was typed for another conversation" in crossed.text
    assert "typed for Leo" not in crossed.text, "the words are not shown where they do not belong"
    nameless = ana.does(act, mia.conversation, **form | {"conversation": ""})
    assert nameless.status == 400 and "reload the page" in nameless.text
    assert waiting_house.desk.database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS n FROM events")).n == before
    for staff in (ana, waiting_house.staff("Tomas")):
        assert fields(page_of(staff, mia), "/reply")["text"] == ""


def test_each_form_of_the_page_names_its_conversation(leo, ana):
    ana.does("claim", leo.conversation)
    ana.replies(leo.conversation, "Yes.")
    forms = [form for to, form in every_form(page_of(ana, leo)) if f"/conversations/{leo.conversation}/" in to]
    assert len(forms) >= 7 and {form["conversation"] for form in forms} == {leo.conversation}


def test_only_the_opened_conversation_is_disclosed_and_recorded(waiting_house, leo, ana):
    mia = waiting_house.visitor()
    mia.opens("Words of somebody else", name="Mia Holm")

    def readings():
        return waiting_house.desk.database.read(lambda tx: tx.everywhere.one(
            "SELECT count(*) AS n FROM audit WHERE action = 'conversation.read'")).n

    ana.opens("?view=open"), ana.opens("?view=closed")
    assert readings() == 0
    page = page_of(ana, leo)
    assert readings() == 1 and f'id="c-{mia.conversation}"' in page.text
    assert "Words of somebody else" not in page.text and "Mia Holm" not in page.text
    alone = ana.opens(f"conversations/{leo.conversation}", {"Securemsg-Pane": "1"})
    assert words(alone) == ["Is the flu jab free?"] and f'id="c-{mia.conversation}"' not in alone.text
    assert page_of(ana, leo, "?view=nonsense").status == 400 and readings() == 2


@pytest.fixture(scope="module")
def hasty(furnished, tmp_path_factory):
    """A house as a process of its own, where a reply waits for two seconds."""
    with Service(tmp_path_factory.mktemp("hasty"), undo_seconds="2") as service:
        yield running(service, *furnished).start()


def test_who_types_is_heard_by_colleagues_within_a_second_and_by_no_visitor(hasty):
    leo = hasty.visitor()
    leo.opens("one")
    ana, tomas = hasty.staff("Ana"), hasty.staff("Tomas")
    with listening(leo) as visitors, listening(tomas) as theirs:
        theirs.hears(1)
        ana.does("draft", leo.conversation, {"Accept": "application/json"}, text="secret words", version=0)
        told = theirs.hears(2, seconds=1)[1]
        assert told["event"] == "typing"
        assert json.loads(told["data"]) == {"conversation": leo.conversation, "person": ana.known.id, "name": "Ana Ruiz",
                                            "typing": True}
        leo.says("two")
        assert [event["event"] for event in visitors.hears(1)] == ["message"]


def test_a_reply_whose_service_is_killed_goes_out_once_and_in_time(hasty):
    leo, mia, service = hasty.visitor(), hasty.visitor(), hasty.service
    leo.opens("one"), mia.opens("one")
    begun, ana = time.monotonic(), hasty.staff("Ana")
    assert ana.replies(mia.conversation, "two", key=new_key()).status == 303
    until(lambda: mia.reads() == ["one", "two"], what="the reply that nobody waits for")
    assert 2 <= time.monotonic() - begun < 2 + at_most(1), "a second at most after its time"
    assert ana.replies(leo.conversation, "two").status == 303
    service.kill()
    service.start()
    until(lambda: len(leo.reads()) > 1, what="the reply of the service that was killed")
    service.kill()
    service.start()
    assert leo.reads() == mia.reads() == ["one", "two"]
