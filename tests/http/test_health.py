"""What a load balancer asks: whether the process lives, and whether to send people there."""

import fcntl
import sqlite3

import pytest

from securemsg.errors import Full, Misconfigured, Unavailable
from securemsg.store import audit, deliveries
from securemsg.store.migrate import can_write, revision, revisions
from securemsg.times import HOUR, now
from tests.http.house import opened_house
from tests.listening import silent

SECRET = "s3cret-of-the-database"


@pytest.fixture
def lonely(house, monkeypatch):
    """A house whose database must not be asked at all."""
    def asked(*_):
        raise AssertionError("the database was asked")

    monkeypatch.setattr(house.desk.database, "read", asked)
    monkeypatch.setattr(house.desk.database, "write", asked)
    return house


def unready(house, part: str) -> None:
    """503 with the part that does not work, when to come again, and nothing of what lies behind it."""
    answer = house.browser().ask("GET", "/readyz")
    assert (answer.status, answer.json["part"]) == (503, part), answer.text
    assert int(answer.headers["Retry-After"]) > 0 and SECRET not in answer.text and part in answer.json["detail"]


def test_it_lives_as_long_as_it_answers(lonely):
    answer = lonely.browser().ask("GET", "/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_all_is_well(shared):
    answer = shared.browser().ask("GET", "/readyz")
    assert (answer.status, answer.json) == (200, {"status": "ready"})


@pytest.mark.parametrize("fault", [Unavailable(SECRET), RuntimeError(SECRET), sqlite3.OperationalError(SECRET)])
def test_the_database_is_away(house, monkeypatch, fault):
    def away(*_):
        raise fault

    monkeypatch.setattr(house.desk.database, "read", away)
    unready(house, "the database does not answer")


def test_the_keys_are_not_open(house, monkeypatch):
    def closed(*_):
        raise Misconfigured(SECRET)

    monkeypatch.setattr(house.desk.keys, "active", closed)
    unready(house, "the keys are not open")


def test_the_tables_are_older_than_the_program_or_newer(house):
    def stamp(number: str) -> None:
        house.desk.database.write(lambda tx: tx.run("UPDATE alembic_version SET version_num = :number", number=number))

    stamp("0001")
    unready(house, "the tables are not up to date")
    stamp("9999")
    assert house.browser().ask("GET", "/readyz").status == 200, "while nodes are replaced one by one, old ones serve on"


@pytest.mark.parametrize("fault", [Full(SECRET), Unavailable(SECRET)])
def test_nothing_can_be_stored(house, monkeypatch, fault):
    def stuck(*_):
        raise fault

    monkeypatch.setattr(house.desk.database, "write", stuck)
    unready(house, "nothing can be stored")


def test_another_program_holds_the_writing_for_too_long(house, monkeypatch):
    monkeypatch.setattr("securemsg.store.writer._PATIENCE_SECONDS", 0.2)
    with open(house.desk.database.path.with_name("writer.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unready(house, "nothing can be stored")
    assert house.browser().ask("GET", "/readyz").status == 200


def test_the_service_is_ending(furnished, tmp_path):
    with opened_house(furnished, tmp_path) as house:
        house.desk.live.end_everything()
        unready(house, "the service is ending")


def test_what_is_asked_of_the_database_holds_on_both(clinic, visitor):
    """How many rows wait for the seal, how many deliveries wait, which form the tables have, whether it may write."""
    before = clinic.desk.database.read(lambda tx: audit.unsealed(tx, 0))
    visitor.says("Hello?")
    after = clinic.desk.database.read(lambda tx: audit.unsealed(tx, 0))
    assert after.rows > before.rows and after.oldest == before.oldest
    assert clinic.desk.database.read(lambda tx: audit.unsealed(tx, now() + HOUR)).rows == 0
    clinic.desk.registry = silent("mail")
    visitor.says("And now?")
    counted = clinic.desk.database.read(lambda tx: deliveries.counts(tx, now()))
    assert (counted.due, counted.aside) == (1, 0) and counted.oldest <= clinic.clock()
    assert clinic.desk.database.read(revision) == revisions()[-1]
    clinic.desk.database.write(can_write)
