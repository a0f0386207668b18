"""The log is sealed: numbers without a gap, a tree, a signature; by one leader at a time."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from securemsg import store
from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.audit import log as audit_log
from securemsg.desk.audit import sealing
from securemsg.desk.audit.sealing import Sealer
from securemsg.desk.journal import entry
from securemsg.errors import Unavailable
from securemsg.store import ids
from securemsg.store.lease import FileLease
from securemsg.store.postgresql_lease import PostgresqlLease
from tests.service import until
from tests.together import at_once


@pytest.fixture
def sealer(clinic) -> Iterator[Sealer]:
    """The leader; it has sealed what there was."""
    one = Sealer(clinic.desk)
    seal(one)
    yield one
    one.close()


def seal(sealer: Sealer) -> None:
    while sealer.look():
        pass


def waiting(clinic) -> int:
    """How many rows have no number."""
    return clinic.desk.database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS n FROM audit WHERE number IS NULL")).n


def by_number(clinic, table: str = "audit") -> list:
    return sorted(clinic.rows(table), key=lambda row: row.number)


def test_rows_and_events_are_numbered_without_a_gap_and_signed_for(clinic, visitor, staff, sealer):
    for text in ("one", "two", "three"):
        visitor.says(text)
        staff.opens(visitor)
    seal(sealer)
    rows, events = by_number(clinic), by_number(clinic, "events")
    for numbered in (rows, events):
        assert [row.number for row in numbered] == [*range(1, len(numbered) + 1)]
    frontier = Frontier()
    for row in rows:
        frontier.add(row.leaf)
    checkpoint = newest(clinic)
    note = checkpoints.read(checkpoint.note)
    public = checkpoints.public_key(clinic.desk.keys.active(SERVICE, "checkpoint").secret)
    assert (checkpoint.size, checkpoint.root) == (len(rows), frontier.root()) == (note.checkpoint.size, note.checkpoint.root)
    assert note.signed_by([public]) and not note.signed_by([bytes(32)])
    assert note.checkpoint.origin == f"localhost:8000/audit/elm/{clinic.home.id}"
    visitor.says("four")
    seal(sealer)
    assert newest(clinic).size == len(rows) + 1 == by_number(clinic)[-1].number


def newest(clinic):
    return max(clinic.rows("audit_checkpoints"), key=lambda row: row.size)


def test_in_small_steps_it_comes_to_the_same(clinic, visitor, sealer, monkeypatch):
    monkeypatch.setattr(sealing, "_BATCH_ROWS", 3)
    for number in range(10):
        visitor.says(f"message {number}")
    assert sealer.look(seconds=0) and audit_log.verify(clinic.desk).clinics[0].unsealed, "no longer than it may"
    seal(sealer)
    report = audit_log.verify(clinic.desk)
    assert report.intact and report.clinics[0].unsealed == 0 and report.clinics[0].checkpoints >= 4


def test_the_services_own_rows_have_a_tree_of_their_own(clinic, sealer):
    row = entry(clinic.desk, Who("service", SERVICE), "service.something", "service", None, clinic.clock.tick(), event=False)
    clinic.desk.database.write(row.write)
    seal(sealer)
    own = {log.clinic: log for log in audit_log.verify(clinic.desk).clinics}["the service"]
    assert own.sealed == 1 and own.checkpoint.startswith(f"localhost:8000/audit/service/{SERVICE}\n1\n")


def test_while_nothing_is_new_nothing_is_written(clinic, sealer, monkeypatch):
    seal(sealer)
    monkeypatch.setattr(sealer.lease, "write", None)
    assert not any(sealer.look() for _ in range(20))


def test_a_row_of_a_clock_that_is_far_behind_is_sealed_as_well(clinic, sealer, monkeypatch):
    monkeypatch.setattr(ids, "_last", 0)
    with monkeypatch.context() as patch:
        patch.setattr(ids.time, "time_ns", lambda: 1_600_000_000_000_000_000)
        clinic.desk.database.write(entry(clinic.desk, clinic.service, "late", "x", None, clinic.clock.tick(), event=False).write)
    assert not sealer.look() and clinic.rows("audit", action="late")[0].number is None
    sealer._look_back_at = 0.0
    seal(sealer)
    assert clinic.rows("audit", action="late")[0].number and audit_log.verify(clinic.desk).intact


def test_who_leads_goes_on_from_what_it_signed_and_from_nothing_else(clinic, visitor, sealer, caplog):
    visitor.says("one")
    seal(sealer)
    visitor.says("two")
    seal(sealer)
    kept = sorted(row.size for row in clinic.rows("audit_checkpoints"))[-2]
    clinic.sql("DELETE FROM audit WHERE number > :kept", kept=kept)
    clinic.sql("DELETE FROM audit_checkpoints WHERE size > :kept", kept=kept)
    visitor.says("three")
    seal(sealer)
    assert "was altered and is not sealed any more" in caplog.text and waiting(clinic) == 1


@pytest.mark.parametrize("column", ["frontier", "root", "note"])
def test_whoever_begins_to_lead_does_not_go_on_from_an_edge_that_nobody_signed(clinic, visitor, sealer, column, caplog):
    sealer.close()
    visitor.says("one")
    last = newest(clinic)
    forged = {"frontier": bytes(len(last.frontier)), "root": bytes(32), "note": last.note.replace("elm", "oak")}
    clinic.sql(f"UPDATE audit_checkpoints SET {column} = :value", value=forged[column])
    other = Sealer(clinic.desk)
    seal(other)
    assert clinic.home.id in other.altered and "altered" in caplog.text
    other.close()


# One clinic's rows and everybody else's

@pytest.mark.parametrize("number", [2**63 - 1, 2**62, -5])
def test_an_altered_number_of_an_event_stops_no_log_from_being_sealed(clinic, visitor, other_clinic, sealer, number):
    visitor.says("one")
    seal(sealer)
    last = by_number(clinic, "events")[-1].id
    clinic.sql("UPDATE events SET number = :number WHERE id = :id", number=number, id=last)
    visitor.says("two")
    other_clinic.visitor().says("three")
    seal(sealer)
    assert not waiting(clinic) and all(row.number for row in other_clinic.rows("events"))
    assert not sealer.look(), "what cannot be done is no reason to try again at once"
    fault = audit_log.verify(clinic.desk).first_fault
    assert fault.clinic == clinic.slug and last in fault.fault


@pytest.mark.parametrize("note", ["CAST(x'ff' AS TEXT)", "x'00'"])
def test_a_checkpoint_that_nobody_can_read_stops_no_other_clinics_log(clinic, visitor, other_clinic, sealer, note):
    """SQLite keeps whatever it is given; PostgreSQL refuses it."""
    if clinic.desk.database.engine.dialect.name != "sqlite":
        return
    clinic.sql(f"UPDATE audit_checkpoints SET note = {note} WHERE clinic_id = :clinic", clinic=clinic.home.id)
    visitor.says("one")
    other_clinic.visitor().says("two")
    sealer.close()
    seal(sealer)
    assert sealer.altered == {clinic.home.id} and all(row.number for row in other_clinic.rows("audit"))
    row = clinic.rows("audit")[0].id
    clinic.sql("UPDATE audit SET clinic_id = x'00', number = NULL WHERE id = :id", id=row)
    sealer._look_back_at = 0.0
    assert not sealer.look(), "of a clinic that is none nothing can be sealed"


def test_what_cannot_be_sealed_of_one_clinic_is_told_once_and_the_others_are_sealed(clinic, visitor, other_clinic, sealer, caplog,
                                                                                   monkeypatch):
    seal_one = Sealer._seal

    def fails_for_the_first(self, clinic_id, since):
        if clinic_id == clinic.home.id:
            raise ValueError
        return seal_one(self, clinic_id, since)

    with monkeypatch.context() as patch:
        patch.setattr(Sealer, "_seal", fails_for_the_first)
        visitor.says("one")
        other_clinic.visitor().says("two")
        for _ in range(3):
            assert not sealer.look()
        assert waiting(clinic) and all(row.number for row in other_clinic.rows("audit"))
    assert caplog.text.count("cannot be numbered") == 1
    seal(sealer)
    assert not waiting(clinic) and not sealer.failing


def test_who_cannot_write_for_one_clinic_begins_with_the_others_the_next_time(clinic, visitor, other_clinic, sealer, monkeypatch):
    """The database may be away as a whole, and then it is not asked again for each clinic; or one page of it is broken."""
    seal_one, tried = Sealer._seal, []

    def is_away_for_the_first(self, clinic_id, since):
        tried.append(clinic_id)
        if clinic_id == tried[0]:
            raise Unavailable
        return seal_one(self, clinic_id, since)

    visitor.says("one")
    other_clinic.visitor().says("two")
    monkeypatch.setattr(Sealer, "_seal", is_away_for_the_first)
    for _ in range(2):
        with pytest.raises(Unavailable):
            sealer.look()
    assert waiting(clinic) == 1 and len({*tried}) == 2


# One leader

def test_the_second_waits_until_the_first_is_gone(clinic, visitor, sealer):
    second = Sealer(clinic.desk)
    visitor.says("Hello?")
    seal(second)
    assert waiting(clinic) == 1
    sealer.close()
    until(lambda: second.look() or not waiting(clinic), what="the server to let go of the lock")
    assert audit_log.verify(clinic.desk).intact
    second.close()


LEADER = """
from securemsg.desk import open_desk
from securemsg.desk.audit.sealing import Sealer
from securemsg.settings import load
import time
sealer = Sealer(open_desk(load()))
while True:
    sealer.look()
    print("leads" if sealer._led else "waits", flush=True)
    time.sleep(0.02)
