"""What make sets up: the locks say what setup.cfg asks for, and the bundle is the same whoever builds it."""

import configparser
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import ROOT

WIDGET = ROOT / "widget"


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    shown = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^(\w+):", makefile, re.MULTILINE)
    assert [line.split()[0] for line in shown.splitlines()] == targets


def test_ci_runs_exactly_make_test():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if "make" in line] == ["exec make test"]


@pytest.mark.parametrize(("second_time", "status"), [("assert True", 0), ("assert False", 1)])
def test_what_failed_among_others_is_asked_once_more(tmp_path, monkeypatch, second_time, status):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # each process would load all that is installed
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist.plugin")
    make = runpy.run_path(str(ROOT / ".ci" / "environment.py"))
    make["test"].__globals__.update(ROOT=tmp_path, PYTHON=sys.executable, run_check=lambda check: 0, processors=lambda: 1)
    (tmp_path / "test_it.py").write_text(f"""
from pathlib import Path

def test_it():
    first = not Path("seen").exists()
    Path("seen").touch()
    assert not first
    {second_time}

def test_other():
    with open("other", "a") as file:
        file.write("x")
""")
    with pytest.raises(SystemExit) as ended:
        make["test"]()
    assert ended.value.code == status and (tmp_path / "other").read_text() == "x", "what passed is not asked again"


def test_the_locks_hold_all_that_setup_cfg_asks_for():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = config["options.extras_require"]
    wanted = _names(config["options"]["install_requires"]) | _names(extras["postgres"])
    assert wanted <= _locked("requirements.lock").keys()
    assert wanted | _names(extras["test"]) <= _locked("requirements-test.lock").keys()
    assert wanted | _names(extras["test"]) | _names(extras["browsers"]) <= _locked("requirements-browsers.lock").keys()


def test_tests_run_on_the_releases_that_are_served():
    served, tested, driven = map(_locked, ("requirements.lock", "requirements-test.lock", "requirements-browsers.lock"))
    assert {name: tested[name] for name in served} == served
    assert {name: driven[name] for name in tested} == tested


def test_every_locked_release_is_checked_by_its_hash():
    for lock in (*ROOT.glob("*.lock"), *(ROOT / ".ci").glob("*.lock")):
        entries = re.split(r"\n(?=[a-z])", lock.read_text())[1:]
        assert entries and all("--hash=sha256:" in entry for entry in entries), lock


def test_no_registry_is_named_in_any_lock():
    locks = [*ROOT.glob("*.lock"), *(ROOT / ".ci").glob("*.lock"), WIDGET / "package-lock.json"]
    assert not [lock for lock in locks if re.search(r'"resolved"|--(extra-)?index-url', lock.read_text())]


def test_the_bundle_is_the_same_bytes_every_time(tmp_path):
    assert _build(tmp_path / "once") == _build(tmp_path / "again")


def _build(folder: Path) -> dict[str, bytes]:
    """The bundle, built from a copy of the sources that lies elsewhere."""
    leave_out = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(WIDGET, folder / "widget", ignore=leave_out)
    (folder / "widget" / "node_modules").symlink_to(WIDGET / "node_modules")
    shutil.copytree(ROOT / "securemsg" / "words", folder / "securemsg" / "words")
    subprocess.run(["npm", "run", "--silent", "build"], cwd=folder / "widget", check=True)
    bundle = folder / "securemsg" / "static" / "widget"
    built = {path.name: path.read_bytes() for path in bundle.iterdir()}
    assert built
    return built


def _names(requirements: str) -> set[str]:
    lines = filter(None, requirements.splitlines())
    return {re.match(r"[a-zA-Z0-9_.-]+", line)[0].lower() for line in lines}


def _locked(name: str) -> dict[str, list[str]]:
    """Each package of a lock with its releases: more than one where they differ by Python."""
    found: dict[str, list[str]] = {}
    for package, release in re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE):
        found.setdefault(package, []).append(release)
    return found
