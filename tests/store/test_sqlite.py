"""SQLite as the service wants it: careful, private, one serving process, and able to say that the disk is full."""

import os
import sqlite3
import stat
import subprocess
import sys
from functools import partial

import pytest

from securemsg import settings, store
from securemsg.errors import Full, Misconfigured, Unavailable
from securemsg.store import sqlite, writer
from securemsg.store.ids import new_id
from tests.service import ROOT
from tests.store.test_write import CLINIC, add, kinds
from tests.together import at_once

PRAGMAS = {
    "journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "wal_autocheckpoint": 0, "temp_store": 2}


@pytest.fixture
def path(migrated_sqlite, tmp_path):
    """A copy of a migrated database in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "securemsg.db").write_bytes(migrated_sqlite.read_bytes())
    return folder / "securemsg.db"


@pytest.fixture
def database(path):
    opened = store.connect(settings.load({"SECUREMSG_DATABASE_URL": f"sqlite:///{path}"}))
    yield opened
    opened.close()


@pytest.mark.parametrize("way", ["read", "write"])
def test_every_connection_is_careful(database, way):
    for name, value in PRAGMAS.items():
        assert getattr(database, way)(lambda tx, name=name: tx.one(f"PRAGMA {name}"))[0] == value, name


def test_who_reads_cannot_write(database):
    with pytest.raises(Unavailable):
        database.read(lambda tx: add(tx, "x"))
    assert database.read(lambda tx: tx.one("PRAGMA query_only"))[0] == 1 and kinds(database) == []
    assert database.write(lambda tx: add(tx, "y")) == "y"


def test_readers_see_what_was_committed_and_no_more(database):
    database.write(lambda tx: add(tx, "one"))
    seen = []

    def fn(tx):
        add(tx, "two")
        seen.append(kinds(database))

    database.write(fn)
    assert seen == [["one"]] and kinds(database) == ["one", "two"]


def test_eight_read_while_others_write(database):
    def act(number):
        for turn in range(20):
            database.write(lambda tx, turn=turn: add(tx, f"{number}-{turn}")) if number < 2 else kinds(database)

    assert at_once(8, act) == [None] * 8
    assert len(kinds(database)) == 40


def test_files_are_for_the_owner_alone(tmp_path):
    before = os.umask(0o022)
    try:
        opened = store.connect(settings.load({"SECUREMSG_DATA": str(tmp_path / "new")}))
        store.migrate(opened)
        opened.write(lambda tx: add(tx, "one"))
        opened.read(lambda tx: tx.one("SELECT 1 AS one"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new", *(tmp_path / "new").iterdir())}
        opened.close()
    finally:
        os.umask(before)
    assert modes["new"] == 0o700 and modes["securemsg.db"] == 0o600 and "securemsg.db-wal" in modes


def test_a_second_serving_process_is_refused_and_told_what_to_do(database):
    held = sqlite.claim(database)
    with pytest.raises(Misconfigured, match="PostgreSQL"):
        sqlite.claim(database)
    held.close()
    sqlite.claim(database).close()


def test_asking_who_serves_makes_no_file_and_a_file_of_somebody_elses_is_told(database):
    """One that root made, who only looked, would keep the service's own user from serving."""
    lock = database.path.with_name("serve.lock")
    assert not sqlite.is_claimed(database) and not lock.exists()
    with sqlite.claim(database):
        assert sqlite.is_claimed(database)
    assert not sqlite.is_claimed(database) and stat.S_IMODE(lock.stat().st_mode) == 0o600
    lock.unlink()
    lock.mkdir()  # cannot be opened by anybody, root included
    with pytest.raises(Misconfigured, match="belong to another user"):
        sqlite.claim(database)


def test_a_reader_that_failed_leaves_nothing_old_behind(database):
    """An unfinished statement keeps its snapshot; another must not read on from there."""
    database.write(lambda tx: [add(tx, f"{number}") for number in range(9)])

    def fn(tx):
        tx.everywhere.one("SELECT kind FROM events")
        raise LookupError

    with pytest.raises(LookupError) as kept:
        database.read(fn)
    database.write(lambda tx: tx.everywhere.run("DELETE FROM events WHERE kind <> '1'"))
    assert kinds(database) == ["1"] and kept


def test_a_writers_lock_that_cannot_be_opened_is_told_and_not_waited_for(path, database):
    path.with_name("writer.lock").mkdir()
    with pytest.raises(Unavailable):
        database.write(lambda tx: add(tx, "x"))
    path.with_name("writer.lock").rmdir()
    assert database.write(lambda tx: add(tx, "y")) == "y"


def test_a_command_may_write_while_the_service_does(path, database):
    """Another process takes its turns at the file lock; both write all they wanted."""
    program = (f"from securemsg import settings, store; d = store.connect(settings.load({{'SECUREMSG_DATABASE_URL': 'sqlite:///{path}'}}))\n"
               "from tests.store.test_write import add\n"
               "for turn in range(20): d.write(lambda tx: add(tx, 'theirs'))\n"
               "d.close()")
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE) as process:
        turns = 0
        while process.poll() is None:
            database.write(lambda tx: add(tx, "ours"))
            turns += 1
        assert process.returncode == 0, process.stderr.read()
    assert kinds(database) == ["ours"] * turns + ["theirs"] * 20


