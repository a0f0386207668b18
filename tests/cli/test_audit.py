"""`securemsg audit verify`: what somebody did to the log who has the database, and not the keys, is found and named."""

import json
import threading
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

import pytest

from securemsg.crypto import audit_tree, checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.desk.sealing import Sealer
from securemsg.store import audit_scan
from securemsg.store.ids import new_id
from tests.cli.conftest import typed
from tests.clinic import Practice
from tests.service import until

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


# With checkpoints kept elsewhere

LOG = ("audit", "audit_checkpoints", "events")


@pytest.fixture
def anchor(log, tmp_path):
    """A file with the checkpoints of three moments, two rows apart, that `securemsg audit checkpoint` gave."""
    for _ in range(3):
        log.happens(2)
        said = log.run("audit", "checkpoint")
        assert said.status == 0, said.err
        with open(tmp_path / "anchor", "a") as file:
            file.write(said.out)
    return str(tmp_path / "anchor")


def looks_clean_without_the_anchor(log) -> bool:
    said = log.verify()
    return said.status == 0 and "cannot be seen" in said.out


def test_a_log_that_went_on_fits_the_anchor_and_nothing_is_left_unseen(log, anchor):
    log.happens(3)
    said, told = log.verify("--anchor", anchor), json.loads(log.verify("--json", "--anchor", anchor).out)
    assert said.status == 0 and "cannot be seen" not in said.out and told["cannot_see"] == [] and told["intact"]
    assert {each["clinic"]: each["anchored"] for each in told["clinics"]} == {"elm": 3}


def test_the_newest_rows_cut_off_together_with_their_checkpoints(log, anchor):
    kept = sorted(row.size for row in log.clinic.rows("audit_checkpoints"))[-2]
    log.sql("DELETE FROM audit WHERE clinic_id = :clinic AND number > :kept", kept=kept)
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size > :kept", kept=kept)
    assert looks_clean_without_the_anchor(log)
    assert "the end was cut off" in log.convicts(kept + 1, None, "--anchor", anchor)


def test_an_older_database_put_back_also_when_it_went_on_differently(log, anchor):
    old = {table: [row._asdict() for row in log.clinic.rows(table)] for table in LOG}
    log.happens(2)
    newer = log.run("audit", "checkpoint").out
    for table in LOG:
        log.sql(f"DELETE FROM {table} WHERE clinic_id = :clinic")
        for row in old[table]:
            log.clinic.desk.database.write(lambda tx, table=table, row=row: tx.insert(table, **row))
    assert looks_clean_without_the_anchor(log) and log.verify("--anchor", anchor).status == 0
    size = len(log.rows)
    with open(anchor, "a") as file:
        file.write(newer)
    assert "an older database was put back" in log.convicts(size + 1, None, "--anchor", anchor)
    log.sealer.close()  # who leads knows better than to go on from an older database; after a new start nobody does
    log.sealer = Sealer(log.clinic.desk)
    log.happens(5)
    assert looks_clean_without_the_anchor(log)
    assert "written anew" in log.convicts(size + 1, None, "--anchor", anchor)


def test_a_log_written_anew_and_signed_with_the_stolen_key(log, anchor):
    size = next(checkpoints.found_in(Path(anchor).read_text())).checkpoint.size
    log.sql("DELETE FROM audit WHERE id = :id", id=log.rows[size + 1].id)
    log.sql("UPDATE audit SET number = NULL WHERE clinic_id = :clinic")
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic")
    log.sealer.close()
    thief = Sealer(log.clinic.desk)
    while thief.look():
        pass
    thief.close()
    assert looks_clean_without_the_anchor(log)
    assert "signed with the service's own key" in log.convicts(size + 1, None, "--anchor", anchor)


