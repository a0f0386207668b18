"""`securemsg keys`, as an operator uses it: what it prints, what it refuses, and shares of the root key."""

import fcntl
import json
import os
import time
from threading import Event, Thread

import pytest

from securemsg.cli import keys
from securemsg.crypto import backup_keys, keystore
from tests.cli.conftest import is_a_sentence
from tests.http.house import HARBOUR


def status(securemsg) -> dict:
    return json.loads(securemsg("keys", "status", "--json").out)


def test_status_says_in_lines_and_for_programs_what_there_is(securemsg):
    said, told = securemsg("keys", "status"), status(securemsg)
    assert said.status == 0 and told["unfinished"] == []
    [root], [epoch] = told["roots"], told["epochs"]
    assert f"root   {root['id']}  from file    active, wraps 1 epoch(s)" in said.out
    assert f"epoch  {epoch['id']}  active" in said.out and f"key    {HARBOUR}  clinic 1: active" in said.out


def test_keys_are_rotated_and_destroyed_by_hand(securemsg):
    said = securemsg("keys", "rotate", "--clinic", HARBOUR)
    assert f"There are new keys: version 2 of the key of {HARBOUR} wraps 0 more conversation keys." in said.out
    assert is_a_sentence(securemsg("keys", "destroy", "--clinic", HARBOUR, "--version", "1"), "has not heard of the rotation")
    assert is_a_sentence(securemsg("keys", "destroy", "--clinic", HARBOUR, "--version", "7"), "no clinic key of version 7")
    [old] = status(securemsg)["epochs"]
    assert "There is a new epoch" in securemsg("keys", "rotate", "--epoch").out
    assert is_a_sentence(securemsg("keys", "destroy", "--epoch", old["id"]), "or say --early")
    early = securemsg("keys", "destroy", "--epoch", old["id"], "--early")
    assert is_a_sentence(early, "wraps 1 key(s) that are not destroyed yet")
    assert [row["state"] for row in status(securemsg)["epochs"]] == ["retired", "active"]
    assert "is wrapped by the root" in securemsg("keys", "rotate", "--root").out


def test_what_makes_no_sense_is_refused_with_a_sentence(securemsg):
    for words in (("rotate",), ("rotate", "--root", "--epoch"), ("rotate", "--epoch", "--clinic", HARBOUR)):
        assert is_a_sentence(securemsg("keys", *words), "Say one of")
    for words in (("destroy",), ("destroy", "--clinic", HARBOUR), ("destroy", "--epoch", "x", "--clinic", HARBOUR)):
        assert is_a_sentence(securemsg("keys", *words), "Say either --epoch")
    assert is_a_sentence(securemsg("keys", "rotate", "--clinic", "nowhere"), "There is no clinic 'nowhere' here")
    assert is_a_sentence(securemsg("keys", "destroy", "--epoch", "nothing"), "There is no epoch nothing")


