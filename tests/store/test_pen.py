"""What may happen to the files of a running service: somebody locks them, looks at them for long, moves them away."""

import fcntl
import logging
import shutil
import sqlite3
from threading import Event

import pytest

from securemsg import settings, store
from securemsg.errors import Unavailable
from securemsg.store import pen, writer
from tests.store.test_write import add, kinds
from tests.together import at_once


@pytest.fixture
def path(migrated_sqlite, tmp_path):
    """A copy of a migrated database in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return shutil.copy(migrated_sqlite, folder / "securemsg.db")


def opened(path):
    return store.connect(settings.load({"SECUREMSG_DATABASE_URL": f"sqlite:///{path}"}))


@pytest.fixture
def database(path):
    one = opened(path)
    yield one
    one.close()


@pytest.fixture
def other(path):
    """Another program's connection."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_who_waits_in_vain_for_their_turn_is_told_and_nothing_of_it_happens_later(path, database, monkeypatch):
    database.write(lambda tx: add(tx, "before"))
    with open(path.with_name("writer.lock"), "w") as lock, monkeypatch.context() as hasty:
        fcntl.flock(lock, fcntl.LOCK_EX)
        hasty.setattr(writer, "_PATIENCE_SECONDS", 0.05)
        told = at_once(8, lambda number: database.write(lambda tx: add(tx, "lost")))
        assert [type(error) for error in told] == [Unavailable] * 8 and told[0].retry_after_seconds
        assert kinds(database) == ["before"], "reads go on"
    assert database.write(lambda tx: add(tx, "after")) == "after"
    assert kinds(database) == ["after", "before"]


def test_whose_turn_it_is_waits_for_the_end_however_long_it_takes(database, monkeypatch):
    """What has begun is not given up: its caller would hear of nothing stored, and it would be."""
    monkeypatch.setattr(writer, "_PATIENCE_SECONDS", 0.2)
    out_of_patience, take = Event(), writer._Job.taken

    def taken(job):
        taken = take(job)
        return taken or out_of_patience.set() or False

    monkeypatch.setattr(writer._Job, "taken", taken)
    assert database.write(lambda tx: add(tx, "one") and out_of_patience.wait(20)) and kinds(database) == ["one"]


def test_another_program_that_writes_is_waited_for_and_told_of(database, other, monkeypatch):
    other.execute("BEGIN IMMEDIATE")
    with monkeypatch.context() as hasty, pytest.raises(Unavailable):
        hasty.setattr(writer, "_PATIENCE_SECONDS", 0.05)
        database.write(lambda tx: add(tx, "lost"))
    other.execute("COMMIT")
    assert database.write(lambda tx: add(tx, "kept")) == "kept" and kinds(database) == ["kept"]


def test_a_log_that_cannot_be_copied_back_hurts_nobody(path, database, monkeypatch, caplog):
    """It was committed: who wrote it hears so, and it is copied back another time."""
    monkeypatch.setattr(writer, "_CHECKPOINT_WRITES", 1)

    class Failing(sqlite3.Connection):
        def execute(self, sql, *args):
            if sql.startswith("PRAGMA wal_checkpoint"):
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *args)

    with monkeypatch.context() as patched:
        patched.setattr(pen, "connected", lambda path: sqlite3.connect(path, isolation_level=None, factory=Failing))
        assert [database.write(lambda tx, kind=kind: add(tx, kind)) for kind in "ab"] == ["a", "b"]
        assert database.write(lambda tx: tx.one("SELECT 1 AS one")[0]) == 1
    assert "waits to be copied back" in caplog.text and kinds(database) == ["a", "b"]


def test_the_log_of_a_long_look_shrinks_again_afterwards(path, database, other, monkeypatch):
    monkeypatch.setattr(writer, "_CHECKPOINT_WRITES", 1)
    log = path.with_name("securemsg.db-wal")
    database.write(lambda tx: add(tx, "x"))
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM events").fetchone()
    while log.stat().st_size < 66 * 1024 * 1024:
        database.write(lambda tx: [add(tx, "x" * 60_000) for _ in range(60)])
    other.execute("COMMIT")
    for _ in range(3):
        database.write(lambda tx: add(tx, "y"))
    assert log.stat().st_size <= 64 * 1024 * 1024


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_log_tidied_up_under_the_service_loses_nothing(path, database, caplog, suffix):
    for kind in "ab":
        database.write(lambda tx, kind=kind: add(tx, kind))
    kinds(database)
    path.with_name(f"securemsg.db{suffix}").unlink()
    for _ in range(2):
        with pytest.raises(Unavailable):
            database.write(lambda tx: add(tx, "lost"))
    assert "replaced or removed" in caplog.text
    with sqlite3.connect(path) as survivor:  # as after SIGKILL: what lies under the names is all there is
        assert survivor.execute("SELECT kind FROM events ORDER BY kind").fetchall() == [("a",), ("b",)]


def test_a_database_put_in_the_place_of_the_running_one_is_not_written_to(path, database, migrated_sqlite, caplog):
    database.write(lambda tx: add(tx, "before"))
    path.rename(path.with_name("aside"))
    shutil.copy(migrated_sqlite, path)
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable):
        database.write(lambda tx: add(tx, "into nothing"))
    assert "replaced or removed" in caplog.text and path.read_bytes() == migrated_sqlite.read_bytes()
    path.with_name("aside").rename(path)
    assert database.write(lambda tx: add(tx, "after")) == "after"
    assert kinds(database) == ["after", "before"]
