"""`securemsg audit verify`: what somebody did to the log who has the database, and not the keys, is found and named."""

import json
from dataclasses import dataclass

import pytest

from securemsg.desk.sealing import Sealer
from securemsg.store.ids import new_id
from tests.cli.conftest import typed
from tests.clinic import Practice

COLUMNS = {  # each column of a row, and what an attacker would like to read there
    "happened_at": "happened_at - 1", "node": "'other'", "actor_kind": "'plugin'", "actor_id": ":id", "session_sha256": "leaf",
    "action": "'message.other'", "object_kind": "'other'", "object_id": ":id", "outcome": "'refused'", "address": "mac",
    "request_id": "'other'", "detail": "leaf", "objects": "'[]'", "key_period": "2", "leaf": "mac", "mac": "leaf"}


@dataclass
class Log:
    """A clinic's log of five checkpoints, and the command that checks it."""

    clinic: Practice
    run: object
    sealer: Sealer

    def seals(self) -> None:
        while self.sealer.look():
            pass

    def happens(self, times: int = 1) -> None:
        """A visitor writes, and it is sealed under a checkpoint of its own."""
        visitor = self.clinic.visitor()
        for number in range(times):
            visitor.says(f"message {number}")
        self.seals()

    @property
    def rows(self) -> list:
        return sorted(self.clinic.rows("audit"), key=lambda row: row.number or 0)

    def sql(self, statement: str, **values) -> None:
        assert self.clinic.sql(statement, clinic=self.clinic.home.id, **values)

    def verify(self, *words: str):
        return self.run("audit", "verify", *words)

    def convicts(self, number: int | None, id: str | None = None, *words: str) -> str:
        """Status 1, and that row is named, to people and to programs; the sentence."""
        said, told = self.verify(*words), self.verify("--json", *words)
        facts = json.loads(told.out)
        bad = facts["first_bad_row"]
        assert (said.status, told.status, facts["intact"]) == (1, 1, False), said.out
        assert (bad["clinic"], bad["number"]) == ("elm", number) and (id is None or bad["id"] == id), bad
        assert "NOT INTACT: the log of elm" in said.out and bad["fault"] in said.out and "Traceback" not in said.err
        return bad["fault"]


@pytest.fixture
def log(clinic, own_settings, monkeypatch):
    """Fifteen rows; two of the checkpoints have one row of their own, the others some."""
    for name, value in own_settings.environ.items():
        monkeypatch.setenv(name, value)
    one = Log(clinic, typed(monkeypatch), Sealer(clinic.desk))
    one.seals()
    for count in (1, 1, 4, 5, 3):
        one.happens(count)
    assert len(one.rows) == 15
    yield one
    one.sealer.close()


def test_a_log_as_it_was_written_is_intact_and_the_command_says_what_it_cannot_see(log):
    said, told = log.verify(), json.loads(log.verify("--json").out)
    assert said.status == 0 and "Intact" in said.out and said.err == ""
    assert all(words in said.out for words in ("cut off", "older copy", "stolen", "--anchor"))
    mine = next(row for row in told["clinics"] if row["clinic"] == "elm")
    assert told["intact"] and (mine["sealed"], mine["unsealed"]) == (len(log.rows), 0) and len(told["cannot_see"]) == 3
    assert mine["checkpoint"].startswith("localhost:8000/audit/elm/")


def test_rows_not_sealed_yet_are_checked_as_well(log):
    log.clinic.visitor().says("just now")
    assert json.loads(log.verify("--json").out)["clinics"][-1]["unsealed"] + log.verify().status == 1
    [row] = [each for each in log.clinic.rows("audit") if each.number is None]
    log.sql("UPDATE audit SET action = 'other' WHERE id = :id", id=row.id)
    assert "waits for its number was altered" in log.convicts(None, row.id)


@pytest.mark.parametrize("column", COLUMNS)
def test_an_altered_row_is_named(log, column):
    row = log.rows[7]
    values = {"id": new_id()} if ":id" in COLUMNS[column] else {}
    log.sql(f"UPDATE audit SET {column} = {COLUMNS[column]} WHERE id = :row", row=row.id, **values)
    log.convicts(8, row.id)


def test_a_row_altered_with_its_leaf_has_no_mac(log):
    row, other = log.rows[7], log.rows[8]
    log.sql("UPDATE audit SET leaf = :leaf, mac = :mac WHERE id = :id", leaf=other.leaf, mac=other.mac, id=row.id)
    log.convicts(8, row.id)


