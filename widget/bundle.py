"""Build the widget's bundle with npm, unless it was already built from these very sources.

Standard library only: the set-up script and the package's build backend both call it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

WIDGET = Path(__file__).resolve().parent
WORDS = WIDGET.parent / "securemsg" / "words"
BUNDLE = WIDGET.parent / "securemsg" / "static" / "widget"
OLDEST_NODE = 20  # the oldest release that esbuild and the TypeScript compiler still support


class Failed(Exception):
    """The bundle could not be built; the text is a sentence for whoever ran the command."""


def build() -> None:
    """Leave a bundle in `securemsg/static/widget/` that belongs to the sources as they are now."""
    if is_fresh():
        return
    install()
    shutil.rmtree(BUNDLE, ignore_errors=True)
    _npm("run", "--silent", "build")
    if not any(BUNDLE.glob("*")):
        raise Failed(f"`npm run build` succeeded but wrote nothing to {BUNDLE}.")
    _mark().write_text(fingerprint())


def is_fresh() -> bool:
    """True when the bundle came from these sources, or when there are no sources to build it from."""
    if not (WIDGET / "src").is_dir():
        return BUNDLE.is_dir()
    return _mark().is_file() and _mark().read_text() == fingerprint()


def install(with_tests: bool = False) -> None:
    """Install the locked packages that the bundle is built with, and those that only its tests need."""
    kind = "with tests" if with_tests else "alone"
    mark = WIDGET / "node_modules" / ".securemsg"
    wanted = f"{hashlib.sha256((WIDGET / 'package-lock.json').read_bytes()).hexdigest()} "
    if mark.is_file() and mark.read_text() in {wanted + kind, wanted + "with tests"}:
        return
    # No install scripts: the tools are finished binaries, and code that runs unasked is how npm is attacked.
    extent = [] if with_tests else ["--omit=dev"]
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    _npm("ci", *extent, "--ignore-scripts", *quiet)
    mark.write_text(wanted + kind)


def fingerprint() -> str:
    """One hash over the name and content of everything that the bundle is made from."""
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.relative_to(WIDGET.parent).as_posix()}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def has_npm() -> bool:
    """True when PATH holds an npm and a Node.js that is new enough."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    major = version.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _npm(*arguments: str) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise Failed(f"Building the widget needs npm with Node.js {OLDEST_NODE} or newer, and there is none.")
    run = subprocess.run([npm, *arguments], cwd=WIDGET)
    if run.returncode:
        hint = " Is there a network?" if arguments[0] == "ci" else ""
        raise Failed(f"`npm {' '.join(arguments)}` in {WIDGET} failed; see above.{hint}")


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in (WIDGET / "src").rglob("*") if path.is_file())
    yield from sorted(WORDS.glob("*/frame.json"))
    yield from sorted(path for path in WIDGET.iterdir() if path.suffix in {".json", ".ts", ".js", ".mjs"})


def _mark() -> Path:
    return BUNDLE / "sources.sha256"
