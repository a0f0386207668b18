"""Where the root key comes from, and what each fault of it is called."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from securemsg.crypto import roots
from securemsg.errors import Misconfigured

TEXT = roots.new_text()
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def file(tmp_path):
    """A key file as it should be."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "keys" / "root.key"
    roots.create_file(path)
    return path


def read(path, data=None):
    return roots.read(f"file:{path}", {}, data or Path(path).parent.parent / "data")


def fault(path, data=None):
    with pytest.raises(Misconfigured) as refusal:
        read(path, data)
    return refusal.value.detail


def rewrite(path, text):
    path.chmod(0o600)
    path.write_text(text)


def test_a_key_file_is_made_for_its_owner_alone_and_never_overwritten(file):
    assert file.stat().st_mode & 0o777 == 0o400 and file.parent.stat().st_mode & 0o077 == 0
    assert len(read(file).secret) == 32
    with pytest.raises(FileExistsError):
        roots.create_file(file)


def test_the_same_text_is_the_same_key_from_every_provider(file, tmp_path):
    rewrite(file, f"  {TEXT}  \n")
    ways = [f"file:{file}", "env:THE_KEY", f"exec:cat '{file}'"]
    keys = roots.read_all(tuple(ways), {"THE_KEY": TEXT}, tmp_path / "data")
    assert keys[0] == keys[1] == keys[2] and keys[0].id in repr(keys[0])
    assert keys[0].secret.hex() not in repr(keys[0]) and repr(keys[0].secret)[2:12] not in repr(keys[0])


# What is done to the file, and the words that only its own sentence holds.
FAULTS = {
    "missing": (lambda path: path.unlink(), "does not exist"),
    "readable by others": (lambda path: path.chmod(0o644), "chmod 600"),
    "writable by the group": (lambda path: path.chmod(0o620), "chmod 600"),
    "executable": (lambda path: path.chmod(0o700), "chmod 600"),
    "empty": (lambda path: rewrite(path, ""), "is empty"),
    "blank": (lambda path: rewrite(path, "\n \n"), "is empty"),
    "two lines": (lambda path: rewrite(path, f"{TEXT}\n{TEXT}\n"), "more than one line"),
    "no prefix": (lambda path: rewrite(path, TEXT.removeprefix("smroot1_")), "begins with smroot1_"),
    "cut": (lambda path: rewrite(path, TEXT[:-1]), "cut or joined"),
    "doubled": (lambda path: rewrite(path, TEXT + TEXT), "cut or joined"),
    "mistyped": (lambda path: rewrite(path, mistyped(TEXT, 20)), "checksum is wrong"),
    "mistyped in the checksum": (lambda path: rewrite(path, mistyped(TEXT, -1)), "checksum is wrong"),
    "with a foreign sign": (lambda path: rewrite(path, TEXT[:20] + "*" + TEXT[21:]), "checksum is wrong"),
    "no text": (lambda path: (path.chmod(0o600), path.write_bytes(b"\xff\xfe" + TEXT.encode())), "cannot be read as text"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "not a regular file"),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), "not a regular file"),
    "a link": (lambda path: (path.rename(path.with_name("real")), path.symlink_to("real")), "symbolic link"),
    "a link to nothing": (lambda path: (path.unlink(), path.symlink_to("nothing")), "symbolic link"),
}


def mistyped(text, at):
    changed = list(text)
    changed[at] = "A" if changed[at] != "A" else "B"
    return "".join(changed)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_key_file_has_its_own_sentence(file, name):
    does, words = FAULTS[name]
    does(file)
    sentence = fault(file)
    assert words in sentence and str(file) in sentence and sentence.endswith((".", f"chmod 600 {file}"))
    assert [other for _, other in FAULTS.values() if other in sentence and other != words] == []
    assert TEXT[10:30] not in sentence, "a sentence may be printed and logged; the key may not"


