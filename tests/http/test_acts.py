"""What staff do with a conversation, by the forms of its page; and what the visitor gets to read of it."""

import html
import re

import pytest

from tests.http.forms import fields
from tests.http.people import new_key


@pytest.fixture
def leo(house):
    visitor = house.visitor()
    assert visitor.opens("Is the flu jab free?").status == 201
    return visitor


@pytest.fixture
def ana(house):
    return house.staff("Ana")


def test_a_question_is_answered(leo, ana):
    assert ana.inbox() == [leo.conversation]
    assert ana.reads(leo.conversation) == ["Is the flu jab free?"]
    done = ana.replies(leo.conversation, "Yes, it is.")
    assert (done.status, done.location) == (303, ana.path(f"conversations/{leo.conversation}#newest"))
    assert leo.reads() == ["Is the flu jab free?", "Yes, it is."] == ana.reads(leo.conversation)
    assert leo.items()[-1]["author"] == {"kind": "staff", "name": "Ana Ruiz", "role": "Nurse"}


def test_marking_urgent_says_where_it_will_stand(leo, ana):
    page = f"conversations/{leo.conversation}"
    assert "Marked urgent: it stands first in the inbox." in ana.opens(page).text
    ana.replies(leo.conversation, "Yes, it is.")
    assert "Marked urgent: it stands first once the visitor writes again." in ana.opens(page).text


def test_who_takes_care_of_it_is_seen_by_all(house, leo, ana):
    assert ana.does("claim", leo.conversation).status == 303
    assert leo.items()[-1]["kind"] == "system.claimed" and leo.items()[-1]["data"] == {"name": "Ana Ruiz", "role": "Nurse"}
    assert ana.inbox("mine") == [leo.conversation] and house.staff("Tomas").inbox("mine") == []
    taken = house.staff("Tomas").does("claim", leo.conversation)
    assert taken.status == 409 and "Ana Ruiz has taken this conversation already." in taken.text
    assert house.staff("Tomas").does("release", leo.conversation).status == 409
    assert ana.does("release", leo.conversation).status == 303 and ana.inbox("mine") == []


def test_a_conversation_is_closed_with_a_reason_and_opened_again(leo, ana):
    assert ana.does("close", leo.conversation, reason="").status == 422
    assert ana.does("close", leo.conversation, reason="because").status == 422
    assert ana.does("close", leo.conversation, reason="answered").status == 303
    assert (ana.inbox(), ana.inbox("closed")) == ([], [leo.conversation])
    assert leo.asks("GET").json["conversation"]["state"] == "closed" and leo.reads()[-1] == "system.closed"
    assert ana.replies(leo.conversation, "One more thing").status == 409
    assert ana.does("reopen", leo.conversation).status == 303 and ana.inbox() == [leo.conversation]
    assert ana.does("reopen", leo.conversation).status == 409


def test_a_visitor_who_writes_again_opens_it_again(leo, ana):
    ana.does("close", leo.conversation, reason="answered")
    assert leo.says("But where?").status == 201
    assert leo.asks("GET").json["conversation"]["state"] == "open" and ana.inbox() == [leo.conversation]


def test_a_note_is_for_colleagues_alone(leo, ana):
    assert ana.does("note", leo.conversation, text="He is afraid of needles.").status == 303
    assert ana.reads(leo.conversation) == ["Is the flu jab free?", "He is afraid of needles."]
    assert leo.reads() == ["Is the flu jab free?"]
    ana.replies(leo.conversation, "Yes.")
    assert [item["seq"] for item in leo.items()] == [1, 2], "not even a gap betrays it"


def test_a_form_sent_twice_counts_once(leo, ana):
    for act, form in (("reply", {"text": "Yes."}), ("note", {"text": "Nice."}), ("claim", {}), ("close", {"reason": "answered"}),
                      ("reopen", {})):
        key = new_key()
        assert [ana.does(act, leo.conversation, key=key, **form).status for _ in range(2)] == [303, 303], act
    assert leo.reads() == ["Is the flu jab free?", "Yes.", "system.claimed", "system.closed", "system.reopened"]
    assert ana.reads(leo.conversation) == ["Is the flu jab free?", "Yes.", "Nice."]


