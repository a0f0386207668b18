"""`securemsg backup-key`, `backup` and `restore`, as an operator uses them."""

import contextlib
import io
import json
import os
import resource
import shutil
import stat
import subprocess
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from securemsg.cli import files
from securemsg.cli.files import new_file, progress
from securemsg.crypto import backup_keys
from securemsg.crypto.statements import signed_bytes
from securemsg.desk.archive import backup as backups
from securemsg.errors import Refused
from tests.cli.conftest import is_a_sentence
from tests.http.browser import Outside
from tests.http.conftest import shared  # noqa: F401  the same house as over HTTP
from tests.http.running import running
from tests.service import PROGRAM, Service

PUBLIC, PRIVATE = backup_keys.new_texts()


@pytest.fixture
def key(tmp_path, monkeypatch) -> str:
    """The private half in a file; the public one is set."""
    path = tmp_path / "backup.key"
    path.write_text(PRIVATE + "\n")
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", PUBLIC)
    return str(path)


def elsewhere(tmp_path, monkeypatch) -> None:
    """From now on commands are for another, new machine that has the keys."""
    monkeypatch.setenv("SECUREMSG_DATA", str(tmp_path / "new"))
    monkeypatch.setenv("SECUREMSG_ROOT_KEY", f"file:{tmp_path / 'data.keys' / 'root.key'}")


def test_a_key_is_made_and_its_halves_go_where_they_belong(securemsg, tmp_path, monkeypatch):
    path = tmp_path / "away" / "backup.key"
    path.parent.mkdir()
    said = securemsg("backup-key", str(path))
    assert said.status == 0 and said.out.startswith("SECUREMSG_BACKUP_KEY=smbackup1_pub_") and "Take" in said.err
    assert path.read_text().startswith("smbackup1_key_") and stat.S_IMODE(path.stat().st_mode) == 0o400
    assert "smbackup1_key_" not in said.out + said.err
    assert is_a_sentence(securemsg("backup-key", str(path)), "File exists")
    assert is_a_sentence(securemsg("backup-key", str(tmp_path / "data" / "key")), "must not lie in the data folder")
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", said.out.strip().partition("=")[2])
    assert securemsg("backup", str(tmp_path / "archive")).status == 0
    assert securemsg("restore", str(tmp_path / "archive"), "--check", "--key", str(path)).status == 0


@pytest.mark.parametrize(("text", "words"), [
    (PRIVATE, "it must be the public half"), ("something else 4711", "it must be the public half"), (PUBLIC[:-2], "wrong length"),
    (PUBLIC[:-1] + ("x" if PUBLIC[-1] != "x" else "y"), "mistyped")])
def test_a_backup_key_that_is_none_stops_every_command_and_is_not_repeated(securemsg, monkeypatch, text, words):
    monkeypatch.setenv("SECUREMSG_BACKUP_KEY", text)
    for command in (("clinic", "list"), ("serve",), ("backup", "x")):
        said = securemsg(*command)
        assert is_a_sentence(said, "SECUREMSG_BACKUP_KEY", words) and text[14:] not in said.err, said


def test_without_a_backup_key_it_is_said_how_to_make_one(securemsg, tmp_path):
    assert is_a_sentence(securemsg("backup", str(tmp_path / "archive")), "securemsg backup-key")
    assert not list(tmp_path.glob("archive*"))


def test_an_archive_is_whole_private_and_never_overwritten_by_accident(securemsg, key, tmp_path):
    path = tmp_path / "archive"
    said = securemsg("backup", str(path))
    assert said.status == 0 and "rows" in said.out and "epoch" in said.out and "root key" in said.out and not said.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not list(tmp_path.glob("*.part"))
    before = path.read_bytes()
    assert is_a_sentence(securemsg("backup", str(path)), "exists already", "--force")
    assert path.read_bytes() == before
    assert securemsg("backup", str(path), "--force").status == 0 and path.read_bytes() != before
    assert is_a_sentence(securemsg("backup", str(tmp_path / "no" / "folder")), "No such file or directory")


LEFT = ".0123456789abcdef.part"  # the end of a name as a run that was killed leaves it


def test_what_a_killed_run_left_is_removed_and_told(securemsg, key, tmp_path):
    left, another = tmp_path / f"archive{LEFT}", tmp_path / f"archive-of-june{LEFT}"
    left.write_bytes(b"x" * 10_000_000)
    another.write_bytes(b"")
    said = securemsg("backup", str(tmp_path / "archive"))
    assert said.status == 0 and f"Removed {left}, which a run that was killed had left." in said.err
    assert list(tmp_path.glob("*.part")) == [another] and (tmp_path / "archive").stat().st_size < 10_000_000


