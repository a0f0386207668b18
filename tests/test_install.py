"""What strangers install: built from a clean copy by Python alone, put into an empty environment, and run there."""

import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.http.browser import Outside
from tests.service import ROOT, Service

UV = Path(sys.executable).with_name("uv")
Run = Callable[..., str]


@pytest.fixture(scope="module")
def uv() -> Run:
    """Runs uv, set up as make sets it up; `path` is all that it finds programs on."""
    environ = runpy.run_path(str(ROOT / ".ci" / "environment.py"))["uv_settings"]()

    def run(*words: object, path: str = environ["PATH"]) -> str:
        done = subprocess.run(list(map(str, [UV, *words])), env=environ | {"PATH": path}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as a fresh clone has it, taken once: who goes on writing meanwhile changes nothing here."""
    return clean_copy(tmp_path_factory.mktemp("clean") / "clone")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, clean: Path, uv: Run) -> Path:
    """A folder with a source archive, and with the wheel that was built of it where there is no Node.js."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "bin").mkdir()
    for name in ("sh", "env"):  # npm's own scripts need these two
        (folder / "bin" / name).symlink_to(shutil.which(name))
    clone = shutil.copytree(clean, folder / "clone")
    uv("build", "--python", sys.executable, "--out-dir", folder, clone, path=str(folder / "bin"))
    return folder


@pytest.fixture(scope="module")
def environment(built: Path, uv: Run) -> Path:
    """An environment with the wheel and what it asks for, in the releases of the lock, and nothing else."""
    folder, constraints = built / "environment", built / "constraints.txt"
    constraints.write_text("\n".join(re.findall(r"^[a-z0-9.-]+==[^\\\n]+", (ROOT / "requirements.lock").read_text(), re.M)))
    uv("venv", "--python", sys.executable, folder)
    uv("pip", "install", "--python", folder / "bin" / "python", "--constraint", constraints, one(built, "*.whl"))
    return folder


class Installed(Service):
    """The service as it was installed: nothing of this checkout, no npm, no shell's settings."""

    def __init__(self, folder: Path, environment: Path):
        super().__init__(folder)
        self.path, self.program = environment / "bin", str(environment / "bin" / "securemsg")

    @property
    def environ(self) -> dict[str, str]:
        given = super().environ | {"PATH": str(self.path)}
        return {name: value for name, value in given.items() if not name.startswith(("PYTHONPATH", "VIRTUAL_ENV", "NODE"))}


def test_the_same_sources_in_another_folder_are_the_same_wheel(clean, built, uv, tmp_path):
    clone = shutil.copytree(clean, tmp_path / "somewhere" / "else")
    left = clone / "build" / "lib" / "securemsg" / "left_by_an_earlier_build.py"
    left.parent.mkdir(parents=True)
    left.touch()
    uv("build", "--python", sys.executable, "--wheel", "--out-dir", tmp_path, clone)
    assert one(tmp_path, "*.whl").read_bytes() == one(built, "*.whl").read_bytes()


def test_and_the_same_source_archive(clean, built, uv, tmp_path):
    uv("build", "--python", sys.executable, "--sdist", "--out-dir", tmp_path, shutil.copytree(clean, tmp_path / "else"))
    assert one(tmp_path, "*.tar.gz").read_bytes() == one(built, "*.tar.gz").read_bytes()


def test_the_wheel_holds_the_package_with_its_bundle_and_the_licence(clean, built):
    with zipfile.ZipFile(one(built, "*.whl")) as wheel:
        packed = {name for name in wheel.namelist() if not name.endswith("/")}
    package = {name for name in files(clean) if name.startswith("securemsg/")}
    bundle = {name for name in packed if name.startswith("securemsg/static/widget/")}
    about = {name for name in packed if name.startswith("securemsg-")}
    assert packed - bundle - about == package
    assert {"securemsg/static/widget/widget.js", "securemsg/static/widget/manifest.json"} < bundle
    assert any(name.endswith("/licenses/LICENSE") for name in about)


def test_the_source_archive_holds_all_that_a_clone_holds(clean, built):
    with tarfile.open(one(built, "*.tar.gz")) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert files(clean) <= packed
    made = ("securemsg/static/widget/", "securemsg.egg-info", "PKG-INFO")
    folders = {parent.as_posix() for name in packed for parent in Path(name).parents}
    assert not {name for name in packed - files(clean) - folders if not name.startswith(made)}


def test_installed_it_is_set_up_and_serves_without_this_checkout(environment, tmp_path):
    service = Installed(tmp_path, environment)
    assert service.command("--version") == f"securemsg {version()}\n"
    service.command("init", "--slug", "elm", "--name", "Elm Street Surgery", "--owner-name", "Maren Whitlock",
                    "--owner-email", "maren@elm.example")
    assert "fail" not in service.command("doctor")
    with service.start():  # ready: the tables have their newest form
        browser = Outside(service.url)
        frame = browser.get("/frame/elm").text
        assert "Elm Street Surgery" in browser.get("/contact/elm").text
        wanted = ["/widget.js", "/static/pages.css", *re.findall(r'(?:src|href)="(/static/[^"]+)"', frame)]
        assert any(path.endswith(".js") for path in wanted[2:]) and any(path.endswith(".css") for path in wanted[2:])
        wanted += [f"/static/widget/{path.name}" for path in package(environment).joinpath("static", "widget").glob("*.js")]
        assert {path: browser.get(path).status for path in wanted} == dict.fromkeys(wanted, 200)


def clean_copy(folder: Path) -> Path:
    """The tree as a fresh clone has it: nothing that .gitignore names."""
    made = [".git/", *(ROOT / ".gitignore").read_text().split()]

    def is_made(path: Path) -> bool:
        return any(pattern.strip("/") == (path.relative_to(ROOT).as_posix() if pattern.startswith("/") else path.name)
                   for pattern in made)

    return shutil.copytree(ROOT, folder, ignore=lambda at, names: {name for name in names if is_made(Path(at, name))})


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def package(environment: Path) -> Path:
    return one(environment, "lib/python*/site-packages/securemsg")


def version() -> str:
    return re.search(r"^version = (\S+)$", (ROOT / "setup.cfg").read_text(), re.M)[1]
