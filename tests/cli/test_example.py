"""`securemsg example`: what it prints fits the service, and systemd takes it; tests/test_behind_a_proxy.py runs the proxies."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from securemsg.cli.example import EXAMPLES, HOST, NAMES, PROGRAM, filled
from securemsg.settings import load
from tests.service import PROGRAM as HERE
from tests.service import ROOT

UNITS = [name for name in NAMES if name.endswith((".service", ".timer"))]
WORST_EXPOSURE = 20  # tenths, of systemd's 0 (confined) to 100 (exposed); "OK" ends at 49


def test_every_file_is_listed_with_what_it_is_and_where_it_belongs(empty):
    assert sorted(NAMES) == sorted(path.name for path in EXAMPLES.iterdir() if path.is_file())
    lines = empty("example").out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert all(re.search(r": /etc/\S+$", line) for line in lines)


def test_each_is_printed_with_the_clinics_own_name_in_it(empty):
    for name in NAMES:
        said = empty("example", name, "--host", "messages.elm.example", "--program", "/srv/bin/securemsg")
        assert said.status == 0 and said.out == filled(name, "messages.elm.example", "/srv/bin/securemsg")
        assert HOST not in said.out and PROGRAM not in said.out


def test_a_name_that_is_none_is_told_with_those_there_are(empty):
    said = empty("example", "apache.conf")
    assert said.status == 2 and "'nginx.conf'" in said.err and "Traceback" not in said.err


def test_the_settings_are_read_as_they_stand(tmp_path):
    path = tmp_path / "securemsg.toml"
    path.write_text(filled("securemsg.toml").replace("# backup_key", "backup_key"))
    settings = load({"SECUREMSG_CONFIG": str(path)})
    assert settings.https and settings.bind == ("127.0.0.1", 8000) and settings.backup_key
    folders = re.search(r"^StateDirectory=(.*)$", filled("securemsg.service"), re.M)[1].split()
    own = [Path("/var/lib", folder) for folder in folders]
    assert settings.data in own and settings.keystore.parent in own and settings.ledger.parent in own


@pytest.fixture
def units(tmp_path):
    """The units as files, for the program that is here."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed here, and its own check is what this is about: install the package `systemd`")
    for name in UNITS:
        (tmp_path / name).write_text(filled(name, program=HERE))
    return [tmp_path / name for name in UNITS]


def test_systemd_has_nothing_to_say_against_the_units(units):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_services_are_confined(units):
    for unit in (unit for unit in units if unit.suffix == ".service"):
        words = ["systemd-analyze", "security", "--offline=yes", f"--threshold={WORST_EXPOSURE}", "--no-pager", unit]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-400:]


def test_the_readme_names_every_file_and_no_other():
    shown = (ROOT / "README.md").read_text("utf-8").partition("## Run it for real")[2].partition("\n### ")[0]
    assert set(re.findall(r"\b(?:securemsg[\w-]*\.(?:toml|service|timer)|nginx\.conf|Caddyfile)\b", shown)) == set(NAMES)
