"""`securemsg init` with somebody at a terminal, and by flags where nobody is: asked, checked, then written at once."""

import io
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from securemsg.cli import commands
from tests.cli.conftest import is_a_sentence
from tests.service import PROGRAM, until

GOOD = {"slug": "sea-view", "name": "Sea View", "phone": "+1 902 555 0100", "origin": "https://sea-view.example",
        "emergency-number": "911", "timezone": "America/Halifax", "language": "fr-CA", "owner-name": "Ana Ruiz",
        "owner-email": "ana@sea-view.example"}
PLACES = ["", "", ""]  # as they are offered: data folder, root key, address
LINK = re.compile(r"http://localhost:8000/staff/sea-view/start#[\w-]{20,}")


class Terminal(io.StringIO):
    """What somebody types, line by line; None is Ctrl-C."""

    def __init__(self, lines: list[str | None]):
        super().__init__()
        self.lines = iter(lines)

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:
        line = next(self.lines, "")
        if line is None:
            raise KeyboardInterrupt
        return line


@pytest.fixture
def types(empty, monkeypatch):
    """`types("init", lines)`: at a terminal, one answer after the other; "" takes what is offered."""
    def run(lines: list[str | None], *words: str):
        monkeypatch.setattr(sys, "stdin", Terminal([line if line is None else f"{line}\n" for line in lines]))
        return empty("init", *words)

    return run


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    """By default no terminal, and a stdin that fails whoever reads it."""
    class Nobody(io.StringIO):
        def readline(self, size: int = -1) -> str:
            raise AssertionError("it waits for somebody who is not there")

    monkeypatch.setattr(sys, "stdin", Nobody())


def flags(**changes: str | None) -> list[str]:
    answers = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    return [word for name, value in answers.items() if value is not None for word in (f"--{name}", value)]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_each_question_is_asked_and_all_of_it_is_there(types, empty, tmp_path):
    said = types([*PLACES, *GOOD.values()])
    assert said.status == 0 and LINK.search(said.out) and "Keep a copy of both" in said.out, said
    assert f"[{tmp_path}/data]" in said.out and f"[{tmp_path}/data.keys/root.key]" in said.out and "[112]" in said.out
    assert "SECUREMSG_DATA" not in said.out
    assert "Sea View" in empty("clinic", "list").out and "owner" in empty("staff", "list", "sea-view").out
    shown = empty("clinic", "show", "sea-view").out
    assert all(word in shown for word in ("https://sea-view.example", "911", "America/Halifax", "+1 902 555 0100"))


def test_an_answer_that_does_not_fit_is_told_and_asked_again(types, empty, tmp_path):
    (tmp_path / "file").write_text("")
    wrong = {"slug": ["", "Sea View", "x"], "name": ["", " "], "phone": ["call us"], "origin": ["sea-view", "ftp://x.example"],
             "emergency-number": ["help"], "timezone": ["Moon/Crater", "../../etc/passwd"], "language": ["klingon"],
             "owner-name": [" "], "owner-email": ["ana", ""]}
    lines = [f"{tmp_path}/file/x", "", f"{tmp_path}/data/root.key", str(tmp_path), ""]
    lines += ["messages", "http://messages.sea-view.example", ""]
    lines += [line for name, value in GOOD.items() for line in (*wrong[name], value)]
    said = types(lines)
    assert said.status == 0 and LINK.search(said.out), said
    for words in ("is not a folder that this user may write to", "lies in the data folder", "is a folder", "small letters",
                  "it must be an address like", "anything else needs https", "is not a phone number", "is not an address like",
                  "Please enter the clinic's name", "emergency number", "Moon/Crater", "none of the languages",
                  "give the person's name",
                  "is not an email address"):
        assert words in said.out + said.err, words
    assert "Traceback" not in said.out + said.err and '"owner@' not in said.out


@pytest.mark.parametrize("answered", range(len(PLACES) + len(GOOD)))
@pytest.mark.parametrize("end", [None, "EOF"])
def test_who_goes_before_the_last_answer_leaves_nothing(types, tmp_path, answered, end):
    lines = [*PLACES, *GOOD.values()][:answered]
    said = types([*lines, None] if end is None else lines)
    assert said.status == 1 and "Aborted" in said.err and not files(tmp_path)


def test_by_flags_nobody_is_asked(empty):
    said = empty("init", *flags())
    assert said.status == 0 and LINK.search(said.out) and not said.err
    assert "911" in empty("clinic", "show", "sea-view").out


