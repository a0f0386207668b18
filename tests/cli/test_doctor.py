"""`securemsg doctor`: a sentence for whatever may be broken, and never a traceback."""

import json
import os
import re
import socket
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from securemsg import store
from securemsg.checks import machine, traces
from securemsg.crypto import backup_keys, keystore, roots
from securemsg.crypto.keyring import SERVICE
from securemsg.settings import load
from securemsg.store import state
from securemsg.store.connection import translated
from securemsg.store.ids import new_id
from securemsg.times import DAY, MINUTE, SECOND, now
from tests.http.house import HARBOUR
from tests.http.running import running

SOUND = {"settings", "root key", "keystore", "ledger", "key folders", "data folder", "database", "tables", "keys", "writing",
         "disk", "clock", "addresses", "metrics", "service", "memory", "connections", "audit log", "tokens", "rotation",
         "one keystore", "readers"}


VISITORS = re.compile("try again|store anything just now|call the clinic")
TO_DO = re.compile("; run: chmod|Put it back|Put the right one back|name the|Run `securemsg|`securemsg restore`")


@pytest.fixture
def doctor(securemsg, tmp_path, monkeypatch):
    """Runs it on two furnished clinics, by check: (state, sentence)."""
    monkeypatch.setenv("SECUREMSG_BIND", "127.0.0.1:1")  # where nobody listens
    return lambda: told(securemsg)


def told(run) -> dict[str, tuple[str, str]]:
    said = run("doctor", "--json")
    answer = json.loads(said.out)
    assert not said.err and said.status == (0 if answer["ok"] else 1)
    found = {check["check"]: (check["state"], check["sentence"]) for check in answer["checks"]}
    assert answer["ok"] == all(state != "fail" for state, _ in found.values())
    assert all(re.search(r"[.?)]$|run: chmod \d+ \S+$", sentence) and len(sentence.split()) > 2 for _, sentence in found.values())
    return found


def on_database(change: str, **values) -> None:
    """What somebody else did to the rows."""
    database = store.connect(load())
    database.write(lambda tx: tx.everywhere.run(change, **values))
    database.close()


def test_all_is_well_but_for_what_only_people_can_do(doctor, securemsg):
    found = doctor()
    assert {name for name, (state, _) in found.items() if state != "ok"} <= {"anchors", "backup", "audit log", "memory"}, found
    assert set(found) == SOUND | {"anchors", "backup"}
    text = securemsg("doctor")
    assert text.status == 0 and all(sentence in text.out for _, sentence in found.values() if "clock says" not in sentence)


def test_before_anything_is_there_it_says_so_and_makes_nothing(empty, tmp_path, monkeypatch):
    monkeypatch.setenv("SECUREMSG_BIND", "127.0.0.1:1")
    found = told(empty)
    assert [name for name, (state, _) in found.items() if state == "fail"] == ["root key"]
    assert "securemsg init" in found["root key"][1] and "data folder" not in found
    assert not list(tmp_path.iterdir())


def test_a_setting_that_does_not_fit_is_all_there_is_to_say(doctor, monkeypatch):
    monkeypatch.setenv("SECUREMSG_PUBLIC_URL", "ftp://x")
    assert list(doctor()) == ["settings"] and "SECUREMSG_PUBLIC_URL" in doctor()["settings"][1]


def test_a_clinic_and_a_pool_in_which_nobody_reads_are_told(doctor, securemsg):
    assert doctor()["readers"][0] == "ok"
    securemsg("pool", "add", HARBOUR, "bills")
    routed = securemsg("pool", "route", HARBOUR, "appointment", "--to", "bills")
    assert routed.status == 0 and "Nobody who reads works in the pool bills now" in routed.out
    state, sentence = doctor()["readers"]
    assert state == "warn" and f"{HARBOUR}: Nobody who reads works in the pool bills now" in sentence
    on_database("UPDATE person_roles SET mac = :mac WHERE clinic_id IN (SELECT id FROM clinics WHERE slug = :slug)", mac=b"x",
                slug=HARBOUR)
    state, sentence = doctor()["readers"]
    assert state == "warn" and f"may read what visitors write at {HARBOUR}" in sentence and "securemsg staff link" in sentence


def moved(path, tmp_path):
    os.replace(path, tmp_path / "away")


