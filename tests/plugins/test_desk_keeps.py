"""What a plugin keeps, schedules, gives staff to do, and takes: sealed, of its clinic alone, never lost to who is quicker."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest

from securemsg.desk import people
from securemsg.desk.once import Moved
from securemsg.desk.plugin import kept, todos
from securemsg.errors import Conflict, Forbidden, Missing, Unverified
from securemsg.times import DAY, HOUR, SECOND
from tests.clinic import NOON
from tests.desk.archives import once
from tests.desk.hand import flipped
from tests.people import new_key
from tests.plugins.turns import Plugin


@pytest.fixture
def visitor(clinic):
    somebody = clinic.visitor()
    somebody.says("Hello")
    return somebody


@pytest.fixture
def hours(clinic):
    return Plugin(clinic)


def keeps(plugin, visitor, **values):
    plugin.does(lambda desk: desk.keep(visitor.conversation, **values))


def kept_by(plugin, visitor):
    return plugin.desk().kept(visitor.conversation)


# Values
def test_values_come_back_and_are_taken_away(clinic, visitor, hours):
    keeps(hours, visitor, told=True, slots=["2026-12-01T10:00"], note={"a": [1, None]})
    assert kept_by(hours, visitor) == {"told": True, "slots": ["2026-12-01T10:00"], "note": {"a": [1, None]}}
    keeps(hours, visitor, told=None, slots=[])
    assert kept_by(hours, visitor) == {"slots": [], "note": {"a": [1, None]}}
    keeps(hours, visitor, told=2)
    assert kept_by(hours, visitor)["told"] == 2


def test_what_a_plugin_changes_in_place_is_kept_when_it_says_so_and_only_then(visitor, hours):
    keeps(hours, visitor, slots=["10:00"])

    def adds(desk, slot):
        slots = desk.kept(visitor.conversation)["slots"]
        slots.append(slot)
        return slots

    hours.does(lambda desk: adds(desk, "never asked for"))
    hours.does(lambda desk: desk.keep(visitor.conversation, slots=adds(desk, "11:00")))
    assert kept_by(hours, visitor) == {"slots": ["10:00", "11:00"]}
    hours.does(lambda desk: (desk.keep(visitor.conversation, slots=["12:00"]), adds(desk, "never asked for")))
    assert kept_by(hours, visitor) == {"slots": ["12:00"]}


def test_a_plugin_sees_what_it_has_just_asked_to_keep(clinic, visitor, hours):
    def counts(desk):
        for _ in range(3):
            desk.keep(visitor.conversation, n=desk.kept(visitor.conversation).get("n", 0) + 1)
        return desk.kept(visitor.conversation)

    assert hours.does(counts) == {"n": 3}
    assert [row.version for row in clinic.rows("kept")] == [1]


def test_each_plugin_and_each_conversation_has_its_own(clinic, visitor, hours):
    other, feedback = clinic.visitor(), Plugin(clinic, "feedback")
    other.says("Hello")
    keeps(hours, visitor, told=1), keeps(hours, other, told=2), keeps(feedback, visitor, told=3)
    assert [kept_by(hours, visitor), kept_by(hours, other), kept_by(feedback, visitor)] == [
        {"told": 1}, {"told": 2}, {"told": 3}]


def test_what_belongs_to_no_conversation(clinic, other_clinic, hours):
    hours.does(lambda desk: desk.keep(None, visit={"until": 5}))
    hours.does(lambda desk: desk.keep(None, visit={"until": 6}))
    assert hours.desk().kept(None) == {"visit": {"until": 6}} and Plugin(other_clinic).desk().kept(None) == {}
    desks = [hours.desk(), hours.desk()]
    for number, desk in enumerate(desks):
        desk.keep(None, fresh=number)
    hours.writes(desks[0])
    with pytest.raises(Moved):
        hours.writes(desks[1])


def test_values_lie_sealed_and_names_of_people_are_nowhere(clinic, visitor, hours):
    keeps(hours, visitor, said="canary-of-a-value")
    hours.does(lambda desk: desk.tag(visitor.conversation, "canary-of-a-tag"))
    assert "canary" not in repr([tuple(map(str, row)) for table in ("kept", "audit", "events") for row in clinic.rows(table)])


@pytest.mark.parametrize("before", [{}, {"n": 5}])
def test_who_writes_on_an_old_view_does_it_anew(clinic, visitor, hours, before):
    views = []
    keeps(hours, visitor, **before)

    def counts(desk):
        n = desk.kept(visitor.conversation).get("n", 0)
        if not views:
            keeps(hours, visitor, n=10)  # a tool, meanwhile
        views.append(n)
        desk.keep(visitor.conversation, n=n + 1)

    hours.does(counts)
    assert views == [before.get("n", 0), 10] and kept_by(hours, visitor) == {"n": 11}


@once
@pytest.mark.parametrize("values", [{"a": {1, 2}}, {"a": object()}, {"a": "x" * 32_001}, {"a": float("nan"), "b": b"x"}])
def test_what_cannot_be_kept_is_refused_when_it_is_asked_for(clinic, visitor, hours, values):
    with pytest.raises((TypeError, ValueError)):
        hours.desk().keep(visitor.conversation, **values)


@once
@pytest.mark.parametrize("words", [("",), ("x" * 41,), tuple(map(str, range(21)))])
def test_tags_are_few_and_short(clinic, visitor, hours, words):
    with pytest.raises(ValueError, match="tag"):
        hours.desk().tag(visitor.conversation, *words)


def test_tags_stand_once_and_beside_values(clinic, visitor, staff, hours):
    hours.does(lambda desk: (desk.tag(visitor.conversation, "urgent", " red   flag "), desk.tag(visitor.conversation, "urgent")))
    keeps(hours, visitor, told=True)
    Plugin(clinic, "triage").does(lambda desk: desk.tag(visitor.conversation, "red flag", "child"))
    row = staff.opens(visitor).conversation
    assert kept.tags(clinic.desk, staff.who, row, clinic.clock()) == ["urgent", "red flag", "child"]
    assert kept_by(hours, visitor) == {"told": True}


# Altered
@pytest.mark.parametrize("deed", [
    lambda row: {"sealed": flipped(row.sealed)}, lambda row: {"sealed": b""}, lambda row: {"sealed": b"\1" * 200},
    lambda row: {"name": "paid"}, lambda row: {"version": 7}, lambda row: {"plugin": "feedback"}])
def test_a_value_that_was_altered_counts_as_none_and_is_told(clinic, visitor, hours, deed):
    keeps(hours, visitor, told=True, other=1)
    row = next(each for each in clinic.rows("kept") if each.name == "told")
    changed = deed(row)
    clinic.sql(f"UPDATE kept SET {', '.join(f'{name} = :{name}' for name in changed)} WHERE id = :id", id=row.id, **changed)
    assert kept_by(hours, visitor) == {"other": 1} and kept_by(Plugin(clinic, "feedback"), visitor) == {}
    [told] = [each for each in clinic.rows("audit") if each.action == "message.unverified"]
    assert row.id in told.objects and told.actor_kind.startswith("plugin:")


def test_a_value_of_another_conversation_does_not_open_here(clinic, visitor, hours):
    other = clinic.visitor()
    other.says("Hello")
    keeps(hours, visitor, told=True)
    clinic.sql("UPDATE kept SET conversation_id = :id", id=other.conversation)
    assert kept_by(hours, other) == {} and kept_by(hours, visitor) == {}


def test_a_task_that_was_altered_does_nothing(clinic, visitor, hours):
    hours.does(lambda desk: desk.schedule(visitor.conversation, clinic.clock() + DAY, "ask", way="kind"))
    [row] = clinic.rows("tasks")
    clinic.sql("UPDATE tasks SET name = 'close'")
    with pytest.raises(Unverified):
        hours.desk().task(row.id)


def test_a_to_do_that_was_altered_stands_as_such(clinic, visitor, staff, hours):
    hours.does(lambda desk: desk.assign(visitor.conversation, "Call Mr Smith back"))
    [row] = clinic.rows("tasks")
    clinic.sql("UPDATE tasks SET sealed = :sealed", sealed=flipped(row.sealed))
    [todo] = todos.todos(clinic.desk, staff.who, None, clinic.clock.tick())
    assert todo.text is None and todo.reference
    assert [each.action for each in clinic.rows("audit")][-1] == "message.unverified"


# Tasks
def outbox(clinic, **where):
    return [row for row in clinic.rows("outbox", **where) if row.done_at is None]


def test_a_task_has_a_delivery_that_waits_for_it(clinic, visitor, hours):
    at = datetime(2026, 3, 3, 9, tzinfo=UTC)
    hours.does(lambda desk: desk.schedule(visitor.conversation, at, "ask", times=3))
    [row], [task] = outbox(clinic), clinic.rows("tasks")
    due_at = int(at.timestamp()) * SECOND
    assert (row.id, row.hook, row.plugin, row.lane, row.due_at) == (task.id, "task_due", "hours", "hours", due_at)
    found = hours.desk().task(task.id)
    assert (found.name, found.data, found.conversation.id) == ("ask", {"times": 3}, visitor.conversation)
    assert Plugin(clinic, "feedback").desk().task(task.id) is None
    hours.does(lambda desk: desk.finished(task.id))
    assert hours.desk().task(task.id) is None and clinic.rows("tasks")[0].sealed is None


def test_tasks_are_cancelled_and_replaced(clinic, visitor, hours):
    later = clinic.clock() + DAY
    for number in range(2):
        hours.does(lambda desk, number=number: desk.schedule(visitor.conversation, later, "ask", n=number))
    assert len(outbox(clinic)) == 2
    hours.does(lambda desk: desk.schedule(visitor.conversation, later + HOUR, "ask", once=True, n=3))
    [left] = outbox(clinic)
    assert hours.desk().task(left.id).data == {"n": 3}
    Plugin(clinic, "feedback").does(lambda desk: desk.cancel(visitor.conversation, "ask"))
    assert outbox(clinic) == [left]
    hours.does(lambda desk: desk.cancel(visitor.conversation, "ask"))
    assert outbox(clinic) == []


@once
@pytest.mark.parametrize("at", [datetime(2026, 3, 3), 1_772_452_800, 0, -1, 10**17])
def test_a_moment_that_is_none_is_refused(clinic, visitor, hours, at):
    with pytest.raises(ValueError, match="zone"):
        hours.desk().schedule(visitor.conversation, at, "ask")


# To-dos
def test_staff_see_what_is_to_be_done_until_somebody_has(clinic, visitor, staff, hours):
    colleague, other = clinic.hires("Ben"), clinic.visitor()
    other.says("Hi")
    due = clinic.clock() + HOUR
    hours.does(lambda desk: (desk.assign(visitor.conversation, "Call back", due=due, to=staff.person.id),
                             desk.assign(other.conversation, "Call at once", urgent=True)))
    desk, now = clinic.desk, clinic.clock.tick()
    first, second = todos.todos(desk, staff.who, None, now)
    assert (first.text, first.urgent, first.conversation_id) == ("Call at once", True, other.conversation)
    assert (second.text, second.due_at, second.to, second.plugin) == ("Call back", due, staff.person.id, "hours")
    assert [each.text for each in todos.todos(desk, staff.who, visitor.conversation, now)] == ["Call back"]
    key = new_key()
    for _ in range(2):
        todos.done(desk, staff.who, second.id, key, now)
    with pytest.raises(Conflict, match="Ana Ruiz"):
        todos.done(desk, colleague.who, second.id, new_key(), now)
    assert [each.text for each in todos.todos(desk, staff.who, None, now)] == ["Call at once"]
    [row] = [each for each in clinic.rows("tasks") if each.done_at]
    assert row.done_by == staff.person.id
    said = [each.action for each in clinic.rows("audit")]
    assert said.count("todo.done") == 1 and said.count("todo.added") == 2 and "todos.read" in said


def test_a_to_do_of_a_name_is_replaced_and_withdrawn(clinic, visitor, staff, hours):
    for text in ("Call today", "Call now"):
        hours.does(lambda desk, text=text: desk.assign(visitor.conversation, text, name="call"))
    [left] = todos.todos(clinic.desk, staff.who, None, clinic.clock.tick())
    assert left.text == "Call now"
    hours.does(lambda desk: desk.done(visitor.conversation, "call"))
    assert todos.todos(clinic.desk, staff.who, None, clinic.clock.tick()) == []
    with pytest.raises(Conflict, match="not to be done any more"):
        todos.done(clinic.desk, staff.who, left.id, new_key(), clinic.clock.tick())


def test_who_may_not_read_sees_and_does_nothing(clinic, visitor, other_clinic, hours):
    hours.does(lambda desk: desk.assign(visitor.conversation, "Call back"))
    [row] = clinic.rows("tasks")
    auditor, stranger = clinic.hires("Eve", None, "auditor"), other_clinic.hires("Zoe")
    with pytest.raises(Forbidden):
        todos.todos(clinic.desk, auditor.who, None, clinic.clock.tick())
    with pytest.raises(Forbidden):
        todos.done(clinic.desk, auditor.who, row.id, new_key(), clinic.clock.tick())
    with pytest.raises(Missing):
        todos.done(clinic.desk, stranger.who, row.id, new_key(), clinic.clock.tick())
    assert todos.todos(clinic.desk, stranger.who, visitor.conversation, clinic.clock.tick()) == []


# What can be had once
def test_what_is_taken_is_taken_until_it_is_given(clinic, visitor, hours):
    other = clinic.visitor()
    other.says("Hi")
    assert hours.does(lambda desk: [desk.take(visitor.conversation, "10:00 Dr Wu") for _ in range(2)]) == [True, True]
    assert hours.does(lambda desk: desk.take(other.conversation, "10:00 Dr Wu")) is False
    assert hours.does(lambda desk: desk.take(other.conversation, "10:30 Dr Wu"))
    hours.does(lambda desk: desk.give(other.conversation, "10:00 Dr Wu"))  # not theirs to give
    assert hours.desk().taken("10:00 Dr Wu") == visitor.conversation
    assert hours.does(lambda desk: (desk.give(visitor.conversation, "10:00 Dr Wu"), desk.take(other.conversation, "10:00 Dr Wu")))
    assert hours.desk().taken("10:00 Dr Wu") == other.conversation
    assert "Wu" not in repr(clinic.rows("taken"))


def test_what_is_taken_cannot_be_given_to_another_by_who_has_only_the_database(clinic, visitor, hours):
    """Else two would hold the same time, each with a confirmation."""
    other = clinic.visitor()
    other.opens("Me too")
    assert hours.does(lambda desk: desk.take(visitor.conversation, "10:00"))
    clinic.sql("UPDATE taken SET conversation_id = :other", other=other.conversation)
    for act in (lambda desk: desk.take(other.conversation, "10:00"), lambda desk: desk.taken("10:00"),
                lambda desk: desk.give(other.conversation, "10:00")):
        with pytest.raises(Unverified):
            hours.does(act)
    [told] = [row for row in clinic.rows("audit") if row.action == "message.unverified"]
    assert clinic.rows("taken")[0].id in told.objects


def test_each_clinic_and_each_plugin_has_its_own_names(clinic, other_clinic, visitor, hours):
    stranger = other_clinic.visitor()
    stranger.says("Hi")
    assert hours.does(lambda desk: desk.take(visitor.conversation, "10:00"))
    assert Plugin(other_clinic).does(lambda desk: desk.take(stranger.conversation, "10:00"))
    assert Plugin(clinic, "video").does(lambda desk: desk.take(visitor.conversation, "10:00"))


def test_of_many_who_take_it_at_the_same_time_one_has_it(clinic, hours):
    visitors = [clinic.visitor() for _ in range(6)]
    for each in visitors:
        each.says("10:00 please")
    begin, won, lost = Barrier(len(visitors)), [], []

    def books(visitor):
        begun = []

        def hook(desk):
            taken = desk.take(visitor.conversation, "10:00 Dr Wu")
            if not begun:
                begun.append(begin.wait(20))  # all have seen that it is free
            desk.reply(visitor.conversation, "Booked." if taken else "That time has gone.")
            return taken

        (won if hours.does(hook) else lost).append(visitor)

    threads = [Thread(target=books, args=(each,)) for each in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(won), len(lost)) == (1, 5) and len(clinic.rows("taken")) == 1
    assert won[0].reads()[-1] == "Booked." and all(each.reads()[1:] == ["That time has gone."] for each in lost)


@once
@pytest.mark.parametrize("wrong", [
    lambda desk, c: desk.schedule(c, NOON, "ask", data={1, 2}), lambda desk, c: desk.schedule(c, NOON, "a" * 201),
    lambda desk, c: desk.assign(c, ""), lambda desk, c: desk.assign(c, "Call", name="a\0"),
    lambda desk, c: desk.note(c, "\ud800"), lambda desk, c: desk.reply(c, "\ud800"),
    lambda desk, c: desk.post("https://a.example", "{}", {"X": {1}}, about=c),
    lambda desk, c: desk.take(c, ""), lambda desk, c: desk.keep(c, a="\ud800")])
def test_what_cannot_be_stored_is_refused_when_it_is_asked_for(clinic, visitor, hours, wrong):
    with pytest.raises((TypeError, ValueError)):
        wrong(hours.desk(), visitor.conversation)


def test_what_is_for_somebody_who_left_is_for_anybody(clinic, visitor, staff, hours, other_clinic):
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    for to in (staff.person.id, other_clinic.hires("Zoe").person.id, "nobody"):
        hours.does(lambda desk, to=to: desk.assign(visitor.conversation, "Call", to=to))
    found = todos.todos(clinic.desk, clinic.hires("Ben").who, None, clinic.clock.tick())
    assert [each.to for each in found] == [None] * 3
