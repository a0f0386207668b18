"""What the code and the templates say to people: every English text that goes through say(), and where."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

from securemsg.words.catalogue import texts
from tests.service import ROOT

CODE, TEMPLATES, SCRIPT = ROOT / "securemsg", ROOT / "securemsg" / "templates", ROOT / "widget" / "src" / "staff"


@cache
def in_code() -> dict[str, str]:
    """English text → the file that says it."""
    return {text: path.name for path in sorted(CODE.rglob("*.py")) for text in _said(ast.parse(path.read_text()))}


@cache
def in_templates() -> dict[str, str]:
    return {text: path.name for path in sorted(TEMPLATES.glob("*.*")) for text in _shown(path)}


@cache
def in_script() -> set[str]:
    """What the reply page's script says; each is a say() of script_words.py, too."""
    return {text for path in SCRIPT.glob("*.ts") for text in re.findall(r'\bsay\("([^"]+)"', path.read_text("utf-8"))}


def of_the_frame() -> set[str]:
    """What the widget says too: its words are the page's."""
    return {text for text in texts("en", "frame").values() if isinstance(text, str)}


def _said(tree: ast.AST) -> Iterator[str]:
    names = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
             for alias in node.names if alias.name == "say"}
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in names | {"languages.say"})
    yield from (call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant))


def _name(function: ast.expr) -> str:
    return ast.unparse(function) if isinstance(function, ast.Name | ast.Attribute) else ""


def _shown(path: Path) -> Iterator[str]:
    tree = Environment().parse(path.read_text("utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say" and isinstance(text := call.args[0], nodes.Const):
            yield text.value