def test_what_somebody_else_put_there_is_neither_written_to_nor_removed(securemsg, key, tmp_path):
    """In a folder where others write: a link, another name of a file, a file of another user's (as root one can try that)."""
    victim, other = tmp_path / "victim", tmp_path / f"archive{LEFT.replace('0', '3')}"
    victim.write_text("precious")
    (tmp_path / f"archive{LEFT}").symlink_to(victim)
    for name in (f"archive{LEFT.replace('0', '1')}", "archive.part"):
        (tmp_path / name).hardlink_to(victim)
    os.mkfifo(tmp_path / f"archive{LEFT.replace('0', '2')}")
    other.write_text("theirs")
    if os.geteuid() == 0:
        os.chown(other, 65534, 65534)
    said = securemsg("backup", str(tmp_path / "archive"))
    made = (tmp_path / "archive").stat()
    assert said.status == 0 and (made.st_uid, stat.S_IMODE(made.st_mode), made.st_nlink) == (os.geteuid(), 0o600, 1)
    assert victim.read_text() == "precious" and len(list(tmp_path.glob("*.part"))) == (5 if os.geteuid() == 0 else 4)
    assert not other.exists() or other.read_text() == "theirs"


def test_two_that_write_one_file_do_not_mix(tmp_path):
    with new_file(str(tmp_path / "archive"), force=False) as first:
        first.write(b"first")
        with pytest.raises(Refused, match="Another process"), new_file(str(tmp_path / "archive"), force=False):
            pass
    assert (tmp_path / "archive").read_bytes() == b"first" and not list(tmp_path.glob("*.part"))


def test_an_archive_that_has_no_room_leaves_nothing(securemsg, key, tmp_path):
    """The kernel lets no file of that process grow beyond 100 kB: as a full disk does, in the middle of it."""
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))}
    service = Service(tmp_path, backup_key=PUBLIC)
    for number in range(2):
        assert securemsg("clinic", "add", f"clinic-{number}", "--name", "n" * 100_000).status == 0
    done = subprocess.run([PROGRAM, "backup", str(tmp_path / "archive")], env=service.environ, capture_output=True, text=True,
                          timeout=30, **limits)
    assert done.returncode == 1 and "cannot be written" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not list(tmp_path.glob("archive*"))


def test_an_archive_goes_through_a_pipe_and_not_onto_a_terminal(securemsg, key, tmp_path, monkeypatch):
    service = Service(tmp_path, backup_key=PUBLIC)
    made = subprocess.run([PROGRAM, "backup", "-"], env=service.environ, capture_output=True, timeout=30)
    assert made.returncode == 0 and made.stdout.startswith(b"securemsg backup 1\n") and b"rows" in made.stderr
    read = subprocess.run([PROGRAM, "restore", "-", "--check", "--key", key], env=service.environ, input=made.stdout,
                          capture_output=True, timeout=60)
    assert read.returncode == 0 and b"is whole" in read.stdout, read.stderr
    monkeypatch.setattr(files.sys, "stdout", Terminal())
    with pytest.raises(Refused, match="not for a terminal"), new_file("-", force=False):
        pass


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is_and_a_pipe_does_not():
    for stream, seen in ((Terminal(), True), (io.StringIO(), False)):
        with contextlib.redirect_stderr(stream), progress("Backing up") as tell:
            tell(1, 2)
            tell(2, 2)
        assert ("Backing up" in stream.getvalue() and "100%" in stream.getvalue()) == seen


def test_a_running_service_is_backed_up_and_goes_on_elsewhere(furnished, make_service, key):
    place = running(make_service(backup_key=PUBLIC), *furnished).start()
    visitor = place.visitor()
    visitor.opens("Is the flu jab free?")
    service, new = place.service, make_service()
    service.command("backup", str(service.folder / "archive"))
    visitor.says("This one comes too late.")
    new.settings |= {"root_key": f"file:{service.folder / 'data.keys' / 'root.key'}"}
    restore = ("restore", str(service.folder / "archive"), "--key", key)
    refused = subprocess.run([PROGRAM, *restore], env=service.environ, capture_output=True, text=True, timeout=30)
    assert refused.returncode == 1 and "The service is running on this database. Stop it" in refused.stderr
    service.stop()
    said = new.command(*restore)
    assert "is restored" in said and "The ledger reaches to 20" in said and "One-time links that were open have ended" in said
    assert "There are rows in this database already" in subprocess.run(
        [PROGRAM, *restore], env=new.environ, capture_output=True, text=True, timeout=30).stderr
    new.start()
    visitor.browser = Outside(new.url)
    assert visitor.reads() == ["Is the flu jab free?"]


