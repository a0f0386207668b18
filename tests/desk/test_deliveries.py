"""What plugins are told: each event to each that listens, at least once, in order; one that fails harms nobody but itself."""

import sys
import threading
import time
from collections import Counter
from types import FunctionType

import pytest
from gevent import GreenletExit

from securemsg.desk.deliveries import aside, hooks, timed
from securemsg.desk.deliveries.engine import Engine
from securemsg.desk.deliveries.lanes import Lane
from securemsg.errors import Forbidden, Missing, Unavailable
from securemsg.parts import Text
from securemsg.store import deliveries
from securemsg.store.deliveries import Claim
from securemsg.times import DAY
from tests.desk.test_reach import asks, pooled, works_in  # noqa: F401  a fixture of there
from tests.listening import plugins
from tests.service import until


class Heard(list):
    """A plugin that notes what it is told."""

    def hooks(self):
        return {"message_received": lambda message, at: self.append(("message_received", message.seq, at)),
                "reply_sent": lambda message, at: self.append(("reply_sent", message.seq, at)),
                "conversation_closed": lambda conversation, at: self.append(("conversation_closed", conversation.id, at)),
                "happened": lambda event: self.append((event.kind, event.seq, event.at))}


def waiting(clinic):
    return [row for row in clinic.rows("outbox") if row.done_at is None]


def delivers(clinic, **senders):
    """All that is due, until nothing is."""
    engine = Engine(clinic.desk, senders or {"mail": None, "post": None})
    assert any(not engine.look() for _ in range(50)), "there is always more"


def broken(message):
    raise ValueError("Anna Schmidt has a rash")


def whole(message, desk):
    desk.reply(message.conversation, Text("Whole."))


def test_each_hook_hears_of_what_it_is_for_and_everything_happened(clinic, visitor, staff):
    heard = Heard()
    clinic.desk.registry = plugins(ear=heard.hooks())
    visitor.opens("Hello?")
    at = clinic.clock()
    visitor.says("Anybody?")
    staff.opens(visitor)
    staff.replies("Yes.")
    staff.closes("answered")
    delivers(clinic)
    told = [each[:2] for each in heard]
    assert [each for each in told if each[0] in ("message_received", "reply_sent")] == [
        ("message_received", 1), ("message_received", 2), ("reply_sent", 3)]
    assert ("conversation_closed", visitor.conversation) in told and ("conversation.opened", 1) in told
    assert {kind for kind, _ in told} >= {"message.sent", "conversation.closed"} and heard[0][2] <= at
    assert not waiting(clinic)


def test_what_a_plugin_asks_for_is_stored_with_done_and_it_does_not_hear_itself(clinic, visitor):
    told = []

    def answer(message, desk):
        told.append(message.text)
        desk.reply(message.conversation, Text("We are closed."))

    heard = Heard()
    clinic.desk.registry = plugins(hours={"message_received": answer, "reply_sent": lambda message: told.append("my own")},
                                   ear=heard.hooks())
    visitor.opens("Hello?")
    delivers(clinic)
    assert visitor.reads() == ["Hello?", "We are closed."] and told == ["Hello?"]
    assert [each[:2] for each in heard if each[0] == "reply_sent"] == [("reply_sent", 2)]
    assert not waiting(clinic)


def test_one_that_fails_does_nothing_makes_no_other_repeat_and_is_tried_later_then_set_aside(clinic, visitor, staff, caplog):
    heard, tried = Heard(), []

    def half(message, desk):
        tried.append(message.seq)
        desk.reply(message.conversation, Text("Half done."))
        broken(message)

    clinic.desk.registry = plugins(half={"message_received": half}, ear={"message_received": heard.hooks()["message_received"]})
    visitor.opens("Anna Schmidt has a rash")
    delivers(clinic)
    assert tried == [1] and len(heard) == 1 and visitor.reads() == ["Anna Schmidt has a rash"]
    [row] = waiting(clinic)
    assert row.fault.startswith("ValueError at test_deliveries.py:") and "Schmidt" not in row.fault + caplog.text
    assert 5 <= (row.due_at - clinic.rows("events")[-1].happened_at) / 1e6 <= 7
    for pause in hooks.PAUSES:
        clinic.later(seconds=pause * 1.2)
        delivers(clinic)
    assert tried == [1] * 10 and len(heard) == 1
    clinic.later(days=30)
    delivers(clinic)
    [row] = aside.set_aside(clinic.desk, staff.who, visitor.conversation)
    assert len(tried) == 10 and row.plugin == "half" and clinic.rows("audit")[-1].action == "delivery.set_aside"
    clinic.desk.registry = plugins(half={"message_received": whole})
    aside.retry(clinic.desk, staff.who, row.id, clinic.clock.tick())
    delivers(clinic)
    assert visitor.reads()[-1] == "Whole." and not waiting(clinic)
    with pytest.raises(Missing):
        aside.retry(clinic.desk, staff.who, row.id, clinic.clock())
    assert "delivery.retried" in {row.action for row in clinic.rows("audit")}


