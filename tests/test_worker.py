"""What goes on beside the requests: streams end wherever a session ended, what is old goes, and the log stays short."""

import logging
from collections.abc import Callable

import pytest

from securemsg import worker
from securemsg.errors import Full, Unavailable
from securemsg.live import Signal
from securemsg.store import outbox
from securemsg.store.ids import new_id
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
    id, heard, since = revoked(clinic), set(), clinic.clock()
    with clinic.desk.live.subscribe(("session", id)) as stream:
        since, heard = worker._hear_revocations(clinic.desk, since, heard)
        since, heard = worker._hear_revocations(clinic.desk, since, heard)
        assert stream.next(0.01) == Signal("end") and stream.next(0.01) is None
    assert len(heard) == 1
    clinic.later(minutes=1)
    since, heard = worker._hear_revocations(clinic.desk, since, heard)
    assert not worker._hear_revocations(clinic.desk, since, heard)[1]


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


def test_while_the_database_is_away_the_log_says_so_once(clinic, caplog, monkeypatch):
    faults = iter([None, Unavailable(), Unavailable(), Unavailable(), Full(), Full(), None, None])

    def read(fn):
        if fault := next(faults):
            raise fault
        return []

    monkeypatch.setattr(worker.Ledger, "catch_up", lambda ledger: None)
    monkeypatch.setattr(clinic.desk.database, "read", read)
    with caplog.at_level(logging.WARNING, "securemsg"):
        worker.run(clinic.desk, looks(8))
    assert caplog.messages == ["the worker waits: Unavailable", "the worker waits: Full", "the worker goes on"]
