"""While something is erased somebody else writes: nothing is stored under a key that is gone, and nobody erases what they did not
see."""

import pytest

from securemsg.desk import drafts, reading
from securemsg.desk.drafts import Draft
from securemsg.desk.erasing import conversation, message
from securemsg.desk.plugin import kept, letters, tasks, todos
from securemsg.errors import Conflict, Missing
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
    about = reading.own(clinic.desk, clinic.service, asked.conversation)
    assert about.key_version == 2
    if table == "tasks":
        module.opened(clinic.desk, about, row)
    elif table == "outbox":
        letters.unsealed(clinic.desk, row)
    else:
        assert kept.of(clinic.desk, clinic.service, about, row.plugin, clinic.clock())["step"].value == 1
