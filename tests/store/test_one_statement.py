"""Independent changes in one statement: all of them or none, and an ordinary transaction where hope was wrong."""

import psycopg
import pytest

from securemsg import store
from securemsg.store.ids import new_id
from securemsg.store.one_statement import Looked, noted

CLINIC = new_id()


def attempt(tx: store.Tx, subject: bytes, failures: int = 1) -> bool:
    return tx.insert("attempts", clinic_id=CLINIC, subject=subject, failures=failures, first_at=1, or_nothing=True)


def count_up(tx: store.Tx, subject: bytes, expected: int) -> bool:
    return tx.run("UPDATE attempts SET failures = failures + 1 WHERE clinic_id = :clinic AND subject = :subject AND"
                  " failures = :expected",
                  clinic=CLINIC, subject=subject, expected=expected) == 1


def stored(database: store.Database) -> dict[bytes, int]:
    return dict(database.read(lambda tx: tx.everywhere.all("SELECT subject, failures FROM attempts")))


def test_what_goes_well_is_all_stored(database):
    database.write(lambda tx: attempt(tx, b"old"))
    changes = database.write(lambda tx: (attempt(tx, b"a", 5), attempt(tx, b"b"), count_up(tx, b"old", 1)), independent=True)
    assert changes == (True,) * 3
    assert stored(database) == {b"old": 2, b"a": 5, b"b": 1}


def test_a_key_that_is_taken_is_told_truly(database):
    database.write(lambda tx: attempt(tx, b"taken"))
    ran = []

    def fn(tx):
        ran.append(type(tx).__name__)
        return attempt(tx, b"taken"), attempt(tx, b"free")

    assert database.write(fn, independent=True) == (False, True)
    assert stored(database) == {b"taken": 1, b"free": 1}
    assert ran[-1] == "Tx", "the truth comes from an ordinary transaction"


def test_a_row_that_moved_leaves_nothing_behind(database):
    database.write(lambda tx: attempt(tx, b"row", 7))

    def fn(tx):
        attempt(tx, b"new")
        if not count_up(tx, b"row", 6):
            raise LookupError("moved")

    with pytest.raises(LookupError, match="moved"):
        database.write(fn, independent=True)
    assert stored(database) == {b"row": 7}


def test_who_looks_sees_the_rows(database):
    database.write(lambda tx: attempt(tx, b"row", 7))
    assert database.write(lambda tx: tx.everywhere.one("SELECT failures FROM attempts").failures, independent=True) == 7
    with pytest.raises(Looked):
        noted(lambda tx: tx.all("SELECT 1"))


def test_many_rows_are_stored_as_ever(database):
    def fn(tx):
        tx.run_all("UPDATE attempts SET failures = :failures WHERE clinic_id = :clinic_id AND subject = :subject",
                   [{"clinic_id": CLINIC, "subject": each, "failures": 9} for each in (b"one", b"two")])

    for each in (b"one", b"two"):
        database.write(lambda tx, each=each: attempt(tx, each, 7))
    database.write(fn, independent=True)
    assert stored(database) == {b"one": 9, b"two": 9}


def test_a_visitors_message_is_one_statement_and_the_wall_between_clinics_adds_none(clinic, visitor, monkeypatch):
    if not clinic.desk.database.elsewhere:
        pytest.skip("SQLite has no round trips")
    visitor.opens("Is the flu jab free?")
    sent, execute = [], psycopg.Connection.execute
    monkeypatch.setattr(psycopg.Connection, "execute",
                        lambda *words, **named: (sent.append(words[1]), execute(*words, **named))[1])
    visitor.says("For me as well?")
    assert len(sent) == 1 and sent[0].startswith("WITH s0 AS (INSERT INTO idempotency")


def test_equal_values_share_a_parameter_and_others_do_not():
    def fn(tx):
        attempt(tx, b"a")
        attempt(tx, b"b", 2)
        return "well"

    answer, statement, values, clinic = noted(fn)
    assert answer == "well" and clinic == CLINIC
    assert values == {"clinic_id": CLINIC, "subject": b"a", "subject_1": b"b", "failures": 1, "failures_1": 2, "first_at": 1}
    assert statement.count("%(clinic_id)s") == 2
    assert statement.count("%(subject_1)s") == 1