@pytest.mark.parametrize("number", [1, 2, 9, -1])
def test_a_deleted_row_is_named(log, number):
    row = log.rows[number if number < 0 else number - 1]
    log.sql("DELETE FROM audit WHERE id = :id", id=row.id)
    assert log.convicts(row.number) == f"Row {row.number} is missing."


def test_a_deleted_row_is_named_also_when_those_behind_it_move_up(log):
    row = log.rows[2]
    log.sql("DELETE FROM audit WHERE id = :id", id=row.id)
    for each in log.rows[2:]:
        log.sql("UPDATE audit SET number = number - 1 WHERE id = :id", id=each.id)
    log.convicts(row.number)


@pytest.mark.parametrize(("one", "other"), [(9, 10), (8, 11), (9, 14), (1, 15), (3, 4)])
def test_swapped_rows_are_named_by_the_first_of_them(log, one, other):
    first, second = log.rows[one - 1], log.rows[other - 1]
    for number, row in ((-1, first), (one, second), (other, first)):
        log.sql("UPDATE audit SET number = :number WHERE id = :id", number=number, id=row.id)
    log.convicts(one, second.id)


def test_an_inserted_row_is_named_wherever_it_is_put(log):
    row, id, names = log.rows[4], new_id(), "happened_at, node, actor_kind, action, object_kind, outcome, leaf, mac"
    insert = f"INSERT INTO audit (clinic_id, id, number, {names}) SELECT clinic_id, :id, {{}}, {names} FROM audit WHERE id = :row"
    log.sql(insert.format("NULL"), id=id, row=row.id)
    log.convicts(None, id)
    log.seals()
    log.convicts(len(log.rows), id)
    log.sql("DELETE FROM audit WHERE id = :id", id=id)
    log.sql(insert.format(0), id=id, row=row.id)
    log.convicts(0, id)


def test_a_row_written_twice_is_named(log):
    row, id, names = log.rows[4], new_id(), ", ".join(name for name in log.rows[4]._fields if name not in ("id", "number"))
    log.sql(f"INSERT INTO audit (id, number, {names}) SELECT :id, 99, {names} FROM audit WHERE id = :row", id=id, row=row.id)
    log.convicts(99, id)


def test_a_row_with_another_number_is_missing_where_it_was(log):
    row = log.rows[10]
    log.sql("UPDATE audit SET number = 400 WHERE id = :id", id=row.id)
    log.convicts(11)


def test_a_row_that_is_made_to_wait_again_is_missing_where_it_was_whatever_becomes_of_it(log):
    log.sql("UPDATE audit SET number = NULL WHERE id = :id", id=log.rows[10].id)
    log.convicts(11)
    log.happens()
    log.convicts(11)


@pytest.mark.parametrize("column", ["size", "root", "frontier", "note", "made_at", "id"])
def test_an_edited_checkpoint_is_found(log, column):
    third = sorted(log.clinic.rows("audit_checkpoints"), key=lambda row: row.size)[2]
    values = {"size": third.size + 1, "root": bytes(32), "frontier": third.frontier + bytes(32), "made_at": third.made_at + 1,
              "note": third.note.replace("elm", "oak"), "id": new_id()}
    log.sql(f"UPDATE audit_checkpoints SET {column} = :value WHERE id = :id", value=values[column], id=third.id)
    assert "checkpoint" in log.convicts(values["size"] if column == "size" else third.size)


@pytest.mark.parametrize("place", range(6))
def test_a_checkpoint_taken_out_is_found(log, place):
    found = sorted(log.clinic.rows("audit_checkpoints"), key=lambda row: row.size)
    log.sql("DELETE FROM audit_checkpoints WHERE id = :id", id=found[place].id)
    beyond = found[place].size - 2 if place == 5 else found[place + 1].size
    assert "taken out" in log.convicts(beyond)


def test_a_row_given_to_another_clinic_is_missing_in_its_own(log, other_clinic):
    log.sql("UPDATE audit SET clinic_id = :other WHERE id = :id", other=other_clinic.home.id, id=log.rows[3].id)
    logs = {each["clinic"]: each for each in json.loads(log.verify("--json").out)["clinics"]}
    assert logs["elm"]["fault"] == "Row 4 is missing." and not logs["oak"]["intact"] and log.verify().status == 1


def test_all_rows_and_numbers_gone_and_only_the_last_checkpoint_left(log):
    log.sql("DELETE FROM audit WHERE clinic_id = :clinic")
    log.convicts(1)
