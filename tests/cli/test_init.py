"""`securemsg init` and the start of every command: keys and settings that fit, or a sentence that says what does not."""

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing

import pytest

from tests.cli.conftest import is_a_sentence

SOMETHING = ("clinic", "list")


def test_init_makes_what_is_needed_readable_by_its_owner_alone(empty, tmp_path):
    said = empty("init")
    assert said.status == 0 and str(tmp_path / "data") in said.out and "root.key" in said.out and "Keep a copy" in said.out
    data, keys = tmp_path / "data", tmp_path / "data.keys"
    for path in (data, keys, *keys.iterdir(), data / "securemsg.db"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert "smroot1_" not in said.out + said.err


def test_the_folder_may_have_any_name(empty, tmp_path, monkeypatch):
    folder = tmp_path / "what? 100%20 #1"
    monkeypatch.setenv("SECUREMSG_DATA", str(folder))
    said = empty("init")
    assert said.status == 0 and f"Data: {folder}/securemsg.db\n" in said.out and (folder / "securemsg.db").stat().st_size > 0


def test_init_again_changes_no_key(empty, tmp_path):
    empty("init")
    before = [path.read_bytes() for path in sorted((tmp_path / "data.keys").iterdir())]
    assert empty("init").status == 0
    assert [path.read_bytes() for path in sorted((tmp_path / "data.keys").iterdir())] == before


@pytest.mark.parametrize("command", [SOMETHING, ("serve",), ("clinic", "show", "x"), ("staff", "list", "x")])
def test_before_init_every_command_says_what_to_do(empty, command):
    assert is_a_sentence(empty(*command), "securemsg init")


def test_keys_lost_are_never_made_anew(securemsg, tmp_path):
    for name, words in (("keystore.json", "does not exist. Put it back"), ("root.key", "does not exist. Put it back")):
        path = tmp_path / "data.keys" / name
        kept = path.read_bytes()
        path.unlink()
        for command in (SOMETHING, ("init",), ("serve",)):
            assert is_a_sentence(securemsg(*command), words), (name, command)
            assert not path.exists()
        path.write_bytes(kept)
        path.chmod(0o600)
    assert securemsg(*SOMETHING).status == 0


@pytest.mark.parametrize("command", [SOMETHING, ("serve",), ("init",)])
def test_data_that_is_gone_is_not_taken_for_a_new_service(securemsg, tmp_path, command):
    """A disk that was not mounted: with the ledger there, nothing begins anew in the empty folder."""
    (tmp_path / "data.keys" / "ledger.jsonl").touch()
    assert securemsg(*SOMETHING).status == 0, "with its data all is well"
    shutil.rmtree(tmp_path / "data")
    assert is_a_sentence(securemsg(*command), "disk mounted")


def test_tables_of_a_newer_program_are_told_and_left_alone(securemsg, tmp_path):
    with closing(sqlite3.connect(tmp_path / "data" / "securemsg.db", isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert is_a_sentence(securemsg(*SOMETHING), "newer", "9999")


def test_an_empty_setting_is_none(securemsg, monkeypatch):
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", "")
    monkeypatch.setenv("SECUREMSG_LOG", "")
    assert securemsg(*SOMETHING).status == 0


def test_another_root_key_is_told_and_opens_nothing(securemsg, tmp_path):
    from securemsg.crypto.roots import new_text

    (tmp_path / "data.keys" / "root.key").chmod(0o600)
    (tmp_path / "data.keys" / "root.key").write_text(new_text())
    for command in (SOMETHING, ("init",), ("serve",)):
        assert is_a_sentence(securemsg(*command), "This is the wrong key; nothing was changed.")


def test_keys_of_another_service_are_told(securemsg, tmp_path, monkeypatch):
    """A keystore and root that fit each other, but not this database."""
    monkeypatch.setenv("SECUREMSG_DATA", str(tmp_path / "other"))
    assert securemsg("init").status == 0
    for name in ("root.key", "keystore.json"):
        os.replace(tmp_path / "other.keys" / name, tmp_path / "data.keys" / name)
    monkeypatch.setenv("SECUREMSG_DATA", str(tmp_path / "data"))
    assert is_a_sentence(securemsg(*SOMETHING), "key")


@pytest.mark.parametrize("content", ["", "not JSON", "{}", '{"format": 2}', '{"format": 1}', '{"format": 1, "epochs": []}',
                                     '{"format": 1, "epochs": [{}]}'])
def test_a_keystore_that_was_altered_is_told(securemsg, tmp_path, content):
    (tmp_path / "data.keys" / "keystore.json").write_text(content)
    assert is_a_sentence(securemsg(*SOMETHING), "keystore")


def test_an_altered_epoch_is_told(securemsg, tmp_path):
    path = tmp_path / "data.keys" / "keystore.json"
    content = json.loads(path.read_text())
    content["epochs"][0]["wrapped"] = "AAAA" + content["epochs"][0]["wrapped"][4:]
    path.write_text(json.dumps(content))
    assert is_a_sentence(securemsg(*SOMETHING), "was altered")


def test_a_key_file_that_others_can_read_is_refused(securemsg, tmp_path):
    (tmp_path / "data.keys" / "root.key").chmod(0o644)
    assert is_a_sentence(securemsg(*SOMETHING), "can be read or written by others", "chmod 600")


@pytest.mark.parametrize(("name", "value", "words"), [
    ("SECUREMSG_DTA", "x", "is not a setting of securemsg. Known are"), ("SECUREMSG_BIND", "8000", "HOST:PORT"),
    ("SECUREMSG_PUBLIC_URL", "http://clinic.example", "https"),
    ("SECUREMSG_PUBLIC_URL", "https://clinic.example", "TRUSTED_PROXIES"),
    ("SECUREMSG_DATABASE_URL", "mysql://x", "postgresql+psycopg://"), ("SECUREMSG_ROOT_KEY", "magic:x", "file, env, exec"),
    ("SECUREMSG_ROOT_KEY", "env:NOT_SET", "NOT_SET"), ("SECUREMSG_ROOT_KEY", "exec:/not/there", "does not exist"),
    ("SECUREMSG_CONFIG", "/not/there.toml", "cannot be read"), ("SECUREMSG_TRUSTED_PROXIES", "nonsense", "nonsense"),
    ("SECUREMSG_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/x", "database"),
    ("SECUREMSG_DATABASE_URL", "postgresql+psycopg://", ""),
    ("SECUREMSG_DATABASE_URL", "postgresql+psycopg://u:p@h:port/x", "cannot be read as an address"),
    ("SECUREMSG_DATABASE_URL", "sqlite:///data/securemsg.db", "from the root on")])
def test_a_setting_that_does_not_fit_stops_every_command(securemsg, monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    for command in (SOMETHING, ("serve",)):
        assert is_a_sentence(securemsg(*command), *filter(None, [words])), securemsg(*command)


def test_a_file_that_is_no_database_is_told(securemsg, tmp_path):
    (tmp_path / "data" / "securemsg.db").write_bytes(b"x" * 5000)
    assert is_a_sentence(securemsg(*SOMETHING))


def test_a_folder_that_cannot_be_made_is_told(empty, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SECUREMSG_DATA", str(tmp_path / "file" / "data"))
    assert is_a_sentence(empty("init"), "cannot be made")


@pytest.mark.parametrize("name", ["SECUREMSG_ROOT_KEY", "SECUREMSG_KEYSTORE"])
def test_keys_that_cannot_be_written_are_told(empty, tmp_path, monkeypatch, name):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(name, ("file:" if name.endswith("KEY") else "") + str(tmp_path / "file" / "folder" / "key"))
    assert is_a_sentence(empty("init"), "The keys cannot be written", "file")
