"""All that can be wrong with roots, keystore and wrapped keys of a service that is in use: a sentence, and nothing touched."""

import json
import sqlite3
from contextlib import closing

import pytest

from securemsg.crypto import keystore, roots
from tests.cli.conftest import is_a_sentence
from tests.crypto.vault_fake import TOKEN, fake_vault


def rewritten(path, text):
    path.chmod(0o600)
    path.write_text(text)


def another(folder):
    """A root key and a keystore of another service."""
    roots.create_file(folder / "another" / "root.key")
    root = roots.read(f"file:{folder / 'another' / 'root.key'}", {}, folder / "data")
    keystore.create(folder / "another" / "keystore.json", root)
    return folder / "another"


def stored(folder, sql):
    with closing(sqlite3.connect(folder / "data" / "securemsg.db")) as database, database:
        database.execute(sql)


def changed(folder, **epoch):
    path = folder / "data.keys" / "keystore.json"
    content = json.loads(path.read_text())
    content["epochs"][0].update(epoch)
    path.write_text(json.dumps(content))


def root_of(folder):
    return folder / "data.keys" / "root.key"


# What is done to the keys, and the words that only its own sentence holds.
FAULTS = {
    "missing": (lambda at: root_of(at).unlink(), "root.key does not exist. Put it back"),
    "world-readable": (lambda at: root_of(at).chmod(0o644), "run: chmod 600"),
    "short": (lambda at: rewritten(root_of(at), root_of(at).read_text()[:30]), "cut or joined"),
    "mistyped": (lambda at: rewritten(root_of(at), root_of(at).read_text()[:-4] + "XXX\n"), "checksum is wrong"),
    "symlinked": (lambda at: (root_of(at).rename(at / "moved"), root_of(at).symlink_to(at / "moved")), "is a symbolic link"),
    "another's": (lambda at: (root_of(at).unlink(), (another(at) / "root.key").rename(root_of(at))), "This is the wrong key"),
    "another's keystore": (lambda at: (another(at) / "keystore.json").rename(at / "data.keys" / "keystore.json"),
                           "This is the wrong key"),
    "no keystore": (lambda at: (at / "data.keys" / "keystore.json").unlink(), "keystore.json does not exist. Put it back"),
    "a keystore of a later format": (lambda at: rewritten(at / "data.keys" / "keystore.json", '{"format": 2, "epochs": []}'),
                                     "has a format this program does not know"),
    "an epoch of another format": (lambda at: changed(at, wrapped="CQk="), "does not open"),
    "an epoch that is not there": (lambda at: changed(at, id="0" * 16), "does not open"),
    "a key of another format": (lambda at: stored(at, "UPDATE keys SET wrapped = CAST(X'0909' || substr(wrapped, 3) AS BLOB)"),
                                "The stored audit key does not open"),
    "a key under another epoch": (lambda at: stored(at, "UPDATE keys SET wrapped_by = 'nothing'"),
                                  "Is this the keystore that belongs to this database?"),
}


def everything(folder) -> tuple[str, dict[str, bytes]]:
    """All rows, and each file of the keys."""
    with closing(sqlite3.connect(folder / "data" / "securemsg.db")) as database:
        rows = "\n".join(database.iterdump())
    return rows, {path.name: path.read_bytes() for path in (folder / "data.keys").iterdir() if path.is_file()}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_is_wrong_has_its_sentence_and_nothing_is_touched(securemsg, tmp_path, name):
    does, words = FAULTS[name]
    does(tmp_path)
    before = everything(tmp_path)
    for command in (("serve",), ("keys", "rotate", "--epoch"), ("clinic", "list"), ("init",)):
        said = securemsg(*command)
        assert is_a_sentence(said, words) or command == ("init",), (command, said)
    assert [line for line in securemsg("doctor").out.splitlines() if words in line], "the doctor says the same"
    assert everything(tmp_path) == before


def test_a_provider_that_is_away_later_stops_a_rotation_and_nothing_else(securemsg, tmp_path, monkeypatch):
    with fake_vault() as vault:
        for name, value in {"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN,
                            "SECUREMSG_KEYSTORE": str(tmp_path / "data.keys" / "keystore.json"),
                            "SECUREMSG_ROOT_KEY": f"vault:transit/root,file:{root_of(tmp_path)}"}.items():
            monkeypatch.setenv(name, value)
        assert "1 epoch(s) are wrapped by the root" in securemsg("keys", "rotate", "--root").out
        vault.status, before = 503, everything(tmp_path)
        for command in (("keys", "rotate", "--epoch"), ("keys", "status")):
            assert is_a_sentence(securemsg(*command), "cannot answer just now")
        assert everything(tmp_path) == before
        vault.status = 200
        assert "There is a new epoch" in securemsg("keys", "rotate", "--epoch").out
        root_of(tmp_path).unlink()
        monkeypatch.setenv("SECUREMSG_ROOT_KEY", "vault:transit/root")
        assert securemsg("clinic", "list").status == 0, "the old root is needed no more"
