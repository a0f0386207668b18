"""How a command starts: with what it needs, and without a look for garbage in what it keeps."""

import gc
import subprocess
import sys

import pytest

from securemsg.cli import commands
from securemsg.starting import kept
from tests.service import ROOT


def test_it_imports_its_own_verb_and_no_other():
    done = _python("-c", "import sys; from securemsg.cli import commands; commands.commands['pool']; print(*sys.modules)")
    imported = {name.removeprefix("securemsg.") for name in done.split()}
    assert "cli.pool" in imported and not imported & {"cli.backup", "cli.keys", "cli.serve", "app", "alembic"}


def test_as_a_module_it_is_the_same_command():
    assert "Usage: securemsg pool" in _python("-m", "securemsg", "pool", "--help")


def test_each_verb_is_found_by_the_name_it_has():
    assert [command.name for command in commands.commands.values()] == list(commands.commands)
    assert "nothing" not in commands.commands and commands.commands.get("nothing") is None


def test_garbage_is_looked_for_again_afterwards_also_when_it_went_wrong():
    with pytest.raises(ValueError), kept():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled() and gc.get_freeze_count() > 0


def _python(*words: str) -> str:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
