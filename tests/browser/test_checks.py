"""The list of what the widget does: each line is tested, and each numbered test stands in it."""

import ast
from pathlib import Path

from tests.browser.checks import CHECKS, NOT_YET

HERE = Path(__file__).parent


def names_in(file: str) -> list[str]:
    """The names of a file's tests, without `test_`."""
    tree = ast.parse((HERE / f"test_{file}.py").read_text("utf-8"))
    return [node.name.removeprefix("test_") for node in tree.body if isinstance(node, ast.FunctionDef)
            and node.name.startswith("test_")]


def named(number: int) -> list[str]:
    """The tests that a line names, as `file::name`; one that does not exist is an error."""
    found = []
    for place in CHECKS[number][1].split():
        file, _, name = place.partition("::")
        tests = [each for each in names_in(file) if (each == name if name else each.startswith(f"{number}_"))]
        assert tests, f"{number}: there is no such test as {place}"
        found += [f"{file}::{each}" for each in tests]
    return found


def test_each_line_is_tested():
    assert list(CHECKS) == list(range(1, len(CHECKS) + 1))
    assert {number for number in CHECKS if not named(number)} == set(NOT_YET)


def test_each_test_with_a_number_stands_in_its_line():
    files = [path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")]
    numbered = [f"{file}::{name}" for file in files for name in names_in(file) if name[0].isdigit()]
    listed = {each for number in CHECKS for each in named(number)}
    assert len(numbered) > 70 and [each for each in numbered if each not in listed] == []