def test_who_comes_second_waits_for_the_first(securemsg, tmp_path, monkeypatch):
    lock = os.open(tmp_path / "data" / "keys.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    told, freed = Event(), list[float]()
    monkeypatch.setattr(keys, "_waits", lambda waits=keys._waits: (waits(), told.set()))

    def free() -> None:
        assert told.wait(60)
        freed.append(time.monotonic())
        os.close(lock)

    thread = Thread(target=free)
    thread.start()
    said = securemsg("keys", "rotate", "--epoch")
    ended = time.monotonic()
    thread.join()
    assert said.status == 0 and "waiting for it to end" in said.err and ended > freed[0]


def test_a_new_root_key_takes_the_place_of_the_first(securemsg, tmp_path, monkeypatch):
    folder, old = tmp_path / "data.keys", f"file:{tmp_path / 'data.keys' / 'root.key'}"
    said = securemsg("keys", "new", str(folder / "second.key"))
    assert (said.status, said.out) == (0, "") and "start the service anew" in said.err and "KEYSTORE" not in said.err
    assert (folder / "second.key").stat().st_mode & 0o777 == 0o400
    monkeypatch.setenv("SECUREMSG_ROOT_KEY", f"file:{folder / 'second.key'},{old}")
    assert "1 epoch(s) are wrapped by the root" in securemsg("keys", "rotate", "--root").out
    monkeypatch.setenv("SECUREMSG_ROOT_KEY", f"file:{folder / 'second.key'}")
    [root] = status(securemsg)["roots"]
    assert root["epochs"] == 1 and root["id"] in said.err


def test_a_new_root_key_is_kept_where_its_owner_says_and_never_with_the_data(securemsg, tmp_path, monkeypatch):
    kept = (tmp_path / "data.keys" / "root.key").read_bytes()
    assert is_a_sentence(securemsg("keys", "new", str(tmp_path / "data.keys" / "root.key")), "File exists", "Nothing was written")
    assert is_a_sentence(securemsg("keys", "new", str(tmp_path / "data" / "x.key")), "inside the data folder")
    assert (tmp_path / "data.keys" / "root.key").read_bytes() == kept and not (tmp_path / "data" / "x.key").exists()
    said = securemsg("keys", "new", str(tmp_path / "vault" / "x.key"))
    assert f"SECUREMSG_KEYSTORE={tmp_path / 'data.keys' / 'keystore.json'}" in said.err
    monkeypatch.setenv("CLINIC_ROOT", securemsg("keys", "new", "-").out)
    monkeypatch.setenv("SECUREMSG_ROOT_KEY", f"env:CLINIC_ROOT,file:{tmp_path / 'data.keys' / 'root.key'}")
    assert "1 epoch(s) are wrapped by the root" in securemsg("keys", "rotate", "--root").out


def printed(securemsg) -> list[str]:
    said = securemsg("keys", "split", "--shares", "5", "--threshold", "3")
    assert said.status == 0 and "fewer tell nothing" in said.err
    return [part for part in said.out.split("\n\n") if part.strip()]


def test_a_root_key_is_made_again_from_shares(securemsg, tmp_path):
    parts, root = printed(securemsg), tmp_path / "data.keys" / "root.key"
    for number, part in enumerate(parts):
        (tmp_path / f"share-{number}").write_text(part)
    files = [str(tmp_path / f"share-{number}") for number in (4, 1, 2)]
    out = tmp_path / "again.key"
    assert str(out) in securemsg("keys", "join", "--out", str(out), *files).out
    assert out.read_text() == root.read_text() and out.stat().st_mode & 0o777 == 0o400
    assert is_a_sentence(securemsg("keys", "join", "--out", str(out), *files), "cannot be made")
    assert is_a_sentence(securemsg("keys", "join", "--out", str(tmp_path / "x"), *files[:2]), "and 3 are needed")
    assert is_a_sentence(securemsg("keys", "join", "--out", str(tmp_path / "x"), str(tmp_path / "no")), "cannot be read")
    assert not (tmp_path / "x").exists()


def test_the_drill_runs_from_shares_alone_and_the_root_key_is_on_no_disk(securemsg, tmp_path, monkeypatch):
    public, private = backup_keys.new_texts()
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", public)
    (tmp_path / "backup.key").write_text(private)
    assert securemsg("backup", str(tmp_path / "archive")).status == 0
    for number, part in enumerate(printed(securemsg)):
        (tmp_path / f"share-{number}").write_text(part)
    root = tmp_path / "data.keys" / "root.key"
    text = root.read_text().strip().encode()
    root.unlink()
    words = ("restore", str(tmp_path / "archive"), "--key", str(tmp_path / "backup.key"))
    shares = [word for number in (0, 2, 4) for word in ("--shares", str(tmp_path / f"share-{number}"))]
    assert is_a_sentence(securemsg(*words, "--check"), "does not exist. Put it back")
    said = securemsg(*words, "--check", *shares)
    assert said.status == 0 and "is whole" in said.out
    assert is_a_sentence(securemsg(*words, "--check", *shares[:4]), "and 3 are needed")
    assert is_a_sentence(securemsg(*words, *shares), "Shares alone are for --check")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and text in path.read_bytes()]


def test_of_a_key_that_never_leaves_its_holder_nobody_makes_shares(securemsg, monkeypatch, tmp_path):
    monkeypatch.setenv("SECUREMSG_ROOT_KEY", "vault:transit/root")
    monkeypatch.setenv("SECUREMSG_KEYSTORE", str(tmp_path / "data.keys" / "keystore.json"))
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example")
    monkeypatch.setenv("VAULT_TOKEN", "made up")
    assert is_a_sentence(securemsg("keys", "split"), "never leaves its provider")
    kept = (tmp_path / "data.keys" / "keystore.json").read_bytes()
    assert is_a_sentence(securemsg("keys", "status"), "This is the wrong key")
    assert kept == (tmp_path / "data.keys" / "keystore.json").read_bytes()


def test_an_epoch_that_was_destroyed_leaves_no_copy_beside_the_keystore(securemsg, tmp_path):
    path = tmp_path / "data.keys" / "keystore.json"
    [old] = json.loads(path.read_text())["epochs"]
    securemsg("keys", "rotate", "--epoch")
    keystore.destroy_epoch(path, old["id"])
    assert [each.name for each in path.parent.iterdir() if old["wrapped"] in each.read_text()] == []
    assert {each.name for each in path.parent.iterdir()} <= {"root.key", "keystore.json", "ledger.jsonl"}
    assert path.stat().st_mode & 0o777 == 0o600 and json.loads(path.read_text())["destroyed"][0]["id"] == old["id"]


@pytest.mark.parametrize("left", ["keystore.json.old", "keystore.json.part"])
def test_what_a_killed_run_left_beside_the_keystore_goes_with_the_next(securemsg, tmp_path, left):
    path = tmp_path / "data.keys" / left
    path.write_text("an older keystore")
    securemsg("keys", "rotate", "--epoch")
    assert not path.exists()
