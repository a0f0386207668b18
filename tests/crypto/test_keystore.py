"""The keystore: opened by its root, apart from the data, and never guessed at when something is wrong."""

import json
import os
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from securemsg import store
from securemsg.crypto import keystore, roots
from securemsg.desk import open_desk, owner
from securemsg.desk.desk import prepare
from securemsg.errors import Misconfigured
from securemsg.settings import load
from securemsg.times import now
from tests.clinic import CARD

ROOT, ANOTHER = roots.parse(roots.new_text(), "One"), roots.parse(roots.new_text(), "Another")


@pytest.fixture
def path(tmp_path):
    keystore.create(tmp_path / "keys" / "keystore.json", ROOT)
    return tmp_path / "keys" / "keystore.json"


def fault(path, *given):
    with pytest.raises(Misconfigured) as refusal:
        keystore.read(path, given or (ROOT,))
    assert str(path) in refusal.value.detail
    return refusal.value.detail


def altered(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def test_a_keystore_opens_under_its_root_whichever_place_it_has_in_the_list(path):
    found = keystore.read(path, (ROOT,))
    assert keystore.read(path, (ANOTHER, ROOT)) == found and len(found.epochs[found.active]) == 32
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o077 == 0
    assert not list(path.parent.glob("*.part"))


def test_it_is_never_overwritten(path):
    with pytest.raises(Misconfigured, match="exists already"):
        keystore.create(path, ROOT)


class Killed(BaseException):
    """As a kill: nothing that comes after is done."""


def killed_before(step, patched):
    """Ends whoever writes before the `step`-th change of files from now on."""
    left = [step]

    def dying(real):
        def does(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return real(*args, **kwargs)
        return does

    for whose, names in ((os, ("open", "link", "fsync")), (Path, ("rename", "unlink"))):
        for name in names:
            patched.setattr(whose, name, dying(getattr(whose, name)))


def ends(step, monkeypatch, does):
    """Whether it ran to its end, and was not killed before that step."""
    with monkeypatch.context() as patched, suppress(Killed):
        killed_before(step, patched)
        does()
        return True
    return False


def test_a_command_that_is_killed_at_any_step_and_the_next_one_too_leave_a_keystore_that_opens(path, monkeypatch):
    whole, both, last = path.read_bytes(), (ANOTHER, ROOT), 10
    monkeypatch.setattr(os, "fsync", lambda _: None)  # the machine stays on
    for first, second in product(range(1, last + 1), repeat=2):
        path.write_bytes(whole)
        once = ends(first, monkeypatch, lambda: keystore.rewrap(path, both))
        assert keystore.read(path, both), f"killed before step {first}"
        twice = ends(second, monkeypatch, lambda: keystore.begin_epoch(path, keystore.fresh_epoch(ROOT, 2), 2))
        assert keystore.read(path, both), f"killed before step {first}, then {second}"
        assert (first > 1 or not once) and (second > 1 or not twice)
        keystore.begin_epoch(path, keystore.fresh_epoch(ROOT, 3), 3)
        assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing lies about"
    assert once and twice, "there are fewer steps than were tried"


def test_the_wrong_root_is_told_by_its_id(path):
    sentence = fault(path, ANOTHER)
    assert ROOT.id in sentence and ANOTHER.id in sentence and "wrong key" in sentence


def test_each_fault_has_its_own_sentence(path):
    whole = path.read_text()
    faults = {
        "altered": lambda: altered(path, lambda c: c["epochs"][0].update(wrapped="A" * 84)),
        "altered:": lambda: altered(path, lambda c: c["epochs"][0].update(id="0" * 16)),
        "was altered": lambda: altered(path, lambda c: c["epochs"][0].pop("wrapped")),
        " was altered": lambda: altered(path, lambda c: c["epochs"][0].update(wrapped=7)),
        "was altered ": lambda: altered(path, lambda c: c.pop("epochs")),
        "has 0": lambda: altered(path, lambda c: c["epochs"][0].update(state="retired")),
        "has 2": lambda: altered(path, lambda c: c["epochs"].append(c["epochs"][0])),
        "does not know": lambda: altered(path, lambda c: c.update(format=2)),
        "not know": lambda: path.write_text("[]"),
        "cannot be read": lambda: path.write_text(whole[:-20]),
        "be read": lambda: path.write_bytes(b"\xff"),
        "does not exist": path.unlink,
    }
    for words, does in faults.items():
        does()
        assert words.strip() in fault(path), words
        path.write_text(whole)
    assert keystore.read(path, (ROOT,))


@pytest.fixture
def service(tmp_path):
    """Settings of a service that has a clinic, so that something is stored under its keys."""
    settings = load({"SECUREMSG_DATA": str(tmp_path / "data")})
    prepare(settings)
    desk = open_desk(settings)
    owner.add_clinic(desk, "elm", CARD, now())
    desk.close()
    return settings


def start_fault(settings):
    with pytest.raises(Misconfigured) as refusal:
        open_desk(settings)
    return refusal.value.detail


def test_with_its_keys_the_service_starts_again(service):
    open_desk(service).close()


def test_before_there_are_keys_it_says_what_to_run(tmp_path):
    assert "Run `securemsg init` first" in start_fault(load({"SECUREMSG_DATA": str(tmp_path / "new")}))
    assert not (tmp_path / "new").exists()


def test_another_root_over_existing_data_does_not_start(service, tmp_path):
    roots.create_file(tmp_path / "another" / "root.key")
    other = load({"SECUREMSG_DATA": str(tmp_path / "data"), "SECUREMSG_ROOT_KEY": f"file:{tmp_path / 'another' / 'root.key'}",
                  "SECUREMSG_KEYSTORE": str(service.keystore)})
    assert "This is the wrong key; nothing was changed." in start_fault(other)


def test_without_root_or_keystore_existing_data_does_not_start_and_none_is_made_anew(service):
    root = roots.Path(service.root_key[0][5:])
    for path, words in ((service.keystore, "The keystore"), (root, "The key file")):
        kept = path.read_bytes()
        path.unlink()
        prepare(service)
        assert not path.exists(), "a new key cannot open what is stored"
        sentence = start_fault(service)
        assert sentence.startswith(words) and "Put it back" in sentence
        path.write_bytes(kept)
        path.chmod(0o600)
    open_desk(service).close()


def test_a_fresh_keystore_over_existing_data_does_not_start(service):
    service.keystore.unlink()
    keystore.create(service.keystore, roots.read(service.root_key[0], {}, service.data))
    assert "Is this the keystore that belongs to this database?" in start_fault(service)


def test_an_altered_key_in_the_database_does_not_start(service):
    database = store.connect(service)
    another = "(SELECT wrapped FROM keys WHERE purpose = 'receipt')"
    database.write(lambda tx: tx.everywhere.run(f"UPDATE keys SET wrapped = {another} WHERE purpose = 'audit'"))
    database.close()
    assert "The stored audit key does not open" in start_fault(service)
