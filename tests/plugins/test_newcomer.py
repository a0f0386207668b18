"""Somebody does what plugins/README.md says: a package of its own, installed, named; a visitor writes, the plugin answers."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import securemsg
from tests.http.running import running
from tests.service import ROOT, Service, until

README = (Path(securemsg.__file__).parent / "plugins" / "README.md").read_text("utf-8").partition("## Rules")[0]
UV = Path(sys.executable).with_name("uv")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with the package of the first page, installed into it as pip would: without a network and with nothing else."""
    package, site = tmp_path / "clinic-parking", tmp_path / "site"
    package.mkdir()
    for name, language in (("parking.py", "python"), ("pyproject.toml", "toml")):
        (package / name).write_text(re.search(rf"`{name}`:\n\n```{language}\n(.*?)```", README, re.S)[1])
    environ = runpy.run_path(str(ROOT / ".ci" / "environment.py"))["uv_settings"]()
    words = [UV, "pip", "install", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable, "--target", site]
    done = subprocess.run([*map(str, words), str(package)], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return site


def exports() -> dict[str, str]:
    """What its shell lines set."""
    return {name.lower(): value for name, value in re.findall(r'^export SECUREMSG_(\w+)="(.*)"$', README, re.M)}


def test_ten_minutes(site, furnished, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(site))
    with Service(tmp_path, **exports()) as service:
        told = service.command("plugins")
        assert told.startswith("parking (clinic-parking 1.0)") and "that a visitor asked about parking" in told
        assert "SECUREMSG_PARKING_ANSWER" in told
        house = running(service, *furnished).start()
        leo, mia = house.visitor(), house.visitor("hill-road")
        assert leo.opens("Where can I park?").status == 201
        until(lambda: len(leo.reads()) == 2, 15, "the plugin's answer")
        assert leo.reads() == ["Where can I park?", "Our car park is behind the house."]
        assert leo.items()[1]["author"]["kind"] == "plugin"
        service.command("clinic", "set", "hill-road", "--plugin", "parking.answer=Take the tram.")
        assert mia.opens("May I park there?").status == 201
        until(lambda: len(mia.reads()) == 2, 15, "the plugin's answer")
        assert mia.reads()[1] == "Take the tram.", "each clinic may have its own"