def test_keys_exchanged_for_others_are_not_passed_over(log, anchor):
    text = Path(anchor).read_text()
    notes = list(checkpoints.found_in(text))
    forged = checkpoints.sign(bytes(32), notes[0].checkpoint)
    Path(anchor).write_text(f"{forged}\n{text}")
    assert "no key of this service signed" in log.convicts(notes[0].checkpoint.size, None, "--anchor", anchor)


def test_a_clinic_of_which_nothing_is_left_is_missed(log, anchor):
    for table in LOG:
        log.sql(f"DELETE FROM {table} WHERE clinic_id = :clinic")
    assert looks_clean_without_the_anchor(log)
    log.convicts(1, None, "--anchor", anchor)


def test_anchors_of_another_service_are_counted_and_no_more(log, anchor):
    elsewhere = checkpoints.Checkpoint("other.example/audit/elm/01a20121-2a4d-7003-9ac2-5ac229075770", 7, bytes(32))
    with open(anchor, "a") as file:
        file.write(str(checkpoints.sign(bytes(32), elsewhere)))
    said = log.verify("--anchor", anchor)
    assert said.status == 0 and "1 checkpoints in the anchor are another service's" in said.out


@pytest.mark.parametrize("content", [None, "", "nothing of the kind"])
def test_an_anchor_that_says_nothing_is_told(log, tmp_path, content):
    path = tmp_path / "file"
    if content is not None:
        path.write_text(content)
    said = log.verify("--anchor", str(path))
    assert said.status == 1 and said.err.startswith("securemsg: The anchor") and not said.out


# Copies

def test_an_export_is_enough_to_check_the_log_again_and_is_written_into_it(log, tmp_path):
    out = tmp_path / "log.jsonl"
    assert log.run("audit", "export", "elm", "--out", str(out)).status == 0 and out.stat().st_mode & 0o077 == 0
    head, clinic, *lines = map(json.loads, out.read_text().splitlines())
    assert (head["format"], clinic["clinic"]) == (1, "elm")
    rows, signed = ([line for line in lines if line["type"] == kind] for kind in ("row", "checkpoint"))
    frontier, roots = Frontier(), {}
    for row in rows:
        facts = [row[name] for name in audit_scan.FACTS]
        leaf = audit_tree.leaf(tuple(b64decode(value) if value and name in ("session_sha256", "address", "detail") else value
                                     for name, value in zip(audit_scan.FACTS, facts, strict=True)))
        assert b64decode(row["leaf"]) == leaf
        if row["number"]:
            frontier.add(leaf)
            roots[frontier.size] = frontier.root()
    for each in signed:
        note = checkpoints.read(each["note"])
        assert note.signed_by([b64decode(key) for key in head["checkpoint_keys"]]) and roots[each["size"]] == note.checkpoint.root
    assert len(rows) == len(log.rows) == 16 and rows[-1]["action"] == "audit.exported" and len(signed) == 6


def test_an_export_that_cannot_be_recorded_gives_nothing(log):
    log.clinic.sql("ALTER TABLE audit RENAME TO audit_away")
    with pytest.raises(Exception, match="audit"):
        log.run("audit", "export")
    log.clinic.sql("ALTER TABLE audit_away RENAME TO audit")


def test_a_checkpoint_is_given_also_while_another_process_leads(log):
    log.clinic.visitor().says("not sealed yet")
    other = threading.Thread(target=lambda: until(lambda: log.sealer.look() or log.rows[-1].number, 10))
    other.start()
    said = log.run("audit", "checkpoint")
    other.join()
    (note,) = checkpoints.found_in(said.out)
    assert said.status == 0 and note.checkpoint.size == len(log.rows) == 16


def test_an_altered_log_is_not_sealed_any_more_and_the_command_says_so(log, caplog):
    log.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :clinic AND size > 10")
    log.clinic.visitor().says("after it")
    assert not log.sealer.look() and "was altered and is not sealed any more" in caplog.text and log.rows[0].number is None
    log.sealer.close()
    said = log.run("audit", "checkpoint")
    assert said.status == 1 and "securemsg audit verify" in said.err and not said.out
