"""One way to write: everybody gets their own result after the commit; who fails takes nobody along."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from securemsg.store import conversations
from securemsg.store.ids import new_id
from tests.service import ROOT
from tests.together import at_once

CLINIC = "00000000-0000-0000-0000-000000000000"
WRONG = "INSERT INTO events (clinic_id, kind) VALUES (:clinic, 'x')"  # has no id


def add(tx, kind):
    """A small row of the nil clinic."""
    tx.insert("events", clinic_id=CLINIC, id=new_id(), kind=kind, happened_at=0)
    return kind


def kinds(database):
    return sorted(row.kind for row in database.read(lambda tx: tx.everywhere.all("SELECT kind FROM events")))


def test_thirty_two_at_once_each_get_their_own_result(database):
    def one(number):
        if number == 5:  # the database refuses it
            return write(lambda tx: (add(tx, "lost 5"), tx.run(WRONG, clinic=CLINIC)))
        if number == 11:  # it changes its mind
            return write(lambda tx: (add(tx, "lost 11"), 1 / 0))
        return write(lambda tx: add(tx, f"kept {number}"))

    def write(fn):
        try:
            answer = database.write(fn)
        except Exception as error:
            return type(error).__name__
        assert answer in kinds(database), "the answer came before the commit"
        return answer

    results = at_once(32, one)
    kept = {number: f"kept {number}" for number in range(32) if number not in (5, 11)}
    assert dict(enumerate(results)) == kept | {5: results[5], 11: "ZeroDivisionError"}
    assert results[5] in ("IntegrityError", "NotNullViolation")
    assert kinds(database) == sorted(kept.values())


def test_what_raises_leaves_nothing_and_is_raised_as_it_is(database):
    problem = LookupError("mine")

    def fn(tx):
        add(tx, "one")
        raise problem

    with pytest.raises(LookupError) as raised:
        database.write(fn)
    assert raised.value is problem and kinds(database) == []
    assert database.write(lambda tx: add(tx, "two")) == "two"


def test_a_mistake_in_the_sql_is_not_called_a_full_disk(database):
    with pytest.raises(Exception, match="nowhere") as raised:
        database.write(lambda tx: tx.run("INSERT INTO nowhere VALUES (1)"))
    assert type(raised.value).__module__.startswith(("sqlite3", "psycopg"))


def test_a_conversation_moves_on_only_from_where_it_was_read(clinic, visitor):
    visitor.says("Hello?")
    database, before = clinic.desk.database, visitor.visit().conversation

    def advance(head):
        return database.write(lambda tx: conversations.advance(
            tx, before, head, head, 1, by="visitor", waiting_on="staff", waiting_since=1))

    assert [advance(b"first"), advance(b"second")] == [True, False]
    row = visitor.visit().conversation
    assert (row.last_seq, bytes(row.head), row.version) == (2, b"first", before.version + 1)


def test_rows_come_back_as_they_went_in(database):
    values = {"a": "Ünïcödé 漢字 🩺 ' \" % :name", "b": b"\0\xff%", "c": 2**62, "d": None}
    row = database.read(lambda tx: tx.one(
        "SELECT CAST(:a AS TEXT) AS a, :b AS b, CAST(:c AS BIGINT) AS c, CAST(:d AS TEXT) AS d, '100%' AS e", **values))
    assert row._asdict() == values | {"e": "100%"}
    assert database.read(lambda tx: tx.one("SELECT 1 AS one WHERE 1 = 0")) is None


def test_while_writers_wait_no_greenlet_is_blocked(database_url):
    """In a process that gevent has patched, 32 writers wait for a lock that somebody else holds; a heartbeat goes on."""
    program = Path(__file__).with_name("under_gevent.py")
    done = subprocess.run([sys.executable, program, database_url], capture_output=True, text=True, timeout=60, cwd=ROOT,
                          env={"PYTHONPATH": str(ROOT), "PATH": ""})
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["beats_while_all_waited"] == 50 and seen["done_while_all_waited"] == 0
    assert seen["results"].pop("5") in ("IntegrityError", "NotNullViolation")
    assert seen["results"].pop("11") == "ZeroDivisionError"
    assert seen["results"] == {str(number): f"kept {number}" for number in range(32) if number not in (5, 11)}
    assert seen["stored"] == sorted(seen["results"].values())
    if database_url.startswith("sqlite"):
        assert 1 <= seen["commits"] <= 4, "32 that waited together are committed together"