@pytest.mark.parametrize("what", [SystemExit, KeyboardInterrupt, GreenletExit, Unavailable("Their system is away.")])
def test_whatever_a_plugin_raises_is_its_failure_and_it_goes_on_with_the_next(clinic, visitor, staff, what):
    tried = []

    def ends(message):
        tried.append(message.seq)
        if message.seq == 1:
            raise what

    clinic.desk.registry = plugins(ends={"message_received": ends})
    with running(clinic):
        visitor.opens("Hello?")
        until(lambda: [row for row in waiting(clinic) if row.fault], what="its failure")
        staff.opens(visitor)
        clinic.sql("UPDATE outbox SET attempts = 9, due_at = 0")
        until(lambda: aside.set_aside(clinic.desk, staff.who, visitor.conversation), what="a person to hear of it")
        visitor.says("And now?")
        until(lambda: tried == [1, 1, 2], what="the next one")


def test_what_ended_the_process_each_time_is_set_aside_and_not_begun_again(clinic, visitor, staff):
    tried = []
    clinic.desk.registry = plugins(kills={"message_received": lambda message: tried.append(message.seq)})
    visitor.opens("Hello?")
    clinic.sql("UPDATE outbox SET attempts = :begun", begun=len(hooks.PAUSES) + 1)  # the last one, too, was never written down
    delivers(clinic)
    [row] = aside.set_aside(clinic.desk, staff.who, visitor.conversation)
    assert not tried and row.fault == "Each time the process ended."
    aside.retry(clinic.desk, staff.who, row.id, clinic.clock.tick())
    delivers(clinic)
    assert tried == [1] and not waiting(clinic)


def test_what_was_set_aside_is_let_go_for_good_on_record(clinic, visitor, staff):
    due = []
    clinic.desk.registry = plugins(half={"message_received": lambda message, at, desk: desk.schedule(
        message.conversation, at + 60_000_000, "call", whom="Leo"), "task_due": lambda task: due.append(1 / 0)})
    visitor.opens("Hello?")
    delivers(clinic)
    clinic.sql("UPDATE outbox SET attempts = 9, due_at = 0 WHERE hook = 'task_due'")
    delivers(clinic)
    [row] = aside.set_aside(clinic.desk, staff.who, visitor.conversation)
    with pytest.raises(Forbidden):
        aside.dismiss(clinic.desk, clinic.hires("Audra Law", None, "auditor").who, row.id, clinic.clock())
    aside.dismiss(clinic.desk, staff.who, row.id, clinic.clock.tick())
    [task] = clinic.rows("tasks")
    assert task.done_at and task.sealed is None and not waiting(clinic)
    told = clinic.rows("audit")[-1]
    assert (told.action, told.object_id, told.actor_id) == ("delivery.dismissed", row.id, staff.person.id)
    for decided in (aside.dismiss, aside.retry):
        with pytest.raises(Missing):
            decided(clinic.desk, staff.who, row.id, clinic.clock())
    clinic.later(days=30)
    delivers(clinic)
    assert not aside.set_aside(clinic.desk, staff.who, visitor.conversation)