def linked(path, tmp_path):
    moved(path, tmp_path)
    path.symlink_to(tmp_path / "away")


def open_to_all(path, tmp_path):
    path.chmod(0o777 if path.is_dir() else 0o644)


def garbled(path, tmp_path):
    path.chmod(0o600)
    path.write_bytes(b"x" * 5000)


def another_key(path, tmp_path):
    from securemsg.crypto.roots import new_text

    path.chmod(0o600)
    path.write_text(new_text())


@pytest.mark.parametrize(("file", "harm", "check", "words"), [
    ("data.keys/root.key", moved, "root key", "does not exist. Put it back"),
    ("data.keys/root.key", linked, "root key", "symbolic link"),
    ("data.keys/root.key", open_to_all, "root key", "chmod 600"),
    ("data.keys/root.key", garbled, "root key", "does not hold a root key"),
    ("data.keys/root.key", another_key, "keystore", "This is the wrong key"),
    ("data.keys/keystore.json", moved, "keystore", "does not exist. Put it back"),
    ("data.keys/keystore.json", garbled, "keystore", "cannot be read"),
    ("data", moved, "data folder", "is not there"),
    ("data/securemsg.db", moved, "database", "There is no database"),
    ("data/securemsg.db", garbled, "database", "file is not a database")])
def test_a_file_that_is_harmed_is_told(doctor, tmp_path, file, harm, check, words):
    harm(tmp_path / file, tmp_path)
    found = doctor()
    assert [name for name, (state, _) in found.items() if state == "fail"] == [check], "one sentence for one fault"
    assert words in found[check][1] and TO_DO.search(found[check][1]) and not VISITORS.search(str(found)), found
    assert found["disk"][0] == "ok", "the rest is looked at all the same"


def test_a_ledger_that_cannot_be_written_is_told(doctor, monkeypatch):
    monkeypatch.setenv("SECUREMSG_LEDGER", "/dev/null/ledger.jsonl")
    assert doctor()["ledger"][0] == "fail" and "may not be written" in doctor()["ledger"][1]


@pytest.mark.parametrize(("file", "mode", "check", "state_"), [
    ("data.keys/keystore.json", 0o644, "keystore", "warn"), ("data.keys/ledger.jsonl", 0o640, "ledger", "warn"),
    ("data", 0o777, "data folder", "warn"), ("data", 0o755, "data folder", "warn"), ("data.keys", 0o777, "key folders", "fail"),
    ("data.keys", 0o770, "key folders", "warn"), ("data.keys", 0o755, "key folders", "ok")])
def test_what_others_can_read_or_change_is_told(doctor, tmp_path, file, mode, check, state_):
    (tmp_path / "data.keys" / "ledger.jsonl").touch(0o600)
    (tmp_path / file).chmod(mode)
    told_state, sentence = doctor()[check]
    assert told_state == state_ and (f"chmod {'600' if '.json' in file else '700'}" in sentence) == (state_ != "ok"), sentence


def test_a_backup_key_that_cannot_be_read_is_told_and_not_repeated(doctor, monkeypatch):
    public, _ = backup_keys.new_texts()
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", public[:-1])
    found = doctor()
    assert found["backup key"][0] == "fail" and "probably cut" in found["backup key"][1] and public[14:-1] not in str(found)
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", public)
    assert doctor()["backup key"][0] == "ok" and "securemsg backup FILE" in doctor()["backup"][1]


def test_an_anchor_that_cannot_be_reached_is_told_without_its_address(doctor, tmp_path, monkeypatch):
    with socket.socket() as nobody, socket.socket() as somebody:
        for each in (nobody, somebody):
            each.bind(("127.0.0.1", 0))
        somebody.listen()
        away, here = (each.getsockname()[1] for each in (nobody, somebody))
        good = [f"file:{tmp_path}/anchor", f"syslog:tcp://127.0.0.1:{here}", "syslog:udp://127.0.0.1:514", f"http://127.0.0.1:{here}/x"]
        bad = [f"file:{tmp_path}/no/anchor", f"file:{tmp_path}", f"syslog:{tmp_path}/log", f"syslog:tcp://127.0.0.1:{away}",
               f"https://name:pass-word@127.0.0.1:{away}"]
        monkeypatch.setenv("SECUREMSG_ANCHORS", ",".join(good))
        assert doctor()["anchors"][0] == "ok" and not (tmp_path / "anchor").exists()
        monkeypatch.setenv("SECUREMSG_ANCHORS", ",".join([*good, *bad]))
        state_, told_ = doctor()["anchors"]
    assert state_ == "fail" and "pass-word" not in told_ and "127.0.0.1" not in told_
    assert re.findall(r"anchor (\d) \((?:file|syslog|https)\) cannot be reached \([^)]+\)", told_) == [*"56789"], told_


