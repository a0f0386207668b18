"""Imports point one way: each layer knows only those that stand before it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import securemsg

LAYERS = (
    ("words", "setting_values", "given", "starting"),
    ("errors", "settings", "parts", "hooks", "times", "calendars", "written", "deadlines", "logs", "metrics", "secrecy"),
    ("safety", "opening_hours", "answers"),
    ("crypto",),
    ("store",),
    ("live", "registry", "outbound"),
    ("desk",),
    ("http",),
    ("courier", "delivering", "wire", "checks", "standby"),
    ("worker",),
    ("process",),
    ("serving", "cli", "demo"),
    ("app", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# Within a rank only these know each other.
BESIDE = {("settings", "errors"), ("cli", "serving"), ("cli", "demo")}
ROOT = Path(__file__).parent.parent / "securemsg"


def test_each_layer_imports_only_those_before_it():
    wrong = [
        f"{path.relative_to(ROOT)} imports securemsg.{known}"
        for path in sorted(ROOT.rglob("*.py"))
        for known in _imports(path)
        if not _may_import(path.relative_to(ROOT).parts[0].removesuffix(".py"), known)
    ]
    assert not wrong, "\n".join(wrong)


def _may_import(layer: str, known: str) -> bool:
    if layer in (known, "__init__") or (layer, known) in BESIDE:  # the package's face shows what plugins may import
        return True
    if layer == "plugins":  # each stands alone, on what any plugin may have
        return known in securemsg.__all__
    return known in RANK and layer in RANK and RANK[known] < RANK[layer] and known != "demo"


def _imports(path: Path) -> Iterator[str]:
    """The parts of securemsg that a file imports, wherever in it: a hidden import is one as well."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import hides the layer"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("securemsg."))


def test_commands_and_the_process_that_delivers_load_nothing_of_pages():
    """Flask and SQLAlchemy's mapper are half of what a command takes to begin, and 12 MB of each process."""
    program = ("import sys, securemsg.cli, securemsg.delivering;"
               " sys.exit(', '.join({'flask', 'werkzeug', 'jinja2', 'sqlalchemy.orm'} & set(sys.modules)) or 0)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "")