def test_only_staff_see_what_was_set_aside_and_the_owner_all_of_it(clinic, other_clinic, visitor, staff):
    clinic.desk.registry = plugins(half={"message_received": broken})
    visitor.opens("Hello?")
    clinic.sql("UPDATE outbox SET attempts = 9, due_at = 0")
    delivers(clinic)
    owner = clinic.hires("Olga Reyes", None, "owner", "staff")
    [row] = aside.set_aside(clinic.desk, owner.who)
    for who in (visitor.visit().who, clinic.hires("Audra Law", None, "auditor").who):
        with pytest.raises(Forbidden):
            aside.set_aside(clinic.desk, who, visitor.conversation)
        with pytest.raises(Forbidden):
            aside.retry(clinic.desk, who, row.id, clinic.clock())
    with pytest.raises(Forbidden):
        aside.set_aside(clinic.desk, staff.who)
    stranger = other_clinic.hires("Otto Fern", None, "owner", "staff")
    assert aside.set_aside(clinic.desk, stranger.who) == []
    with pytest.raises(Missing):
        aside.retry(clinic.desk, stranger.who, row.id, clinic.clock())
    assert aside.standing(clinic.desk, owner.who, clinic.clock())["half"].aside == 1
    assert aside.retry_all(clinic.desk, owner.who, clinic.clock()) == 1 and not aside.set_aside(clinic.desk, owner.who)


def test_what_was_set_aside_is_decided_on_its_own_conversations_page_by_who_has_it_in_reach(pooled):  # noqa: F811
    bill, other, nurse, clerk = asks(pooled, "billing"), asks(pooled, "other"), pooled.hires(), pooled.hires("Bo Lind")
    works_in(clerk, "billing")
    pooled.desk.registry = plugins(half={"message_received": broken})
    bill.says("Hello?")
    pooled.sql("UPDATE outbox SET attempts = 9, due_at = 0")
    delivers(pooled)
    now, [row] = pooled.clock.tick(), aside.set_aside(pooled.desk, clerk.who, bill.conversation)
    for decides in (aside.retry, aside.dismiss):
        for page in (bill, other):
            with pytest.raises(Missing):
                decides(pooled.desk, nurse.who, row.id, now, page.conversation)
        with pytest.raises(Missing):
            decides(pooled.desk, nurse.who, row.id, now)
        with pytest.raises(Missing, match="is not waiting any more"):
            decides(pooled.desk, clerk.who, row.id, now, other.conversation)
    aside.retry(pooled.desk, clerk.who, row.id, now, bill.conversation)


def test_what_comes_after_a_failed_one_waits_for_it_for_a_while_and_other_conversations_do_not(clinic, visitor):
    told, well = [], []

    def sometimes(message):
        told.append((message.conversation.id if hasattr(message.conversation, "id") else message.conversation, message.seq))
        if message.seq == 1 and told[-1][0] == visitor.conversation and not well:
            raise RuntimeError

    clinic.desk.registry = plugins(half={"message_received": sometimes})
    visitor.opens("one")
    visitor.says("two")
    other = clinic.visitor()
    other.opens("Hello?")
    delivers(clinic)
    assert told == [(visitor.conversation, 1), (other.conversation, 1)]
    clinic.later(seconds=7)
    well.append(True)
    delivers(clinic)
    assert told[2:] == [(visitor.conversation, 1), (visitor.conversation, 2)]
    told.clear()
    well.clear()
    late = clinic.visitor()
    late.opens("one")
    visitor.conversation = late.conversation
    late.says("two")
    for pause in hooks.PAUSES[:4]:
        delivers(clinic)
        clinic.later(seconds=pause * 1.2)
    assert [seq for _, seq in told].count(2) == 1 and told[-1][1] == 2, "after thirteen minutes it waits no longer"


def test_tasks_come_when_they_are_due_and_not_when_they_were_cancelled(clinic, visitor):
    due = []

    def plan(message, at, desk):
        desk.schedule(message.conversation, at + 60_000_000, "remind", word="sealed")
        desk.schedule(message.conversation, at + 60_000_000, "never")
        if message.seq == 2:
            desk.cancel(message.conversation, "never")

    clinic.desk.registry = plugins(plan={"message_received": plan,
                                         "task_due": lambda task, at: due.append((task.name, at, task.data))})
    visitor.opens("one")
    at = clinic.rows("events")[-1].happened_at
    delivers(clinic)
    visitor.says("two")
    delivers(clinic)
    assert due == []
    clinic.later(minutes=2)
    delivers(clinic)
    assert ("remind", at + 60_000_000, {"word": "sealed"}) in due and {name for name, _, _ in due} == {"remind"} and len(due) == 2
    assert not waiting(clinic)


