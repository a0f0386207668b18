"""A plugin at work for one clinic reaches nothing of another's, whatever id it is handed; nor anything that was erased."""

from threading import Thread

import pytest

from securemsg.desk.audit import log
from securemsg.desk.plugin import PluginDesk
from securemsg.desk.system import trail
from securemsg.errors import Missing
from securemsg.parts import Text
from securemsg.store import aftermath
from securemsg.times import DAY
from tests.clinic import NOON
from tests.desk.archives import once
from tests.plugins.turns import Plugin

VERBS = {
    "conversation": lambda desk, c, m: desk.conversation(c), "read": lambda desk, c, m: desk.read(c),
    "message": lambda desk, c, m: desk.message(m), "contact": lambda desk, c, m: desk.contact(c),
    "kept": lambda desk, c, m: desk.kept(c), "reply": lambda desk, c, m: desk.reply(c, "Hi"),
    "note": lambda desk, c, m: desk.note(c, "Hi"), "tag": lambda desk, c, m: desk.tag(c, "hi"),
    "urgent": lambda desk, c, m: desk.urgent(c), "promise": lambda desk, c, m: desk.promise(c, None),
    "reopen": lambda desk, c, m: desk.reopen(c), "keep": lambda desk, c, m: desk.keep(c, a=1),
    "schedule": lambda desk, c, m: desk.schedule(c, NOON, "ask"), "cancel": lambda desk, c, m: desk.cancel(c, "ask"),
    "assign": lambda desk, c, m: desk.assign(c, "Call"), "done": lambda desk, c, m: desk.done(c, "call"),
    "seen_upto": lambda desk, c, m: desk.seen_upto(c), "way_back": lambda desk, c, m: desk.way_back(c),
    "take": lambda desk, c, m: desk.take(c, "10:00"), "visitor": lambda desk, c, m: desk.visitor(c),
    "mail": lambda desk, c, m: desk.mail("a@b.example", "Hi", "Hi", about=c),
    "post": lambda desk, c, m: desk.post("https://a.example", "{}", about=c)}
FREE = {"clinic", "actor", "can_mail", "now", "setting", "staff", "people", "taken", "give",
        "events", "unreachable", "task", "finished", "is_idle", "write", "again", "announce",
        "withdraw", "readdress"}  # of the plugin's own endpoint, in its clinic: by a name that another's does not share
TABLES = ("messages", "notes", "kept", "tasks", "taken", "outbox", "audit", "events", "conversations")


def everything(practice):
    return [practice.rows(table) for table in TABLES]


def test_every_verb_stands_here():
    assert set(VERBS) | FREE == {name for name in vars(PluginDesk) if not name.startswith("_")}


@pytest.fixture
def theirs(other_clinic):
    somebody = other_clinic.visitor()
    somebody.opens("A secret", contact=("email", "lena@example.org"))
    return somebody


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_another_clinics_looks_like_nothing(clinic, other_clinic, theirs, verb):
    [message] = other_clinic.rows("messages")
    before = everything(other_clinic), everything(clinic)
    for id, message_id in ((theirs.conversation, message.id), ("", ""), ("no-id", "' OR 1=1 --"), ("\0", "\0")):
        with pytest.raises(Missing):
            Plugin(clinic).does(lambda desk, id=id, message_id=message_id: VERBS[verb](desk, id, message_id))
    assert (everything(other_clinic), everything(clinic)) == before


def test_tasks_people_and_names_of_another_clinic(clinic, other_clinic, theirs):
    there, here, zoe = Plugin(other_clinic), Plugin(clinic), other_clinic.hires("Zoe")
    there.does(lambda desk: (desk.schedule(theirs.conversation, other_clinic.clock() + DAY, "ask"),
                             desk.take(theirs.conversation, "10:00"), desk.keep(None, a=1)))
    [task] = other_clinic.rows("tasks")
    assert here.desk().task(task.id) is None and here.desk().taken("10:00") is None and here.desk().kept(None) == {}
    assert here.does(lambda desk: desk.mail(desk.people(zoe.person.id), "Hi", "Hi")) == []
    here.does(lambda desk: (desk.finished(task.id), desk.give(theirs.conversation, "10:00")))
    assert there.desk().task(task.id) and there.desk().taken("10:00") == theirs.conversation
    assert here.desk().staff() == [] and [member.name for member in there.desk().staff()] == ["Zoe"]