def test_a_database_that_goes_away_meanwhile_is_told_once_in_the_operators_words(doctor, monkeypatch):
    def locked(*_):
        raise translated(sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("securemsg.store.clinics.everyone", locked)
    found = doctor()
    assert [name for name, (state, _) in found.items() if state == "fail"] == ["keys"] and not VISITORS.search(str(found))
    assert "database is locked" in found["keys"][1] and "Look at its disk, rights and locks" in found["keys"][1]


def test_tables_that_are_not_there_are_told_once(doctor, tmp_path):
    (tmp_path / "data" / "securemsg.db").write_bytes(b"")
    found = doctor()
    assert [name for name, (state, _) in found.items() if state == "fail"] == ["tables"]
    assert "securemsg restore" in found["tables"][1]


def test_keys_of_another_database_are_told_by_clinic(doctor):
    on_database("DELETE FROM keys WHERE purpose = 'clinic'")
    assert doctor()["keys"][0] == "fail" and "harbour-lane" in doctor()["keys"][1]


def test_tables_of_another_program_are_told(doctor):
    for number, words in (("0001", "securemsg migrate"), ("9999", "newer program")):
        on_database("UPDATE alembic_version SET version_num = :number", number=number)
        assert doctor()["tables"][0] == "fail" and words in doctor()["tables"][1]


def test_a_database_that_takes_no_writes_is_told(doctor, monkeypatch):
    def refused(*_):
        raise translated(sqlite3.OperationalError("attempt to write a readonly database"))

    monkeypatch.setattr("securemsg.store.writer.Pen.commit", refused)
    assert doctor()["writing"][0] == "fail" and "attempt to write a readonly database" in doctor()["writing"][1]


def test_what_it_writes_to_try_is_taken_back(doctor):
    doctor()
    database = store.connect(load())
    assert not database.read(lambda tx: tx.everywhere.all("SELECT id FROM events WHERE kind = 'doctor'"))
    database.close()


def test_a_database_server_that_is_away_is_told_without_its_password(doctor, monkeypatch):
    monkeypatch.setenv("SECUREMSG_DATABASE_URL", "postgresql+psycopg://somebody:pass-word@127.0.0.1:1/x")
    found = doctor()
    assert found["database"][0] == "fail" and "pass-word" not in str(found)
    assert not {"tables", "keys", "writing", "audit log", "backup"} & set(found), "what cannot be looked at is left out"


def test_on_postgresql_it_looks_at_the_same(empty, postgresql, migrated_postgresql, monkeypatch):
    monkeypatch.setenv("SECUREMSG_BIND", "127.0.0.1:1")
    name = postgresql.create(migrated_postgresql)
    monkeypatch.setenv("SECUREMSG_DATABASE_URL", postgresql.url(name))
    assert empty("init").status == 0
    found = told(empty)
    assert {found[name][0] for name in SOUND - {"memory"}} == {"ok"} and "PostgreSQL 1" in found["database"][1]
    assert found["clinics apart"][0] == "ok"
    monkeypatch.setattr(state, "server_clock", lambda database: now() - 5 * SECOND)
    assert told(empty)["clock"][0] == "warn"
    monkeypatch.setattr(state, "server_clock", lambda database: now() + 10 * MINUTE)
    assert told(empty)["clock"][0] == "fail" and "600 seconds apart" in told(empty)["clock"][1]
    monkeypatch.setenv("SECUREMSG_DATABASE_URL", postgresql.url(name, "postgres"))
    state_of, sentence = told(empty)["clinics apart"]
    assert state_of == "warn" and "postgres is a superuser" in sentence
    postgresql.drop(name)


def test_tables_that_postgresql_no_longer_keeps_apart_are_named(empty, postgresql, migrated_postgresql, monkeypatch):
    name = postgresql.create(migrated_postgresql)
    monkeypatch.setenv("SECUREMSG_DATABASE_URL", postgresql.url(name))
    assert empty("init").status == 0
    with psycopg.connect(postgresql.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        for change in ("ALTER TABLE messages DISABLE ROW LEVEL SECURITY", "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY",
                       "CREATE POLICY open ON contacts USING (true)", "DROP POLICY clinic ON drafts",
                       "ALTER POLICY clinic ON people USING (true)", "ALTER POLICY clinic ON clinics WITH CHECK (true)"):
            connection.execute(change)
    state_of, sentence = told(empty)["clinics apart"]
    assert state_of == "warn" and "apart by itself in clinics, contacts, drafts, messages, notes, people:" in sentence
    postgresql.drop(name)


@pytest.mark.parametrize(("free", "files", "found"), [(10**8, 10**6, "fail"), (10**9, 10**6, "warn"), (10**12, 10, "warn"),
                                                      (10**12, 0, "fail"), (10**12, 10**6, "ok")])
def test_little_room_is_told_in_time(doctor, monkeypatch, free, files, found):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(free))
    monkeypatch.setattr(machine.os, "statvfs", lambda path: namedtuple("Files", "f_files f_favail")(10**6, files))
    assert doctor()["disk"][0] == found


def test_a_clock_that_went_back_is_told(doctor, monkeypatch):
    monkeypatch.setattr(machine, "now", lambda: now() - 10 * MINUTE)
    assert doctor()["clock"][0] == "fail" and "before the newest row" in doctor()["clock"][1]
    monkeypatch.setattr(machine, "now", lambda: 0)
    assert doctor()["clock"][0] == "fail" and "1970" in doctor()["clock"][1]


@pytest.mark.parametrize(("settings", "check", "found", "words"), [
    ({"BIND": "0.0.0.0:1"}, "addresses", "warn", "without encryption"),
    ({"PUBLIC_URL": "https://m.clinic.example", "BIND": "0.0.0.0:1"}, "addresses", "warn", "TRUSTED_PROXIES names none"),
    ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "addresses", "fail", "names everybody"),
    ({"METRICS_BIND": "0.0.0.0:2"}, "metrics", "warn", "everybody in the network"),
    ({"METRICS_BIND": "0.0.0.0:2", "METRICS_TOKEN": "x" * 16}, "metrics", "ok", "0.0.0.0:2")])