def test_two_who_claim_at_once_never_get_the_same_and_a_claim_that_ended_writes_nothing(clinic, visitor):
    clinic.desk.registry = plugins(ear={"happened": lambda event: None})
    for _ in range(6):
        clinic.visitor().opens("Hello?")
    database, now = clinic.desk.database, clinic.clock()

    def claim(by, at=now, limit=4):
        return database.write(lambda tx: deliveries.claim(tx, Claim("ear", by, at, limit), database.skip_locked))

    mine, theirs = claim("1"), claim("2")
    assert len(mine) == 4 and not {row.id for row in mine} & {row.id for row in theirs}
    assert claim("3") == []
    assert not database.write(lambda tx: deliveries.finish(tx, mine[0], "2", now))
    clinic.later(seconds=deliveries.LEASE_SECONDS + 1)
    clinic.sql("UPDATE outbox SET attempts = 0")
    again = claim("4", clinic.clock(), 100)
    assert {row.id for row in mine} <= {row.id for row in again}
    assert not database.write(lambda tx: deliveries.finish(tx, mine[0], "1", now))
    assert database.write(lambda tx: deliveries.finish(tx, again[0], "4", now))


def test_a_plugin_that_hangs_is_interrupted_and_delays_nobody(clinic, monkeypatch):
    monkeypatch.setattr(hooks, "SECONDS", 0.2)
    heard, ends = Heard(), []

    def hang(message):
        try:
            while True:
                try:
                    time.sleep(0.01)
                except Exception:
                    ends.append("swallowed")
        finally:
            ends.append("interrupted")

    clinic.desk.registry = plugins(hang={"message_received": hang}, ear=heard.hooks())
    with running(clinic) as engine:
        clinic.visitor().opens("Hello?")
        until(lambda: heard, what="the other one to be told")
        until(lambda: ends, what="the interruption")
        until(lambda: [row for row in waiting(clinic) if row.fault == "It took too long."], what="its failure")
        clinic.visitor().opens("And now?")
        until(lambda: len(ends) == 2, what="its thread to go on with the next")
        assert set(ends) == {"interrupted"} and engine.hanging() == ()


def test_one_that_cannot_even_be_interrupted_is_left_alone_and_what_it_was_to_do_goes_on_later(clinic, monkeypatch):
    monkeypatch.setattr(hooks, "SECONDS", 0.1)
    monkeypatch.setattr("securemsg.desk.deliveries.engine._GRACE_SECONDS", 0.2)
    gate, begun = threading.Event(), []

    def stuck(message, desk):
        desk.reply(message.conversation, Text("Too late."))
        begun.append(message.seq)
        if len(begun) == 1:
            gate.wait()

    clinic.desk.registry = plugins(stuck={"message_received": stuck})
    visitor = clinic.visitor()
    with running(clinic) as engine:
        visitor.opens("one")
        until(lambda: engine.hanging() == ("stuck",), what="the engine to give up its thread")
        gate.set()
        until(lambda: waiting(clinic)[0].fault == "It took too long.", what="the failure to be written down")
        monkeypatch.setattr("securemsg.desk.deliveries.engine.time.monotonic", lambda now=time.monotonic: now() + 1_000)
        clinic.later(seconds=10)
        until(lambda: not waiting(clinic), what="the second try")
    assert visitor.reads() == ["one", "Too late."] and begun == [1, 1]


class running:
    """The engine with its threads, until the block ends."""

    def __init__(self, clinic):
        self.engine, self.alive = Engine(clinic.desk, {"mail": None, "post": None}), True
        self.thread = threading.Thread(target=self.engine.run, args=(lambda: self.alive, lambda seconds: time.sleep(0.02)))

    def __enter__(self):
        self.thread.start()
        return self.engine

    def __exit__(self, *error):
        self.alive = False
        self.thread.join()
        names = {"hang", "ear", "stuck", "ends", "mail"}
        until(lambda: not names & {thread.name for thread in threading.enumerate()}, what="the threads to end")


