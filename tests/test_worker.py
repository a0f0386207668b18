"""What goes on beside the requests: streams end wherever a session ended, what is old goes, and the log stays short."""

import logging
import re
from collections.abc import Callable

import pytest

from securemsg import worker
from securemsg.crypto import ledger
from securemsg.desk.archive.ledger import REACHES, key_of
from securemsg.errors import Full, Unavailable
from securemsg.live import Signal
from securemsg.store import keystores, outbox
from securemsg.store.ids import new_id
from securemsg.times import MINUTE
from tests.clinic import Practice


def looks(times: int) -> Callable[[], bool]:
    """Alive for so many looks."""
    left = iter(range(times))
    return lambda: next(left, None) is not None


def revoked(clinic: Practice) -> str:
    """The id of a session that another process has just ended."""
    id, now = new_id(), clinic.clock.tick()
    clinic.desk.database.write(lambda tx: outbox.insert_revocation(tx, clinic.home.id, "session", id, now))
    return id


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0)


def test_a_stream_is_ended_once_and_nothing_is_remembered_for_ever(clinic):
    id, ears = revoked(clinic), worker.Ears(clinic.desk)
    with clinic.desk.live.subscribe(("session", id)) as stream:
        ears.listen()
        ears.listen()
        assert stream.next(0.01) == Signal("end") and stream.next(0.01) is None
    assert len(ears.heard) == 1
    clinic.later(minutes=1)
    ears.listen()
    ears.listen()
    assert not ears.heard


def test_what_is_old_goes_and_what_counts_stays(clinic, quick_hash):
    def guesses(who):
        with pytest.raises(Exception, match="not right"):
            who.signs_in("wrong words here", "000000")

    early, late = clinic.hires("Ana Ruiz"), clinic.hires("Bo Li")
    guesses(early)
    revoked(clinic)
    clinic.later(hours=23)
    kept = revoked(clinic)
    guesses(late)
    clinic.later(minutes=59)
    worker.run(clinic.desk, looks(1))
    assert len(clinic.rows("revocations")) == 2 and len(clinic.rows("attempts")) == 1
    clinic.later(minutes=2)
    worker.run(clinic.desk, looks(1))
    assert [row.subject_id for row in clinic.rows("revocations")] == [kept] and not clinic.rows("attempts")


def test_who_works_with_a_keystore_is_known_until_the_worker_ends(clinic):
    found = []

    def alive() -> bool:
        found.append(len(clinic.desk.database.read(lambda tx: keystores.told(tx, 0))))
        return len(found) < 2

    worker.run(clinic.desk, alive)
    assert not alive() and found == [0, 1, 0]


def test_while_the_database_is_away_the_log_says_so_once(clinic, caplog, monkeypatch):
    faults = iter([None, Unavailable(), Unavailable(), Unavailable(), Full(), Full(), None, None])
    now, read = [None], clinic.desk.database.read

    def alive():
        now[0] = next(faults, "end")
        return now[0] != "end"

    def reads(fn):
        if isinstance(now[0], Exception):
            raise now[0]
        return read(fn)

    monkeypatch.setattr(clinic.desk.database, "read", reads)
    monkeypatch.setattr(worker.Sealer, "look", lambda sealer: None)
    with caplog.at_level(logging.WARNING, "securemsg"):
        worker.run(clinic.desk, alive)
    assert [(record.message, getattr(record, "error", "")) for record in caplog.records] == \
        [("the worker waits", "Unavailable"), ("the worker waits", "Full"), ("the worker goes on", "")]


def test_a_mistake_in_one_job_is_told_by_type_and_place_and_keeps_no_other_from_its_work(clinic, visitor, caplog, monkeypatch):
    def mistaken(ears):
        raise KeyError("what a visitor wrote")

    monkeypatch.setattr(worker.Ears, "listen", mistaken)
    visitor.says("Hello?")
    with caplog.at_level(logging.WARNING, "securemsg"):
        worker.run(clinic.desk, looks(3))
    (record,) = caplog.records
    assert record.message == "the worker waits" and re.fullmatch(r"KeyError at test_worker\.py:\d+", record.error)
    assert all(row.number for row in clinic.rows("audit"))


def test_what_is_written_is_sealed_and_numbered_and_a_log_with_nothing_new_is_left_alone(clinic, visitor):
    visitor.says("Hello?")
    worker.run(clinic.desk, looks(1))
    size = len(clinic.rows("audit"))
    assert [row.size for row in clinic.rows("audit_checkpoints")] == [size] and all(row.number for row in clinic.rows("events"))
    worker.run(clinic.desk, looks(3))
    assert len(clinic.rows("audit_checkpoints")) == 1


def test_the_ledger_says_each_hour_and_at_the_end_that_it_was_kept(clinic, monkeypatch):
    def told() -> list[int]:
        return [line.at for line, _ in ledger.read(clinic.desk.settings.ledger, key_of(clinic.desk)) if line.kind == REACHES]

    begun, look = clinic.clock(), looks(3)

    def alive():
        clinic.later(minutes=30)
        return look()

    worker.run(clinic.desk, alive)
    assert told() == [begun + 30 * MINUTE, begun + 120 * MINUTE], "at the start, and when it ended"
    monkeypatch.setattr(worker, "_REACH_SECONDS", 0)
    worker.run(clinic.desk, looks(2))
    assert len(told()) == 5


def test_what_ended_at_the_very_end_is_in_the_ledger(clinic):
    id = revoked(clinic)
    worker.run(clinic.desk, lambda: False)
    assert id in [line.id for line, _ in ledger.read(clinic.desk.settings.ledger, key_of(clinic.desk))]
