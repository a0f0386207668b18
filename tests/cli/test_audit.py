"""`securemsg audit verify`: what somebody did to the log who has the database, and not the keys, is found and named."""

import json
import time

import pytest

from securemsg import times
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.audit import unseen
from securemsg.store import ids
from securemsg.store.ids import new_id
from securemsg.times import rfc3339

COLUMNS = {  # each column of a row, and what an attacker would like to read there
    "happened_at": "happened_at - 1", "node": "'other'", "actor_kind": "'plugin'", "actor_id": ":id", "session_sha256": "leaf",
    "action": "'message.other'", "object_kind": "'other'", "object_id": ":id", "outcome": "'refused'", "address": "mac",
    "request_id": "'other'", "detail": "leaf", "objects": "'[]'", "key_period": "2", "leaf": "mac", "mac": "leaf"}


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


@pytest.fixture
def old_row(log, monkeypatch):
    """Written two minutes ago, and not sealed."""
    then = time.time_ns() - 120_000_000_000
    with monkeypatch.context() as patch:
        patch.setattr(ids, "_last", 0)
        patch.setattr(ids.time, "time_ns", lambda: then)
        log.clinic.visitor().says("two minutes ago")
    return log.rows[0]


def test_rows_that_a_stopped_service_left_are_no_fault_and_said_to_be_unseen(log, old_row):
    log.sealer.close()
    said, [told] = log.verify(), json.loads(log.verify("--json").out)["clinics"]
    assert said.status == 0 and "Intact" in said.out and told["waiting_id"] == old_row.id
    assert "of elm: that rows were removed which, like the 1 here, have waited for their seal since " \
        + rfc3339(old_row.happened_at) in said.out
    log.seals()
    assert "have waited" not in log.verify().out, "verify took no lead that it kept"


def test_rows_that_wait_though_somebody_leads_are_a_fault(log, old_row, monkeypatch):
    monkeypatch.setattr(unseen, "_PATIENCE_SECONDS", 0.3)
    assert "though a process leads" in log.convicts(None, old_row.id)


def test_who_leads_is_given_time_to_seal_what_came_late(log, old_row, monkeypatch):
    monkeypatch.setattr(times.time, "sleep", lambda seconds: (setattr(log.sealer, "_look_back_at", 0.0), log.seals()))
    assert log.verify().status == 0 and log.rows[-1].id == old_row.id


def test_an_altered_number_of_an_event_is_named(log):
    events = sorted(log.clinic.rows("events"), key=lambda row: row.number)
    third, fourth = events[2].id, events[3].id
    for sql, fault in (("DELETE FROM events", f"number 3 comes 4, with the id {fourth}"),
                       ("UPDATE events SET number = 0", f"number 1 comes 0, with the id {third}")):
        with log.put_right():
            log.sql(f"{sql} WHERE clinic_id = :clinic AND id = :id", id=third)
            assert fault in log.convicts(None)


def test_nothing_out_of_a_row_moves_the_cursor_of_a_terminal(log):
    row = log.rows[0]
    objects = json.dumps([["made_at", "\033[2J\nIntact: 1 rows.\n"]])
    log.clinic.desk.database.write(lambda tx: tx.everywhere.insert("audit", **row._asdict() | {
        "clinic_id": SERVICE, "id": new_id(), "number": None, "action": "service.restored", "objects": objects}))
    log.sql("UPDATE clinics SET slug = :slug WHERE id = :clinic", slug="elm\033[2J\nIntact")
    id = "\033[2J\nIntact: 1 rows." if log.clinic.desk.database.engine.dialect.name == "sqlite" else new_id()
    log.sql("UPDATE audit SET id = :id WHERE id = :row AND clinic_id = :clinic", id=id, row=row.id)
    said = log.verify()
    assert said.status == 1 and "\033" not in said.out and "from an archive of an unknown day" in said.out
    assert not any(line.startswith("Intact") for line in said.out.splitlines())


def test_an_altered_row_is_named_whichever_column_it_is(log):
    row = log.rows[7]
    assert {*row._fields} == {*COLUMNS, "clinic_id", "id", "number"}, "those have tests of their own"
    for column, value in COLUMNS.items():
        with log.put_right():
            log.sql(f"UPDATE audit SET {column} = {value} WHERE id = :row", row=row.id, id=new_id())
            log.convicts(8, row.id)
    log.sql("UPDATE audit SET id = :id WHERE id = :row", row=row.id, id=new_id())
    log.convicts(8)