def test_what_has_a_usual_value_may_be_left_out(empty, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert empty("init", *flags(origin=None, emergency_number=None, timezone=None)).status == 0
    shown = empty("clinic", "show", "sea-view").out
    assert "112" in shown and "Europe/Berlin" in shown


@pytest.mark.parametrize("flag", ["slug", "name", "owner-name", "owner-email"])
def test_a_flag_that_is_missing_is_named_and_nothing_is_made(empty, tmp_path, flag):
    assert is_a_sentence(empty("init", *flags(**{flag: None})), f"--{flag}") and not files(tmp_path)


@pytest.mark.parametrize(("flag", "value", "words"), [
    ("slug", "Sea View", "small letters"), ("name", " ", "name"), ("phone", "call us", "is not a phone number"),
    ("public-url", "ftp://x", "SECUREMSG_PUBLIC_URL"), ("public-url", "http://sea-view.example", "needs https"),
    ("origin", "x", "is not an address"), ("emergency-number", "help", "emergency number"),
    ("timezone", "Moon/Crater", "Moon/Crater"), ("language", "klingon", "klingon"),
    ("owner-email", "ana", "not an email address"), ("data", "/dev/null/x", "may write to"),
    ("root-key", "/dev/null/x", "may write to")])
def test_a_flag_that_does_not_fit_is_told_and_nothing_is_made(empty, tmp_path, flag, value, words):
    assert is_a_sentence(empty("init", *flags(**{flag: value})), words) and not files(tmp_path)


def test_a_terminal_asks_only_for_what_no_flag_says(types):
    said = types([*PLACES, "ana@sea-view.example"], *flags(owner_email=None))
    assert said.status == 0 and LINK.search(said.out)


def test_other_places_are_told_to_be_kept_for_every_later_command(empty, tmp_path, monkeypatch):
    said = empty("init", *flags(data=str(tmp_path / "else where"), root_key=str(tmp_path / "safe" / "root.key")))
    kept = dict(re.findall(r"export (SECUREMSG_\w+)='?([^'\n]+)'?$", said.out, flags=re.M))
    assert kept == {"SECUREMSG_DATA": f"{tmp_path}/else where", "SECUREMSG_ROOT_KEY": f"file:{tmp_path}/safe/root.key"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    assert "Sea View" in empty("clinic", "list").out
    assert files(tmp_path) >= {"safe/root.key", "safe/keystore.json", "else where/securemsg.db"} and "data" not in files(tmp_path)


def test_an_address_with_https_stands_in_the_link_and_with_the_proxy_beside_it_in_what_is_to_be_set(empty, monkeypatch):
    said = empty("init", *flags(public_url="https://messages.sea-view.example"))
    kept = dict(re.findall(r"export (SECUREMSG_\w+)=(\S+)$", said.out, flags=re.M))
    assert kept == {"SECUREMSG_PUBLIC_URL": "https://messages.sea-view.example", "SECUREMSG_TRUSTED_PROXIES": "127.0.0.1"}
    assert re.search(r"https://messages.sea-view.example/staff/sea-view/start#[\w-]{20,}$", said.out)
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    assert "Sea View" in empty("clinic", "list").out and "export" not in empty("init").out


def test_the_next_steps_are_named_and_are_commands(empty, tmp_path):
    said = empty("init", *flags())
    steps = re.findall(r"^  securemsg ([\w-]+)", said.out, flags=re.M)
    assert steps == ["doctor", "backup-key", "example", "serve"] and set(steps) <= set(commands.commands)
    assert f"the ledger ({tmp_path}/data.keys/ledger.jsonl) each day" in said.out
    assert empty(*re.search(r"securemsg (example nginx.conf --host \S+)", said.out)[1].split()).status == 0


def test_nothing_is_left_where_nobody_wanted_it(empty, tmp_path, monkeypatch):
    monkeypatch.delenv("SECUREMSG_DATA")
    monkeypatch.chdir(tmp_path)
    assert empty("init", *flags(data=str(tmp_path / "there"))).status == 0
    assert is_a_sentence(empty("clinic", "list"), "no service in the data folder", "SECUREMSG_DATA")
    assert {path.name for path in tmp_path.iterdir()} == {"there", "there.keys"}


def test_what_other_flags_say_the_second_time_is_not_ignored_silently(empty):
    empty("init", *flags())
    assert not empty("init", *flags()).err, "the same again is no other"
    said = empty("init", *flags(name="Another", phone="+49 30 1", owner_email="else@sea-view.example"))
    assert said.status == 0 and re.findall(r"^(--\S+) is ignored.*: securemsg (\w+ \w+) sea-view", said.err, flags=re.M) == [
        ("--name", "clinic set"), ("--phone", "clinic set"), ("--owner-email", "staff add")]


def test_a_key_that_comes_from_elsewhere_is_not_asked_for(types, tmp_path, monkeypatch):
    from securemsg.crypto.roots import new_text

    monkeypatch.setenv("THE_KEY", new_text())
    monkeypatch.setenv("SECUREMSG_ROOT_KEY", "env:THE_KEY")
    said = types(["", "", *GOOD.values()])
    assert said.status == 0 and LINK.search(said.out) and not list(tmp_path.rglob("root.key"))


def test_over_what_is_there_it_changes_nothing_and_says_so(types, empty, tmp_path):
    empty("init", *flags())
    def there():
        return {path: path.read_bytes() for path in (tmp_path / "data.keys").iterdir()}, empty("clinic", "show", "sea-view").out

    before = there()
    assert is_a_sentence(empty("init", *flags(slug="hill-road")), "nothing was changed", "securemsg clinic add hill-road")
    for again in (empty("init"), empty("init", *flags(name="Another")), types(PLACES)):
        assert again.status == 0 and "Nothing was changed" in again.out and "sea-view" in again.out and not LINK.search(again.out)
    assert there() == before


def test_what_was_begun_without_a_clinic_goes_on_with_one(empty, types):
    assert empty("init").status == 0
    assert LINK.search(types([*PLACES, *GOOD.values()]).out)


def test_at_a_real_terminal_it_asks_and_ctrl_c_leaves_nothing(tmp_path):
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")}
    process = subprocess.Popen([PROGRAM, "init"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path,
                               start_new_session=True, env=environ | {"SECUREMSG_DATA": str(tmp_path / "data")})
    os.close(theirs)
    os.set_blocking(ours, False)
    screen = bytearray()

    def shows(words: bytes) -> bool:
        with suppress(BlockingIOError):  # nothing yet
            screen.extend(os.read(ours, 65_536))
        return words in screen

    until(lambda: shows(b"Data folder"), 10, "the first question")
    os.write(ours, b"\n")
    until(lambda: shows(b"root key"), what="the second question")
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 1 and not files(tmp_path)
    os.close(ours)
