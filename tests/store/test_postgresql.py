"""PostgreSQL away, cut, in each other's way or full: said in a sentence, repeated where that is safe."""

import ctypes
import os
import signal
import time
from threading import Barrier, Thread

import psycopg
import pytest

from securemsg import settings, store
from securemsg.errors import Conflict, Full, Unavailable
from securemsg.store import patience
from tests.service import at_most, until
from tests.store.test_write import CLINIC, add, kinds
from tests.together import at_once


@pytest.fixture
def url(postgresql, migrated_postgresql):
    name = postgresql.create(migrated_postgresql)
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture
def database(url):
    opened = store.connect(settings.load({"SECUREMSG_DATABASE_URL": url}))
    yield opened
    opened.close()


@pytest.fixture
def other(url):
    """Somebody else's connection to the same database."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, options="-c securemsg.clinic=everywhere") as connection:
        yield connection


def cut_all(other):
    """As when the server restarts or fails over."""
    other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                  " AND usename = current_user AND pid <> pg_backend_pid()")


def test_after_a_cut_connection_the_next_call_works(database, other):
    for way in (database.read, database.write):
        way(lambda tx: tx.one("SELECT 1 AS one"))
        cut_all(other)
        assert way(lambda tx: tx.one("SELECT 1 AS one")).one == 1


def test_after_a_restart_the_next_call_works_however_many_connections_there_were(database, other):
    together = Barrier(8)
    at_once(8, lambda number: database.read(lambda tx: together.wait()))
    cut_all(other)
    assert database.write(lambda tx: add(tx, "one")) == "one"
    assert at_once(8, lambda number: kinds(database)) == [["one"]] * 8


def test_a_connection_cut_inside_a_write_repeats_it_and_stores_it_once(database):
    times = []

    def fn(tx):
        times.append(add(tx, "one"))
        if len(times) == 1:
            tx.run("SELECT pg_terminate_backend(pg_backend_pid())")
        return "done"

    assert database.write(fn) == "done"
    assert len(times) == 2 and kinds(database) == ["one"]


def test_when_the_outcome_of_a_commit_is_unknown_it_is_not_repeated(database, other):
    """The caller's Idempotency-Key decides then: nobody else can know whether it was stored."""
    other.execute("CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS"
                  " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'")
    other.execute("CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                  " EXECUTE FUNCTION cut()")
    times = []
    with pytest.raises(Unavailable):
        database.write(lambda tx: times.append(add(tx, "one")))
    assert len(times) == 1 and kinds(database) == []


def test_what_has_a_key_is_repeated_though_the_outcome_of_its_commit_is_unknown(database, other):
    """It finds out by itself whether it was stored, so nobody is told that it might not have been."""
    other.execute("CREATE SEQUENCE times")
    other.execute("CREATE FUNCTION cut_once() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''times'') = 1 THEN"
                  " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END'")
    other.execute("CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                  " EXECUTE FUNCTION cut_once()")
    for independent in (True, False):
        other.execute("SELECT setval('times', 1, false)")
        times = []
        assert database.write(lambda tx, times=times: times.append(add(tx, "one")), independent=independent, keyed=True) is None
        assert len(times) == 2
    assert kinds(database) == ["one", "one"]


def test_a_server_that_hangs_is_given_up_and_comes_back(database, monkeypatch):
    """Who is on its connection waits as long as patience lasts; the next ones hear at once, and one of them asks again."""
    monkeypatch.setattr(patience.Patient, "patience_seconds", 1.0)
    monkeypatch.setattr(patience, "_PAUSE_SECONDS", 60)
    pid = database.read(lambda tx: tx.one("SELECT pg_backend_pid() AS pid")).pid
    database.write(lambda tx: add(tx, "before"))
    os.kill(pid, signal.SIGSTOP)
    try:
        for limit in (at_most(2), 1):
            begun = time.monotonic()
            with pytest.raises(Unavailable) as unavailable:
                database.write(lambda tx: add(tx, "lost"), keyed=True)
            assert time.monotonic() - begun < limit and unavailable.value.retry_after_seconds
        monkeypatch.setattr(patience, "monotonic", lambda: time.monotonic() + 60)
        until(lambda: works(database), what="another connection")
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: kinds(database) == ["before"])
    assert database.write(lambda tx: add(tx, "kept")) == "kept"


def works(database):
    try:
        return database.read(lambda tx: tx.one("SELECT 1 AS one")).one == 1
    except Unavailable:
        return False


def test_while_the_server_is_in_doubt_one_asks_and_the_others_are_told():
    doubt, told = patience.Doubt(), []
    doubt._silent = True
    with doubt.asked(), pytest.raises(Unavailable), doubt.asked():
        told.append("asked as well")
    with doubt.asked(), doubt.asked():
        assert told == []


def test_two_in_a_deadlock_both_get_done(database):
    for kind in ("one", "two"):
        database.write(lambda tx, kind=kind: add(tx, kind))
    both, times = Barrier(2), []

    def takes(number):
        def fn(tx):
            times.append(number)
            tx.run("SET LOCAL deadlock_timeout = '20ms'")
            tx.everywhere.run("UPDATE events SET seq = 1 WHERE kind = :kind", kind=("one", "two")[number])
            if len(times) <= 2:
                both.wait(20)
            tx.everywhere.run("UPDATE events SET seq = 1 WHERE kind = :kind", kind=("two", "one")[number])
            return number

        return database.write(fn)

    assert at_once(2, takes) == [0, 1]
    assert len(times) >= 3, "one of them was taken back by the server and done again"


def test_what_cannot_be_put_in_an_order_is_done_again(database, other):
    database.write(lambda tx: add(tx, "one"))
    times = []

    def fn(tx):
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        tx.everywhere.one("SELECT kind FROM events")
        times.append(1)
        if len(times) == 1:
            other.execute("UPDATE events SET seq = 1")
        return tx.everywhere.run("UPDATE events SET seq = coalesce(seq, 0) + 1")

    assert database.write(fn) == 1 and len(times) == 2
    assert database.read(lambda tx: tx.everywhere.one("SELECT seq FROM events")).seq == 2


def test_what_never_gets_its_order_is_unavailable_after_three_times(database):
    times = []

    def fn(tx):
        times.append(1)
        tx.run("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")

    with pytest.raises(Unavailable):
        database.write(fn)
    assert len(times) == 3


def test_who_waits_too_long_for_a_lock_is_told_of_a_conflict(database, other):
    database.write(lambda tx: add(tx, "one"))
    with other.transaction():
        other.execute("UPDATE events SET seq = 1")
        with pytest.raises(Conflict) as conflict:
            database.write(lambda tx: (tx.run("SET LOCAL lock_timeout = '20ms'"), tx.everywhere.run("UPDATE events SET seq = 2")))
    assert conflict.value.retry_after_seconds
    assert database.read(lambda tx: tx.one("SHOW lock_timeout"))[0] == "2s"


def test_a_full_disk_is_said(database):
    with pytest.raises(Full, match="no room"):
        database.write(lambda tx: (add(tx, "one"), tx.run("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$")))
    assert kinds(database) == []


def test_a_server_that_is_away_is_unavailable(tmp_path):
    away = store.connect(settings.load({"SECUREMSG_DATABASE_URL": f"postgresql+psycopg://postgres@/x?host={tmp_path}"}))
    for way in (away.read, away.write):
        with pytest.raises(Unavailable) as unavailable:
            way(lambda tx: tx.one("SELECT 1 AS one"))
        assert unavailable.value.retry_after_seconds
    away.close()


def test_after_what_raised_the_connection_is_clean(database):
    for _ in range(40):  # more than the pool holds
        with pytest.raises(ZeroDivisionError):
            database.write(lambda tx: (add(tx, "lost"), 1 / 0))
    assert kinds(database) == [] and database.write(lambda tx: add(tx, "kept")) == "kept"
    assert database.read(lambda tx: tx.everywhere.one("SELECT clinic_id FROM events"))[0] == CLINIC, "ids are text, as on SQLite"


def test_who_is_interrupted_while_the_server_works_leaves_no_half_answer_to_the_next(database):
    """As a plugin's thread is, when its time is over."""
    class Interrupted(BaseException):
        pass

    def late():
        until(lambda: database.waiting() == 1, what="the statement")
        raise_in(waiter.ident, ctypes.py_object(Interrupted))

    def wait():
        try:
            database.read(lambda tx: tx.one("SELECT pg_sleep(3)"))
        except Interrupted:
            ended.append("interrupted")

    ended, raise_in = [], ctypes.pythonapi.PyThreadState_SetAsyncExc
    raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)
    database.read(lambda tx: tx.one("SELECT 1 AS one"))
    waiter = Thread(target=wait)
    waiter.start()
    late()
    waiter.join()
    assert ended == ["interrupted"]
    assert database.read(lambda tx: tx.one("SELECT 2 AS two")).two == 2