def test_values_of_another_kind_are_told_as_altered_ones(log):
    """SQLite keeps whatever it is given; PostgreSQL refuses it."""
    if log.clinic.desk.database.engine.dialect.name != "sqlite":
        return
    row = log.rows[7]
    for told in ("node = CAST(X'ff' AS TEXT)", "action = CAST(X'ff' AS TEXT)", "object_id = CAST(X'ff' AS TEXT)",
                 "clinic_id = X'00'", "number = 'x'", "number = X'00'", "number = 8.5", "id = CAST(id AS BLOB)",
                 "happened_at = 'x'", "leaf = 'x'", "objects = 1.5"):
        with log.put_right():
            log.sql(f"UPDATE audit SET {told} WHERE id = :row", row=row.id)
            log.convicts(8)
            assert log.run("audit", "export").status == 0
    for told in ("note = X'ff'", "note = X'00'", "note = CAST(X'ff' AS TEXT)", "id = CAST(id AS BLOB)",
                 "made_at = 'x'", "frontier = NULL"):
        with log.put_right():
            log.sql(f"UPDATE audit_checkpoints SET {told} WHERE clinic_id = :clinic AND size = :size", size=log.rows[1].number)
            assert "checkpoint" in log.convicts(log.rows[1].number)
    log.sql("UPDATE audit SET number = NULL, node = CAST(X'ff' AS TEXT) WHERE id = :id", id=log.rows[-1].id)
    log.convicts(15)


def test_a_row_altered_with_its_leaf_has_no_mac(log):
    row, other = log.rows[7], log.rows[8]
    log.sql("UPDATE audit SET leaf = :leaf, mac = :mac WHERE id = :id", leaf=other.leaf, mac=other.mac, id=row.id)
    log.convicts(8, row.id)


def test_a_deleted_row_is_named(log):
    for row in (log.rows[place] for place in (0, 1, 8, -1)):
        with log.put_right():
            log.sql("DELETE FROM audit WHERE id = :id", id=row.id)
            assert log.convicts(row.number) == f"Row {row.number} is missing."


def test_a_deleted_row_is_named_also_when_those_behind_it_move_up(log):
    row = log.rows[2]
    log.sql("DELETE FROM audit WHERE id = :id", id=row.id)
    for each in log.rows[2:]:
        log.sql("UPDATE audit SET number = number - 1 WHERE id = :id", id=each.id)
    log.convicts(row.number)


def test_swapped_rows_are_named_by_the_first_of_them(log):
    for one, other in ((9, 10), (8, 11), (9, 14), (1, 15), (3, 4)):  # under one checkpoint, and under two
        with log.put_right():
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


def test_an_edited_checkpoint_is_found(log):
    third = sorted(log.clinic.rows("audit_checkpoints"), key=lambda row: row.size)[2]
    values = {"size": third.size + 1, "root": bytes(32), "frontier": third.frontier + bytes(32), "made_at": third.made_at + 1,
              "note": third.note.replace("elm", "oak"), "id": new_id()}
    for column, value in values.items():
        with log.put_right():
            log.sql(f"UPDATE audit_checkpoints SET {column} = :value WHERE id = :id", value=value, id=third.id)
            assert "checkpoint" in log.convicts(value if column == "size" else third.size)


def test_a_checkpoint_taken_out_is_found(log):
    found = sorted(log.clinic.rows("audit_checkpoints"), key=lambda row: row.size)
    for taken, following in zip(found, [row.size for row in found[1:]] + [found[-2].size + 1], strict=True):
        with log.put_right():
            log.sql("DELETE FROM audit_checkpoints WHERE id = :id", id=taken.id)
            assert "taken out" in log.convicts(following)


def test_a_row_given_to_another_clinic_is_missing_in_its_own(log, other_clinic):
    log.sql("UPDATE audit SET clinic_id = :other WHERE id = :id", other=other_clinic.home.id, id=log.rows[3].id)
    logs = {each["clinic"]: each for each in json.loads(log.verify("--json").out)["clinics"]}
    assert logs["elm"]["fault"] == "Row 4 is missing." and not logs["oak"]["intact"] and log.verify().status == 1


def test_all_rows_and_numbers_gone_and_only_the_last_checkpoint_left(log):
    log.sql("DELETE FROM audit WHERE clinic_id = :clinic")
    log.convicts(1)


def test_what_retention_cut_off_is_told_and_the_rest_is_checked(log):
    sizes = sorted(row.size for row in log.clinic.rows("audit_checkpoints"))
    log.cut_off(sizes[2], log.clinic.desk.keys.active(SERVICE, "audit").secret)
    said = log.verify()
    assert said.status == 0 and f"rows up to {sizes[2]} cut off by retention" in said.out
    log.happens()
    assert log.verify().status == 0, "sealing goes on"
    log.sql("UPDATE audit SET outcome = 'other' WHERE id = :id", id=log.rows[2].id)
    log.convicts(sizes[2] + 3, log.rows[2].id)


@pytest.mark.parametrize("forged", ["by another hand", "with an older root", "rows left"])
def test_rows_cut_off_by_another_hand_are_missed(log, forged):
    sizes = sorted(row.size for row in log.clinic.rows("audit_checkpoints"))
    first = log.rows[0]
    log.cut_off(sizes[2], bytes(32) if forged == "by another hand" else log.clinic.desk.keys.active(SERVICE, "audit").secret)
    if forged == "with an older root":
        log.sql("UPDATE audit_cuts SET root = :root WHERE clinic_id = :clinic", root=bytes(32))
    if forged == "rows left":
        log.clinic.desk.database.write(lambda tx: tx.everywhere.insert("audit", **first._asdict()))
    fault = log.convicts(first.number if forged == "rows left" else sizes[2])
    assert ("never given" if forged == "rows left" else "not by this service") in fault
