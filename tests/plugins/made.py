"""Plugins made for a test: of a few lines, as a module here or as a package that is installed in a folder."""

import textwrap
from pathlib import Path
from types import ModuleType

HEAD = """
from marshmallow import Schema
from securemsg import *
"""
SILENT = """
@hookimpl
def personal_data():
    return []
"""


def made(name: str, lines: str = "", head: str = HEAD + SILENT) -> ModuleType:
    """A plugin of these lines. It has everything that plugins may import, and declares that it keeps nothing about people."""
    module = ModuleType(name)
    module.__file__ = f"{name}.py"
    exec(compile(head + textwrap.dedent(lines), f"{name}.py", "exec"), vars(module))
    return module


def several(**lines: str) -> dict[str, ModuleType]:
    """More than one, by their names."""
    return {name: made(name, text) for name, text in lines.items()}


def installed(folder: Path, head: str = HEAD + SILENT, **lines: str) -> str:
    """Install them in a folder; what PYTHONPATH has to be for them to be found."""
    for name, text in lines.items():
        (folder / f"{name}.py").write_text(head + textwrap.dedent(text))
        about = folder / f"of_{name}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: of-{name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[securemsg.plugins]\n{name} = {name}\n")
    return str(folder)