def test_a_form_key_is_not_taken_for_other_words(leo, ana):
    key = new_key()
    ana.replies(leo.conversation, "Yes.", key=key)
    assert ana.replies(leo.conversation, "No.", key=key).status == 422
    assert leo.reads() == ["Is the flu jab free?", "Yes."]


@pytest.mark.parametrize("key", ["", "short", "x" * 129])
def test_a_form_without_its_key_is_incomplete(leo, ana, key):
    assert ana.replies(leo.conversation, "Yes.", key=key).status == 400
    assert leo.reads() == ["Is the flu jab free?"]


def test_who_has_not_seen_the_newest_message_is_asked_to_look_and_keeps_the_text(leo, ana):
    leo.says("Never mind, I found it.")
    kept = ana.replies(leo.conversation, "Yes, it <is> & stays.", seen=1, key="a-key-of-the-form-0001")
    assert kept.status == 409 and "has written again" in kept.text
    form = fields(kept, "/reply")
    assert (form["text"], form["key"], form["seen"]) == ("Yes, it <is> & stays.", "a-key-of-the-form-0001", "2")
    assert "Never mind, I found it." in kept.text and len(leo.reads()) == 2
    assert ana.browser.submit(ana.path(f"conversations/{leo.conversation}/reply"), form).status == 303
    assert leo.reads()[-1] == "Yes, it <is> & stays."


def test_a_text_that_is_refused_stays_in_its_box(leo, ana):
    for act in ("reply", "note"):
        for text, sentence in (("x" * 8001, "at most 8,000 characters"), ("  ", "Please write something.")):
            refused = ana.does(act, leo.conversation, text=text)
            assert refused.status == 422 and sentence in html.unescape(refused.text)
            assert fields(refused, f"/{act}")["text"].strip() == text.strip()
    ana.does("close", leo.conversation, reason="answered")
    late = ana.replies(leo.conversation, "Too late?")
    assert late.status == 409 and fields(late, "/reply")["text"] == "Too late?"


def test_words_are_shown_as_words(house, ana):
    evil = '<script>alert(1)</script>"\' onload=x &amp; {{ 7*7 }}'
    mia = house.visitor()
    mia.opens(evil, name=evil[:100])
    page = ana.opens(f"conversations/{mia.conversation}")
    assert ana.reads(mia.conversation) == [evil]
    assert "<script>alert" not in page.text and "49" not in ana.reads(mia.conversation)[0]


def test_lines_come_through_as_they_were_typed(leo, ana):
    ana.replies(leo.conversation, "First\r\n\r\n  second")
    assert leo.reads()[-1] == "First\n\n  second"


def test_the_longest_waiting_stands_first_and_the_answered_last(house, ana):
    waiting = []
    for text in ("one", "two", "three"):
        visitor = house.visitor()
        visitor.opens(text)
        house.clock.passes(minutes=0.1)
        waiting.append(visitor.conversation)
    assert ana.inbox() == waiting
    ana.replies(waiting[0], "Done.")
    assert ana.inbox() == [*waiting[1:], waiting[0]]


def test_the_page_says_who_saw_it(house, leo, ana):
    def seen_by(page: str) -> list[str]:
        return re.findall(r"<li><strong><bdi>(.*?)</bdi></strong>", page.partition('id="audit"')[2])

    assert seen_by(house.staff("Tomas").opens(f"conversations/{leo.conversation}").text) == ["Tomas Berg", "The visitor"]
    ana.replies(leo.conversation, "Yes.")
    page = house.staff("Maren").opens(f"conversations/{leo.conversation}").text
    newest, *others = seen_by(page)
    assert newest == "Maren Whitlock" and {newest, *others} == {"Maren Whitlock", "Ana Ruiz", "Tomas Berg", "The visitor"}
    assert "read the conversation" in page and "wrote a message" in page


@pytest.mark.parametrize("rest", ["?view=nonsense", "?before=²", "?before=" + "9" * 40, "?before=-1", "?view=closed&before=x"])
def test_an_address_nobody_made_is_no_fault_of_ours(ana, rest):
    from urllib.parse import quote

    assert ana.opens(quote(rest, safe="?=&")).status in (200, 400)


@pytest.mark.parametrize("seen", ["²", "9" * 40, "-1", "x"])
def test_a_number_nobody_made_in_a_form_neither(leo, ana, seen):
    assert ana.replies(leo.conversation, "Yes.", seen=seen).status in (303, 400)
