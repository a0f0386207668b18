"""A house where a plugin of the tests is installed as pip would, and named."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.house import House, furnished
from tests.service import ROOT


@contextmanager
def plugged(folder: Path, name: str, module: str) -> Iterator[House]:
    """`module` is the plugin's, as Python imports it."""
    about = folder / "packages" / f"{name}-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[securemsg.plugins]\n{name} = {module}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(about.parent)])
        patch.setenv("PYTHONPATH", os.pathsep.join((str(about.parent), str(ROOT))))
        with furnished(folder / "house", plugins=name) as made:
            yield made