def test_an_interruption_hits_what_is_late_and_nothing_after_it(monkeypatch):
    """Raised between the end of the one and the beginning of the next it would hit the wrong one: hundreds of chances."""
    watched, stop, hits = timed.Timed(), threading.Event(), Counter()

    def watch():
        while not stop.is_set():
            watched.look()

    watcher, usual = threading.Thread(target=watch), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    watcher.start()
    for number in range(100_000):
        try:
            watched.run(lambda: sum(1 for _ in range(number % 100 * 50)), 0.0002)  # noqa: B023  it is run here and now
        except timed.TooLong:
            hits["late"] += 1
        else:
            hits["in time"] += 1
        assert sum(1 for _ in range(100)) == 100  # an interruption here would end the test
        if number >= 1_000 and min(hits["late"], hits["in time"]) > 10:
            break  # where little gets done beside others, the watcher comes late and few are interrupted
    sys.setswitchinterval(usual)
    stop.set()
    watcher.join()
    assert min(hits["late"], hits["in time"]) > 10, hits


def test_who_holds_a_lock_of_the_whole_process_is_interrupted_when_it_is_let_go():
    watched, held, stop, lock, names = timed.Timed(), threading.Event(), threading.Event(), threading.Lock(), []

    def holds():
        with lock:
            held.set()
            while not stop.is_set():
                sum(range(100))
            names.append("let go")

    def late():
        FunctionType(holds.__code__, {**globals(), "__name__": "babel.core"}, closure=holds.__closure__)()
        while True:
            sum(range(100))

    def watch():
        held.wait(5)
        until(lambda: max(watched.look() for _ in range(1_000)) > 0.02, what="it to be late, and to be left alone in spite of it")
        stop.set()
        until(lambda: not watched.look(), what="the interruption")

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(timed.TooLong):
        watched.run(late, 0.01)
    watcher.join()
    assert names == ["let go"] and not lock.locked()


def test_after_the_process_was_killed_its_claims_are_void_and_come_one_by_one(clinic, visitor):
    told = []
    clinic.desk.registry = plugins(ear={"happened": lambda event: told.append(event.id)})
    for _ in range(3):
        clinic.visitor().opens("Hello?")
    database = clinic.desk.database
    claim = Claim("ear", "dead", clinic.clock(), 100)
    killed = database.write(lambda tx: deliveries.claim(tx, claim, database.skip_locked))
    delivers(clinic)
    assert told == [], "they are another's for now"
    database.write(deliveries.let_go)
    clinic.later(seconds=6)
    Lane(clinic.desk, "ear").look()
    assert len(told) == 1, "what was begun before may be what killed: each by itself"
    delivers(clinic)
    assert sorted(told) == sorted(row.event_id for row in killed) and not waiting(clinic)


def test_a_message_that_six_plugins_hear_of_is_one_round_trip_to_postgresql(clinic, visitor, monkeypatch):
    clinic.desk.registry = plugins(**{f"ear{number}": Heard().hooks() for number in range(6)})
    visitor.opens("Hello?")

    def twice(connection, fn):
        raise AssertionError("it needed an ordinary transaction")

    monkeypatch.setattr("securemsg.store.postgresql.writing", twice)
    visitor.says("And now?")
    assert len({(row.plugin, row.hook) for row in clinic.rows("outbox", event="message.sent")}) == 12


def test_what_a_plugin_that_is_not_named_any_more_was_to_hear_is_set_aside(clinic, visitor):
    clinic.desk.registry = plugins(gone={"happened": lambda event: None})
    visitor.opens("Hello?")
    clinic.desk.registry = plugins(ear={"happened": lambda event: None})
    visitor.says("And now?")
    clinic.later(days=4)
    now = clinic.clock()
    clinic.desk.database.write(lambda tx: deliveries.set_aside_unnamed(tx, clinic.desk.registry.names, now, now - 3 * DAY))
    assert {(row.plugin, row.gave_up_at is None) for row in clinic.rows("outbox")} == {("gone", False), ("ear", True)}