def test_addresses_that_contradict_are_told(doctor, monkeypatch, settings, check, found, words):
    for name, value in settings.items():
        monkeypatch.setenv(f"SECUREMSG_{name}", value)
    assert doctor()[check][0] == found and words in doctor()[check][1]
    assert "x" * 16 not in str(doctor())


def test_another_program_on_the_port_is_told(doctor, monkeypatch):
    monkeypatch.setattr("securemsg.checks.addresses._SECONDS", 0.2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("SECUREMSG_BIND", f"127.0.0.1:{other.getsockname()[1]}")
        assert doctor()["service"][0] == "fail" and "Another program" in doctor()["service"][1]


def test_a_process_that_serves_is_found_and_one_that_does_not_answer_too(furnished, make_service):
    house = running(make_service(), *furnished).start()
    house.visitor().opens()
    found = {check["check"]: check for check in json.loads(house.service.command("doctor", "--json"))["checks"]}
    assert found["service"]["sentence"].startswith("The service answers on") and found["writing"]["state"] == "ok"
    bind, house.service.settings["bind"] = house.service.settings["bind"], "127.0.0.1:1"
    with pytest.raises(AssertionError, match="does not answer on"):
        house.service.command("doctor")
    house.service.settings["bind"] = bind
    with closing(sqlite3.connect(house.service.folder / "data" / "securemsg.db")) as rows, rows:
        rows.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(AssertionError, match="can serve nobody: the tables are not up to date"):
        house.service.command("doctor")


def test_rows_that_wait_for_their_seal_are_told(doctor, monkeypatch):
    monkeypatch.setattr(traces, "now", lambda: now() + 10 * MINUTE)
    assert doctor()["audit log"][0] == "warn" and "as soon as the service runs" in doctor()["audit log"][1]
    monkeypatch.setattr("securemsg.checks.addresses._asked", lambda host, port: "ours")
    assert doctor()["audit log"][0] == "fail" and "though the service runs" in doctor()["audit log"][1]


def test_the_age_of_the_newest_backup_is_told(doctor):
    assert doctor()["backup"][0] == "warn" and "No backup" in doctor()["backup"][1]
    for days, found in ((0.5, "ok"), (9, "warn")):
        on_database("UPDATE audit SET action = 'service.backup', clinic_id = :nil, happened_at = :at"
                    " WHERE id = (SELECT min(id) FROM audit)", nil=SERVICE, at=now() - int(days * DAY))
        assert doctor()["backup"][0] == found


def test_few_connections_and_swap_are_told(doctor, monkeypatch, tmp_path):
    monkeypatch.setattr(machine.resource, "getrlimit", lambda which: (100, 100))
    assert doctor()["connections"][0] == "warn" and "100 files" in doctor()["connections"][1]
    swaps = tmp_path / "swaps"
    monkeypatch.setattr(machine, "Path", lambda path: swaps if path == "/proc/swaps" else Path(path))
    for lines, state_ in ((1, "ok"), (2, "warn")):
        swaps.write_text("a line\n" * lines)
        assert doctor()["memory"][0] == state_


def test_a_check_that_breaks_is_told_and_breaks_no_other(doctor, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("words of somebody")

    monkeypatch.setattr(machine.shutil, "disk_usage", broken)
    found = doctor()
    assert found["disk"][0] == "fail" and found["clock"][0] == "ok" and "words of somebody" not in str(found)
    assert re.match(r"This could not be looked at: ZeroDivisionError at test_doctor.py:\d+\. Please report", found["disk"][1])


def test_a_stale_copy_of_the_keystore_is_a_fault(doctor, tmp_path, monkeypatch):
    copy = tmp_path / "copy.json"
    monkeypatch.setenv("SECUREMSG_KEYSTORE_COPY", str(copy))
    state, sentence = doctor()["keystore copy"]
    assert state == "fail" and "missing or stale" in sentence
    copy.write_bytes(load().keystore.read_bytes())
    assert doctor()["keystore copy"][0] == "ok"


def begins_epoch(at: int) -> str:
    """As a rotation that is killed behind its first step leaves the keystore."""
    settings = load()
    root = roots.read_all(settings.root_key, settings.environ, settings.data)[0]
    return keystore.begin_epoch(settings.keystore, keystore.fresh_epoch(root, at), at)


def test_a_rotation_that_was_killed_is_told_with_the_command_that_ends_it(doctor, securemsg):
    begins_epoch(now())
    state, sentence = doctor()["rotation"]
    assert state == "warn" and "run `securemsg keys rotate --epoch`;" in sentence
    assert securemsg("keys", "rotate", "--epoch").status == 0
    assert doctor()["rotation"][0] == "ok"


def tells(epoch: str, minutes_ago: float) -> None:
    """As another process did."""
    on_database("INSERT INTO keystores (clinic_id, id, node, epoch, seen_at) VALUES (:service, :id, 'ward-2', :epoch, :at)",
                service=SERVICE, id=new_id(), epoch=epoch, at=now() - int(minutes_ago * MINUTE))


def test_another_machine_with_a_keystore_of_its_own_is_a_fault(doctor):
    [epoch] = keystore.listed(load().keystore)
    tells(epoch.id, 0)
    tells("0123456789abcdef", 60)
    assert doctor()["one keystore"][0] == "ok", "it has the same, and what has ended an hour ago works with none"
    tells("0123456789abcdef", 1)
    state, sentence = doctor()["one keystore"]
    assert state == "fail" and "ward-2" in sentence and "keep both files" in sentence and "three minutes more" in sentence


@pytest.mark.parametrize(("minutes_ago", "state"), [(1, "ok"), (10, "fail")])
def test_an_older_copy_of_the_keystore_is_a_fault_once_it_had_time_to_hear(doctor, minutes_ago, state):
    [epoch] = keystore.listed(load().keystore)
    begins_epoch(now() - minutes_ago * MINUTE)
    tells(epoch.id, 0)
    told, sentence = doctor()["one keystore"]
    assert told == state and ("older copy of the keystore" in sentence) == (state == "fail")