def test_inside_the_data_folder_it_is_refused_also_by_a_way_around(file, tmp_path):
    (tmp_path / "data" / "keys").symlink_to(file.parent)
    inside = tmp_path / "data" / "root.key"
    roots.create_file(inside)
    assert "lies inside the data folder" in fault(inside, tmp_path / "data")
    assert "lies inside the data folder" in fault(file, tmp_path)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "data")
    assert "lies inside the data folder" in fault(tmp_path / "elsewhere" / "root.key", tmp_path / "data")


def test_of_another_owner_it_is_refused(file):
    """As root a file is given away; everybody else names one that root owns."""
    if AS_ROOT:
        os.chown(file, pwd.getpwnam("nobody").pw_uid, -1)
    sentence = fault(file if AS_ROOT else "/etc/passwd", file.parent.parent / "data")
    assert "belongs to another user" in sentence


def test_what_may_not_be_read_or_reached_says_so():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys" / "root.key"
        roots.create_file(path)
        path.chmod(0)
        as_nobody = pwd.getpwnam("nobody").pw_uid if AS_ROOT else os.geteuid()
        for each in (Path(folder), path.parent, path):
            os.chown(each, as_nobody, -1)
        os.seteuid(as_nobody)
        try:
            assert "may not be read by this user" in fault(path)
            path.parent.chmod(0)
            assert "cannot be reached" in fault(path)
        finally:
            path.parent.chmod(0o700)
            os.seteuid(0 if AS_ROOT else as_nobody)


@pytest.mark.parametrize(("value", "words"), [
    (None, "which is not set"), ("", "is empty"), (TEXT + "\n" + TEXT, "more than one line"), ("hello", "begins with smroot1_"),
    (TEXT[:-3], "cut or joined"), (mistyped(TEXT, 30), "checksum is wrong"), (TEXT[:20] + "ö" + TEXT[21:], "checksum is wrong")])
def test_each_fault_of_an_environment_variable(value, words):
    with pytest.raises(Misconfigured, match="THE_KEY") as refusal:
        roots.read("env:THE_KEY", {} if value is None else {"THE_KEY": value}, Path("/data"))
    assert words in refusal.value.detail


@pytest.mark.parametrize(("command", "words"), [
    ("", "without a command"), ("/no/such/program", "does not exist"), ("/etc/passwd", "could not be run"),
    ("false", "ended with status 1"),
    ("true", "is empty"), (f"printf '{TEXT}\\n{TEXT}'", "more than one line"), (f"echo {TEXT[:-1]}", "cut or joined"),
    ("echo $HOME; id", "begins with smroot1_"), ("printf '\\377'", "could not be run"),
    ("'unclosed", "cannot be split")])
def test_each_fault_of_a_command(command, words):
    with pytest.raises(Misconfigured) as refusal:
        roots.read(f"exec:{command}", {}, Path("/data"))
    assert words in refusal.value.detail


def test_a_command_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr("securemsg.crypto.roots.exec._EXEC_SECONDS", 0.2)
    with pytest.raises(Misconfigured, match=r"within 0\.2 seconds"):
        roots.read("exec:sleep 60", {}, Path("/data"))


def test_a_command_is_run_without_a_shell_and_gets_no_input(tmp_path):
    script = tmp_path / "a program"
    script.write_text(f'#!/bin/sh\nread line && exit 9\n[ "$1" = "two words" ] && [ "$2" = "\\$HOME" ] && echo {TEXT}\n')
    script.chmod(0o700)
    assert roots.read(f"exec:'{script}' 'two words' $HOME", {}, tmp_path / "data") == roots.parse(TEXT, "The test")


def test_an_unknown_provider_is_refused():
    with pytest.raises(Misconfigured, match="no provider"):
        roots.read("post:x", {}, Path("/data"))


def test_every_new_key_is_another():
    assert len({roots.new_text() for _ in range(100)}) == 100