def test_a_full_disk_is_said_rolled_back_and_recovers_by_itself(database):
    database.write(lambda tx: add(tx, "before"))

    def too_much(tx):
        pages = tx.one("PRAGMA page_count")[0]
        tx.one(f"PRAGMA max_page_count = {pages + 2}")
        for _ in range(2000):
            add(tx, "x" * 100)

    with pytest.raises(Full, match="no room"):
        database.write(too_much)
    assert kinds(database) == ["before"], "reads go on"
    database.write(lambda tx: add(tx, "after"))
    assert kinds(database) == ["after", "before"]


def test_when_a_batch_cannot_be_committed_everybody_in_it_is_told(database, monkeypatch):
    database.write(lambda tx: add(tx, "before"))

    class Failing(sqlite3.Connection):
        def execute(self, sql, *args):
            if sql == "COMMIT":
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR
                raise error
            return super().execute(sql, *args)

    fresh = store.connect(settings.load({"SECUREMSG_DATABASE_URL": str(database.engine.url)}))
    with monkeypatch.context() as patched:
        patched.setattr(sqlite.sqlite3, "connect", partial(sqlite3.connect, factory=Failing))
        told = at_once(8, lambda number: fresh.write(lambda tx: add(tx, "lost")))
        assert [type(error) for error in told] == [Unavailable] * 8 and told[0].retry_after_seconds
    assert kinds(database) == ["before"]
    fresh.write(lambda tx: add(tx, "after"))
    assert kinds(database) == ["after", "before"]
    fresh.close()


def test_a_deleted_word_is_gone_from_the_file(path, database):
    database.write(lambda tx: add(tx, "kanarienvogel" * 20))
    database.write(lambda tx: tx.run("DELETE FROM events WHERE clinic_id = :clinic", clinic=CLINIC))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"kanarienvogel" not in path.read_bytes()


def test_the_log_is_copied_back_and_used_again_from_its_start(path, database, monkeypatch):
    monkeypatch.setattr(writer, "_CHECKPOINT_WRITES", 4)
    longest = 0
    for _ in range(40):
        database.write(lambda tx: [add(tx, "x" * 1000 + new_id()) for _ in range(10)])
        longest = max(longest, path.with_name("securemsg.db-wal").stat().st_size)
    assert longest < path.stat().st_size / 2
    assert len(kinds(database)) == 400


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be made"):
        store.connect(settings.load({"SECUREMSG_DATA": str(tmp_path / "file" / "data")}))
