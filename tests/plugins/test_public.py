"""What plugins may import: each name is there, the editor is told the same, and the bundled plugins need nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import securemsg

ROOT = Path(securemsg.__file__).parent


@pytest.mark.parametrize("name", securemsg.__all__)
def test_each_name_is_there(name):
    assert getattr(securemsg, name) is not None


def test_no_other_name_is():
    with pytest.raises(AttributeError, match="securemsg has no 'Desk'; it has LANGUAGES, Availability"):
        securemsg.Desk  # noqa: B018


def test_type_checkers_are_told_the_same_names():
    (block,) = (node for node in ast.parse((ROOT / "__init__.py").read_text()).body if isinstance(node, ast.If))
    assert sorted(alias.name for node in block.body for alias in node.names) == sorted(securemsg.__all__)


def test_a_name_brings_along_no_more_than_it_needs():
    """The values load nothing of the service: what is not patched yet must not be imported."""
    program = ("import sys, securemsg; securemsg.Text; securemsg.say; assert not [name for name in sys.modules "
               "if name.startswith(('securemsg.desk', 'securemsg.store', 'flask', 'sqlalchemy', 'holidays'))]")
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT.parent)


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").glob("*.py")), ids=lambda path: path.stem)
def test_a_bundled_plugin_is_one_file_that_imports_only_those(path):
    taken = [name for node in ast.walk(ast.parse(path.read_text())) for name in _of_securemsg(node)]
    assert set(taken) <= set(securemsg.__all__)


def _of_securemsg(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.partition(".")[0] == "securemsg"]
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "securemsg":
        assert node.module == "securemsg", f"from {node.module}: a plugin imports from securemsg alone"
        return [alias.name for alias in node.names]
    return []