@once
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "message"])
def test_what_was_erased_is_gone_for_plugins(clinic, visitor, verb):
    visitor.says("Hello")
    clinic.sql("UPDATE conversation_keys SET wrapped = NULL")
    with pytest.raises(Missing):
        Plugin(clinic).does(lambda desk: VERBS[verb](desk, visitor.conversation, ""))


def test_with_a_conversation_all_that_plugins_have_of_it_is_erased(clinic, visitor):
    other = clinic.visitor()
    for each in (visitor, other):
        each.opens("Hello", contact=("email", "lena@example.org"))
        Plugin(clinic).does(lambda desk, each=each: (
            desk.keep(each.conversation, a=1), desk.tag(each.conversation, "b"), desk.assign(each.conversation, "Call"),
            desk.schedule(each.conversation, clinic.clock() + DAY, "ask"), desk.take(each.conversation, each.conversation),
            desk.mail(desk.visitor(each.conversation), "Hi", "Hi"), desk.post("https://a.example", "{}", about=each.conversation),
            desk.reply(each.conversation, "Hi"), desk.note(each.conversation, "Hi")))
    id, home = visitor.conversation, clinic.home.id
    clinic.desk.database.write(lambda tx: aftermath.repeat(tx, "erased.conversation", home, id, clinic.clock()))
    for table in ("kept", "tasks", "taken", "outbox"):
        assert {row.conversation_id for row in clinic.rows(table)} == {other.conversation}, table
    assert [row.sealed for row in clinic.rows("messages", conversation_id=id)] == [None, None]
    with pytest.raises(Missing):
        Plugin(clinic).does(lambda desk: desk.reply(id, "Hi"))


def test_the_log_of_what_plugins_did_verifies(clinic, visitor, staff):
    visitor.opens("Hello", contact=("email", "lena@example.org"))

    def much(desk):
        desk.read(visitor.conversation), desk.contact(visitor.conversation)
        desk.reply(visitor.conversation, Text("Hi")), desk.note(visitor.conversation, "x"), desk.tag(visitor.conversation, "y")
        desk.keep(visitor.conversation, told=True), desk.urgent(visitor.conversation), desk.assign(visitor.conversation, "Call")

    Plugin(clinic).does(much)
    assert log.verify(clinic.desk).intact
    done = [row.action for row in clinic.rows("audit") if row.actor_kind == "plugin:hours"]
    assert done == ["conversation.read", "conversation.read", "message.sent", "note.added", "conversation.tagged", "values.kept",
                    "conversation.urgent", "todo.added"]
    owner = clinic.hires("Maren", "Doctor", "owner")
    found, _ = trail.page(clinic.desk, owner.who, {"actor_kind": "plugin"}, None, 100, clinic.clock.tick())
    assert [event["action"] for event in found] == done[::-1] and all(event["verified"] for event in found)
    assert {(event["actor"]["kind"], event["actor"]["name"]) for event in found} == {("plugin", "hours")}
    nobody, _ = trail.page(clinic.desk, owner.who, {"actor_kind": "plug"}, None, 100, clinic.clock.tick())
    assert nobody == []


def test_words_are_opened_when_they_are_asked_for_and_not_before(clinic, visitor):
    visitor.says("My leg is swollen.")
    [row] = clinic.rows("messages")
    message = Plugin(clinic).desk().message(row.id)
    assert (message.conversation, message.seq, message.author_kind, message.kind) == (visitor.conversation, 1, "visitor", "text")
    assert not [each for each in clinic.rows("audit") if each.actor_kind.startswith("plugin:")]
    assert message.text == "My leg is swollen." and message.parts == (Text("My leg is swollen."),) and "leg" not in repr(message)
    assert message.data == {"text": "My leg is swollen."}
    [read] = [each for each in clinic.rows("audit") if each.actor_kind.startswith("plugin:")]
    assert (read.action, read.objects) == ("conversation.read", '[["messages","1-1"]]')


def test_it_works_in_a_thread_of_its_own(clinic, visitor):
    visitor.says("Hello")
    done = []

    def asks_back(desk):
        desk.reply(visitor.conversation, desk.read(visitor.conversation)[0].text + "?")

    def works():
        done.append(Plugin(clinic).does(asks_back))

    thread = Thread(target=works)
    thread.start()
    thread.join(20)
    assert done and visitor.reads() == ["Hello", "Hello?"]