def test_the_drill_is_signed_by_the_key_that_everybody_can_ask_for(securemsg, key, tmp_path, shared):  # noqa: F811
    securemsg("backup", str(tmp_path / "archive"))
    said = securemsg("restore", str(tmp_path / "archive"), "--check", "--key", key, "--json")
    result = json.loads(said.out)
    assert said.status == 0 and result["result"] == "ok" and result["counts"]["people"] == 4
    told = securemsg("restore", str(tmp_path / "archive"), "--check", "--key", key)
    assert told.status == 0 and "is whole" in told.out and result["archive"] in told.out
    known = {each["key"]: each["public"] for each in shared.browser().ask("GET", "/receipt-keys.json").json["keys"]}
    public = Ed25519PublicKey.from_public_bytes(b64decode(known[result["key"]]))
    public.verify(b64decode(result["signature"]), signed_bytes("drill", result))


def test_a_drill_that_fails_says_what_and_has_status_1(securemsg, key, tmp_path):
    from sqlite3 import connect

    with contextlib.closing(connect(tmp_path / "data" / "securemsg.db")) as database, database:
        database.execute("UPDATE people SET name = x'0101000000010203'")
    securemsg("backup", str(tmp_path / "archive"))
    said = securemsg("restore", str(tmp_path / "archive"), "--check", "--key", key, "--json")
    assert said.status == 1 and "The drill failed. people.name of" in said.err and json.loads(said.out)["result"] == "failed"


def test_what_cannot_be_read_is_told(securemsg, key, tmp_path, monkeypatch):
    assert securemsg("backup", str(tmp_path / "archive")).status == 0
    archive, nothing = str(tmp_path / "archive"), str(tmp_path / "nothing")
    (tmp_path / "public").write_text(PUBLIC)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    elsewhere(tmp_path, monkeypatch)
    for words, sentence in (((nothing, "--key", key), "No such file"), ((archive, "--key", nothing), "No such file"),
                            ((archive, "--key", str(tmp_path / "public")), "opens nothing"), ((key, "--key", key), "no archive"),
                            ((archive, "--key", str(tmp_path / "bytes")), "as text"), ((archive, "--key", archive), "text")):
        for check in ((), ("--check",)):
            assert is_a_sentence(securemsg("restore", *words, *check), sentence), words
    assert securemsg("restore", archive, "--key", key).status == 0
    assert securemsg("staff", "list", "harbour-lane").status == 0


def test_no_ledger_is_told(securemsg, key, tmp_path, monkeypatch):
    assert securemsg("backup", str(tmp_path / "archive")).status == 0
    elsewhere(tmp_path, monkeypatch)
    monkeypatch.setenv("SECUREMSG_LEDGER", str(tmp_path / "lost"))
    said = securemsg("restore", str(tmp_path / "archive"), "--key", key)
    assert said.status == 0 and "Mind: The ledger" in said.err and "missing" in said.err and "4 staff sessions" in said.err


def test_a_mistake_in_the_program_is_told_by_type_and_place_and_never_by_its_words(securemsg, key, tmp_path, monkeypatch):
    def mistaken(*_):
        raise KeyError("what a visitor wrote")

    monkeypatch.setattr(backups, "back_up", mistaken)
    said = securemsg("backup", str(tmp_path / "archive"))
    assert is_a_sentence(said, "KeyError at test_backup.py:") and "visitor" not in said.err
    assert not list(tmp_path.glob("archive*"))


@pytest.mark.parametrize("state", ["missing", "stale", "unreadable", "good"])
def test_a_backup_says_when_the_copy_of_the_keystore_would_not_open_it(securemsg, key, tmp_path, monkeypatch, state):
    copy = tmp_path / "copy.json"
    monkeypatch.setenv("SECUREMSG_KEYSTORE_COPY", str(copy))
    if state == "unreadable":
        copy.mkdir()
    elif state != "missing":
        shutil.copy(tmp_path / "data.keys" / "keystore.json", copy)
        copy.write_bytes(copy.read_bytes() + (b" " if state == "stale" else b""))
    said = securemsg("backup", str(tmp_path / "archive"))
    words = {"good": "", "unreadable": "cannot be read: Is a directory"}.get(state, "is missing or stale")
    assert said.status == 0 and words in said.err and said.err.count("Mind: The copy") == (state != "good")