"""


def test_a_leader_that_is_killed_is_followed_within_seconds(clinic, visitor, own_settings):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")} | own_settings.environ
    with subprocess.Popen([sys.executable, "-c", LEADER], env=environ, stdout=subprocess.PIPE, text=True) as leader:
        assert leader.stdout.readline() == "leads\n"
        follower = Sealer(clinic.desk)
        visitor.says("one")
        until(lambda: clinic.rows("audit")[-1].number, what="the leader to seal")
        assert not follower.look() and not follower._led
        leader.kill()
        visitor.says("two")
        until(lambda: follower.look() or clinic.rows("audit")[-1].number, what="the follower to seal")
    assert audit_log.verify(clinic.desk).intact
    follower.close()


def test_a_leader_whose_connection_was_cut_writes_nothing_more(clinic, visitor, sealer):
    """On PostgreSQL. The lead is the connection: there is none of it without the other."""
    if not isinstance(sealer.lease, PostgresqlLease):
        assert isinstance(sealer.lease, FileLease), "an SQLite file has no connection that could be cut"
        return
    visitor.says("one")
    cut = "SELECT pg_terminate_backend(pid) AS cut FROM pg_locks WHERE locktype = 'advisory'"
    assert [row.cut for row in clinic.desk.database.read(lambda tx: tx.everywhere.all(cut))] == [True]
    with pytest.raises(Unavailable):
        sealer.lease.write(lambda tx: tx.everywhere.run("DELETE FROM audit"))
    second = Sealer(clinic.desk)
    seal(second)
    assert second._led and clinic.rows("audit")[-1].number
    assert not sealer.look() and not sealer._led and audit_log.verify(clinic.desk).intact
    second.close()


class Everybody:
    """A lease that all hold at once: what a lock would be that does not hold."""

    def __init__(self, desk):
        self.read, self.write = desk.database.read, desk.database.write

    def held(self) -> bool:
        return True


def test_two_who_both_believe_that_they_lead_number_nothing_twice(clinic, visitor):
    visitor.says("first")
    pretenders = [Sealer(clinic.desk) for _ in range(3)]
    for each in pretenders:
        each.lease = Everybody(clinic.desk)
    done, refused = threading.Event(), []

    def run(number: int) -> None:
        while not done.is_set():
            try:
                pretenders[number].look()
            except Exception as error:
                refused.append(error)
            pretenders[number].newest, pretenders[number].altered = {}, set()

    def write(_: int) -> None:
        for _ in range(40):
            clinic.desk.database.write(happens(clinic).write)
        done.set()

    assert at_once(4, lambda number: write(0) if number == 3 else run(number)) == [None] * 4
    seal(pretenders[0])
    report = audit_log.verify(clinic.desk)
    assert report.intact and report.clinics[0].unsealed == 0, refused


def happens(clinic):
    """The rows of some act."""
    return entry(clinic.desk, clinic.service, "something", "x", None, clinic.clock.tick())


def test_no_row_is_missed_that_is_committed_late_in_fifty_runs(clinic, own_settings, sealer):
    """Eight writers hold their transactions open for a while, each with ids that are older than those already numbered."""
    databases = [clinic.desk.database, store.connect(own_settings)]  # on SQLite two processes' worth of writers
    for _ in range(50):
        done = threading.Event()
        sealing = threading.Thread(target=lambda done=done: seals_until(sealer, done))
        sealing.start()
        at_once(8, lambda number: writes_late(clinic, databases[number % 2]))
        done.set()
        sealing.join()
        seal(sealer)
        assert not waiting(clinic)
    databases[1].close()
    report, rows = audit_log.verify(clinic.desk), by_number(clinic)
    assert report.intact and report.clinics[0].sealed == len(rows) >= 50 * 8 * 2
    assert any(one.id > other.id for one, other in pairwise(rows)), "nothing was committed late, so nothing was tried"


def seals_until(sealer, done) -> None:
    while not done.wait(0.002):
        sealer.look()


def writes_late(clinic, database) -> None:
    """Two transactions that are open for up to some milliseconds. A pure `fn` would not wait; this one stands for a slow disk."""
    for _ in range(2):
        made, pause = happens(clinic), random.random() * 0.005

        def write(tx, made=made, pause=pause):
            made.write(tx)
            time.sleep(pause)

        time.sleep(random.random() * 0.005)
        database.write(write)
