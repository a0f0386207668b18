"""Before a message is stored plugins look at it: they refuse it, put it first, tag it, answer it; broken ones hold up nothing."""

import time

import pytest
from marshmallow import Schema, fields

from securemsg import Kind, Link, Screening, Text
from securemsg.desk import kinds
from securemsg.desk.access import Who
from securemsg.desk.plugin import kept
from securemsg.desk.reach import own
from securemsg.errors import Refused
from securemsg.store.one_statement import noted
from securemsg.words import say
from tests.listening import plugins

KEY = "the-same-key-each-time"
CALL = Screening(urgent=True, tags=frozenset({"red flag", "call back"}),
                 answer=(Text("Do not wait."), Link("Call 112", "tel:112")))
ANSWER = [{"type": "text", "text": "Do not wait."},
          {"type": "link", "text": "Call 112: tel:112", "label": "Call 112", "url": "tel:112"}]


def on(word: str, screening: Screening) -> dict:
    """A plugin that looks for one word."""
    return {"screen": lambda draft: screening if word in draft.text else None}


def conversation(clinic):
    return clinic.rows("conversations")[-1]


def tags(clinic) -> list[str]:
    who = Who("service", clinic.home.id)
    return kept.tags(clinic.desk, who, own(clinic.desk, who, conversation(clinic).id), clinic.clock())


def acts(clinic, action: str) -> list:
    return clinic.rows("audit", action=action)


@pytest.fixture
def watched(clinic):
    clinic.desk.registry = plugins(triage=on("chest", CALL))
    return clinic


def test_a_first_message_is_put_first_tagged_and_answered(watched, visitor, staff):
    calm = watched.visitor()
    calm.says("Is the flu jab free?")
    assert visitor.says("My chest hurts.")["answer"] == ANSWER
    assert staff.inbox() == [visitor.conversation, calm.conversation]
    assert tags(watched) == ["call back", "red flag"]
    [row] = acts(watched, "conversation.urgent")
    assert (row.actor_kind, row.object_id, row.outcome) == ("plugin:triage", visitor.conversation, "ok")


def test_a_later_message_is_too_and_once(watched, visitor):
    visitor.says("Is the flu jab free?")
    assert visitor.says("And when?")["answer"] == [] and conversation(watched).urgency == "normal" and tags(watched) == []
    assert visitor.says("My chest hurts.")["answer"] == ANSWER == visitor.says("My chest hurts more.")["answer"]
    assert conversation(watched).urgency == "urgent" and tags(watched) == ["call back", "red flag"]
    assert len(acts(watched, "conversation.urgent")) == 1, "who put it first is on record once"
    assert visitor.says("Better now.")["answer"] == [] and conversation(watched).urgency == "urgent", "staff take it away"


def test_who_sends_again_gets_the_same_answer(watched, visitor):
    first = visitor.opens("My chest hurts.", KEY)
    watched.desk.registry = plugins()
    assert visitor.opens("My chest hurts.", KEY) == first and first["answer"] == ANSWER
    watched.desk.registry = plugins(strict=on("", Screening(refuse="No.")))
    assert visitor.opens("My chest hurts.", KEY) == first, "what was stored is not refused afterwards"
    assert len(watched.rows("messages")) == 1


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_refused_is_not_stored(clinic, visitor, begun):
    if begun:
        visitor.says("Is the flu jab free?")
    before = len(clinic.rows("messages")), len(clinic.rows("events")), len(clinic.rows("idempotency"))
    clinic.desk.registry = plugins(polite=on("!", Screening(refuse=say("Please choose one of the topics."))))
    with pytest.raises(Refused) as refused:
        visitor.says("Now!", KEY)
    assert refused.value.detail.to("de") != refused.value.detail, "it is said in their language"
    assert (len(clinic.rows("messages")), len(clinic.rows("events")), len(clinic.rows("idempotency"))) == before
    visitor.says("Now.", KEY)
    assert visitor.reads()[-1] == "Now."


def test_what_is_urgent_is_delivered_in_any_case(clinic, visitor):
    clinic.desk.registry = plugins(polite=on("!", Screening(refuse="Please ask calmly.")), triage=on("chest", CALL))
    assert visitor.says("My chest hurts!")["answer"] == ANSWER and conversation(clinic).urgency == "urgent"


