"""While something is erased somebody else writes: nothing is stored under a key that is gone, and nobody erases what they did not
see."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from securemsg.desk import drafts, reach
from securemsg.desk.erasing import conversation, holds, message, person, requests, retention
from securemsg.desk.plugin import kept, letters, tasks, todos
from securemsg.errors import Missing
from tests.plugins.turns import Plugin


def removes(clinic, visitor) -> None:
    """The second message is erased: all that stays gets another key."""
    message.erase(clinic.desk, clinic.service, visitor.conversation, visitor.messages()[1].id, "asked for", clinic.clock.tick())


def erases(clinic, visitor) -> None:
    conversation.erase(clinic.desk, clinic.service, visitor.conversation, "asked for", clinic.clock.tick())


@pytest.fixture
def asked(visitor):
    visitor.opens("One.", contact=("email", "leo@example.org"))
    visitor.says("Two.")
    return visitor


def once_after(monkeypatch, module, name: str, does) -> None:
    """`does` happens right after the first call of that function, before what it made is written."""
    real = getattr(module, name)

    def then(*given):
        made = real(*given)
        monkeypatch.setattr(module, name, real)
        does()
        return made

    monkeypatch.setattr(module, name, then)


def test_a_draft_that_is_saved_while_a_message_is_erased_opens(clinic, asked, staff, monkeypatch):
    staff.opens(asked)
    once_after(monkeypatch, drafts, "_saving", lambda: removes(clinic, asked))
    drafts.save(clinic.desk, staff.who, asked.conversation, "A long careful reply", None, 0, clinic.clock.tick())
    assert staff.draft().reply == "A long careful reply"


def test_no_draft_is_saved_in_what_was_erased(clinic, asked, staff, monkeypatch):
    staff.opens(asked)
    once_after(monkeypatch, drafts, "_saving", lambda: erases(clinic, asked))
    with pytest.raises(Missing, match="erased"):
        drafts.save(clinic.desk, staff.who, asked.conversation, "A long careful reply", None, 0, clinic.clock.tick())
    assert not clinic.rows("drafts")


def test_a_draft_that_is_saved_while_the_rest_is_sealed_anew_is_sealed_anew_too(clinic, asked, staff, monkeypatch):
    from securemsg.desk.erasing import resealing
    staff.opens(asked)
    once_after(monkeypatch, resealing, "without", lambda: staff.begins("A long careful reply"))
    removes(clinic, asked)
    assert staff.draft().reply == "A long careful reply"


@pytest.mark.parametrize("module, name, does, table", [
    (todos, "row_of", lambda desk, id: desk.assign(id, "Call back at once"), "tasks"),
    (tasks, "alarm", lambda desk, id: desk.schedule(id, desk.now + 5, "later"), "tasks"),
    (kept, "row_of", lambda desk, id: desk.keep(id, step=1), "kept"),
    (letters, "sealed", lambda desk, id: desk.post("https://hooks.example/in", "{}", about=id), "outbox")])
def test_what_a_plugin_asks_for_while_a_message_is_erased_opens(clinic, asked, monkeypatch, module, name, does, table):
    once_after(monkeypatch, module, name, lambda: removes(clinic, asked))
    Plugin(clinic).does(lambda desk: does(desk, asked.conversation))
    [row] = [row for row in clinic.rows(table, conversation_id=asked.conversation) if row.sealed]
    about = reach.own(clinic.desk, clinic.service, asked.conversation)
    assert about.key_version == 2
    if table == "tasks":
        module.opened(clinic.desk, about, row)
    elif table == "outbox":
        letters.unsealed(clinic.desk, row)
    else:
        assert kept.of(clinic.desk, clinic.service, about, row.plugin, clinic.clock())["step"].value == 1


def test_a_hold_that_is_placed_inside_an_erasure_is_refused(clinic, asked, monkeypatch):
    placing, real = Event(), holds.entry
    monkeypatch.setattr(holds, "entry", lambda *given, **named: placing.set() or real(*given, **named))
    with ThreadPoolExecutor(1) as other:
        def place():
            started.append(other.submit(holds.place, clinic.desk, clinic.service, asked.conversation, "A claim", clinic.clock()))
            assert placing.wait(10)

        started = []
        once_after(monkeypatch, conversation, "_end_sessions", place)
        erases(clinic, asked)
        with pytest.raises(Missing, match="erased"):
            started[0].result()
    assert not clinic.rows("holds")


def test_what_was_erased_just_now_is_not_held(clinic, asked, monkeypatch):
    once_after(monkeypatch, holds, "own", lambda: erases(clinic, asked))
    with pytest.raises(Missing, match="erased just now"):
        holds.place(clinic.desk, clinic.service, asked.conversation, "A claim", clinic.clock.tick())
    assert not clinic.rows("holds") and not clinic.rows("audit", action="hold.placed")


def test_who_asks_from_two_devices_at_once_hears_twice_that_it_is_deleted(clinic, asked, monkeypatch):
    visit = asked.visit()
    once_after(monkeypatch, requests, "kept_as", lambda: erases(clinic, asked))
    assert requests.ask(clinic.desk, visit, clinic.clock.tick()).why is None
    assert len(clinic.rows("erasures")) == 1


def test_what_staff_answered_while_the_visitor_asked_is_judged_anew(clinic, asked, staff, monkeypatch):
    monkeypatch.setattr(retention, "OFFICE", frozenset())  # an answer makes it care
    once_after(monkeypatch, requests, "kept_as", lambda: staff.replies("Come in at once.", to=asked))
    assert requests.ask(clinic.desk, asked.visit(), clinic.clock.tick()).why == requests.WHY["care"]
    assert asked.reads()[-1] == "Come in at once."


def test_what_was_written_while_the_old_is_erased_stays(clinic, asked, staff):
    staff.opens(asked)
    staff.replies("Yes.")
    clinic.later(days=9000)
    [found] = retention.due(clinic.desk, clinic.home, clinic.clock())
    staff.replies("We are here again.", to=asked)
    assert not retention._erased(clinic.desk, clinic.home, found, clinic.clock.tick())
    assert staff.opens(asked).messages[-1].data["text"] == "We are here again."


def test_a_person_is_erased_though_one_conversation_went_meanwhile(clinic, asked, monkeypatch):
    other = clinic.visitor()
    other.opens("Another.", contact=("email", "leo@example.org"))
    once_after(monkeypatch, person, "found", lambda: erases(clinic, other))
    done = person.visitor(clinic.desk, clinic.service, "email", "leo@example.org", "asked for", clinic.clock.tick(), True)
    assert len(done.erased) == 1 and all(row.erased_at for row in clinic.rows("conversations"))
