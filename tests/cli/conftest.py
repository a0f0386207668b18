"""`securemsg …` as somebody types it, in this process: a start of Python for each would cost a second."""

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from securemsg import cli
from tests.cli.audited import anchor, log  # noqa: F401  on both databases
from tests.http.conftest import furnished  # noqa: F401  the same house as over HTTP
from tests.http.house import copied


@dataclass
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs commands where nothing exists yet: `empty("init")`."""
    monkeypatch.setenv("SECUREMSG_DATA", str(tmp_path / "data"))
    return typed(monkeypatch)


@pytest.fixture
def securemsg(furnished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:  # noqa: F811
    """Runs commands on two furnished clinics: `securemsg("staff", "list", "harbour-lane")`."""
    copied(furnished[0], tmp_path)
    monkeypatch.setenv("SECUREMSG_DATA", str(tmp_path / "data"))
    return typed(monkeypatch)


def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["securemsg", *words])
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                cli.main()
                status = 0
            except SystemExit as end:
                status = end.code or 0
        return Said(status, out.getvalue(), err.getvalue())

    return run


def is_a_sentence(said: Said, *words: str) -> bool:
    """Status 1, nothing on stdout, and on stderr a sentence with those words; never a traceback."""
    fits = said.status == 1 and not said.out and said.err.startswith("securemsg: ") and "Traceback" not in said.err
    return fits and len(said.err.split()) > 5 and all(word in said.err for word in words)