def test_all_answers_are_shown_in_the_order_of_the_plugins(clinic, visitor):
    clinic.desk.registry = plugins(one=on("", Screening(answer=(Text("one"),))), two=on("", CALL))
    assert visitor.says("Hello?")["answer"] == [{"type": "text", "text": "one"}, *ANSWER]


def test_plugins_are_shown_what_is_sent_and_where(clinic, visitor):
    seen = []

    def screen(draft, clinic, locale, now):
        seen.append((draft.text, draft.kind, draft.category, draft.language, draft.first, clinic.slug, locale,
                     f"{now:%a %H:%M %Z}"))

    clinic.desk.registry = plugins(curious={"screen": screen})
    visitor.says("Hello?")
    visitor.says("Anybody?")
    assert seen == [("Hello?", "text", "other", "en", True, "elm", "en", "Mon 13:00 CET"),
                    ("Anybody?", "text", "other", "en", False, "elm", "en", "Mon 13:00 CET")]


def test_what_a_plugin_does_to_a_message_reaches_neither_the_message_nor_the_next_plugin(clinic, visitor):
    seen = []

    def cuts(draft):
        draft.data["text"] = draft.data["text"][:2]
        draft.data["extra"] = ["x"]

    clinic.desk.registry = plugins(careless={"screen": cuts}, curious={"screen": lambda draft: seen.append(dict(draft.data))})
    visitor.says("I took twenty tablets.")
    visitor.says("Please help.")
    assert visitor.reads() == ["I took twenty tablets.", "Please help."]
    assert seen == [{"text": "I took twenty tablets."}, {"text": "Please help."}]
    assert all("extra" not in message.data for message in visitor.messages())


def test_whoever_sums_a_message_up_cannot_change_it(clinic):
    class Days(Schema):
        days = fields.List(fields.String())

    rating = Kind("careless.days", "Days", Days, lambda data: f"Could come on {data['days'].pop()}.")
    clinic.desk.registry = plugins(careless={"kinds": lambda: [rating]})
    stored = kinds.with_text(clinic.desk, clinic.home.id, rating.name, {"days": ["Monday", "Friday"]}, "en", clinic.clock())
    assert stored == {"days": ["Monday", "Friday"], "text": "Could come on Friday."}


def fails(draft):
    raise RuntimeError(f"{draft.text} of a patient")


def hangs(draft):
    time.sleep(0.2)


def chatters(draft):
    return "urgent!"


@pytest.mark.parametrize("broken", [fails, hangs, chatters])
def test_a_broken_plugin_holds_up_no_message_and_no_other_plugin(clinic, visitor, broken):
    clinic.desk.registry = plugins(broken={"screen": broken}, triage=on("chest", CALL))
    assert visitor.says("My chest hurts.")["answer"] == ANSWER
    [row] = acts(clinic, "plugin.failed")
    assert (row.actor_kind, row.outcome, row.clinic_id) == ("plugin:broken", "failed", clinic.home.id)
    assert visitor.reads() == ["My chest hurts."]


@pytest.mark.parametrize("words", [{"x" * 41}, {str(number) for number in range(21)}, {" "}])
def test_tags_that_do_not_fit_lose_no_message(clinic, visitor, words):
    clinic.desk.registry = plugins(chatty=on("", Screening(urgent=True, tags=frozenset(words))))
    visitor.says("Hello?")
    assert visitor.reads() == ["Hello?"] and tags(clinic) == [] and conversation(clinic).urgency == "urgent"
    visitor.says("Hello?")
    assert len(acts(clinic, "plugin.failed")) >= 1


def test_it_is_one_statement_as_it_was(clinic, visitor, monkeypatch):
    """Whatever plugins make of it: on PostgreSQL the message, who put it first and the tags go over the wire as one."""
    noticed, write = [], clinic.desk.database.write

    def looked_at(fn, *, independent=False, **how):
        if independent:
            noticed.append(noted(fn))
        return write(fn, independent=independent, **how)

    monkeypatch.setattr(clinic.desk.database, "write", looked_at)
    for registry in (plugins(), plugins(triage=on("chest", CALL))):
        clinic.desk.registry = registry
        anybody = clinic.visitor()
        anybody.opens("My chest hurts.", contact=("email", "leo@example.org"), name="Leo")
        anybody.says("My chest hurts.")
    assert len(noticed) == 4
    assert len(noticed[1][2]) <= 50, "psycopg prepares no statement with more values, and most messages are such"
