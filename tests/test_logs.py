"""What the log may say: sentences of the program and fields from a list; never anything that somebody sent."""

import ast
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from securemsg import logs
from tests.service import ROOT

SECRET = "my knee hurts, 555 0142"
PROGRAM = """
import gc, logging, sys, threading, warnings
from securemsg import logs
logs.begin(sys.argv[1], "info")
secret = sys.argv[2]
log, library = logging.getLogger("securemsg"), logging.getLogger("some.library")
log.warning("the worker waits", extra={"error": "Unavailable", "words": secret, "request_id": secret, "place": secret})
log.warning("the worker waits: %s", secret)
log.warning(f"{secret}!")
log.info("told"); log.debug("not told")
library.warning("an answer to %s", secret); library.warning(secret); library.info("not told"); library.error(ValueError(secret))
try:
    raise KeyError(secret)
except KeyError:
    library.exception("it fell: %r", secret)
warnings.warn(secret)
class Falls:
    def __del__(self): raise ValueError(secret)
Falls(); gc.collect()
def falls(): raise OSError(secret)
thread = threading.Thread(target=falls); thread.start(); thread.join()
raise RuntimeError(secret)
"""


def printed(tmp_path: Path, form: str) -> list[str]:
    """The lines on stderr of a program that tries every way there."""
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, str(tmp_path / "program.py"), form, SECRET], cwd=ROOT, capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT)})
    assert not done.stdout and done.returncode == 1
    return done.stderr.splitlines()


def test_each_line_is_an_object_and_none_holds_what_was_handed_to_it(tmp_path):
    lines = [json.loads(line) for line in printed(tmp_path, "json")]
    assert SECRET not in str(lines) and len(lines) == 12
    assert {"time", "level", "event", "node"} <= set.intersection(*map(set, lines))
    assert set().union(*lines) <= {"time", "level", "event", "node", "logger", *logs.FIELDS}
    first = {name: lines[0][name] for name in set(lines[0]) - {"time", "node"}}
    assert first == {"level": "warning", "event": "the worker waits", "error": "Unavailable"}
    assert [line["event"] for line in lines[1:4]] == ["the worker waits: %s", logs.UNTOLD, "told"]
    assert [line["event"] for line in lines[4:8]] == ["an answer to %s", logs.UNTOLD, logs.UNTOLD, "it fell: %r"]
    assert [line.get("error") for line in lines[7:]] == ["KeyError", "UserWarning", "ValueError", "OSError", "RuntimeError"]
    assert all(line["place"].startswith("program.py:") for line in lines[7:])


def test_for_people_it_is_the_same_in_words(tmp_path):
    lines = printed(tmp_path, "text")
    assert SECRET not in "".join(lines) and len(lines) == 12
    assert lines[0][9:] == "warning  the worker waits  error=Unavailable"


@pytest.mark.parametrize("field", [name for name in logs.FIELDS if name != "sentence"])
def test_no_field_takes_words(field):
    record = logging.makeLogRecord({"name": "securemsg", "msg": "x", field: SECRET})
    assert field not in logs.told(record)


def test_a_log_that_cannot_be_written_fails_nobody(monkeypatch):
    monkeypatch.setattr("os.write", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    logs.Stderr().handle(logging.makeLogRecord({"name": "securemsg", "msg": "x"}))


def test_every_line_of_the_program_is_a_sentence_with_fields_from_the_list():
    calls = [call for path in sorted((ROOT / "securemsg").rglob("*.py")) for call in _logged(path)]
    assert len(calls) > 5
    for where, call in (pair for pair in calls if pair[1].func.attr not in ("isEnabledFor",)):
        assert len(call.args) == 1 and isinstance(call.args[0], ast.Constant), f"{where}: one sentence"
        assert {keyword.arg for keyword in call.keywords} <= {"extra"}, where


def _logged(path: Path):
    """Each call of a method of `_log`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "_log":
            yield f"{path}:{node.lineno}", node


SERVING = """
import ctypes, resource, runpy, sys
import gevent
runpy.run_path("securemsg/serving.py")
def falls():
    raise ValueError(sys.argv[1])
gevent.spawn(falls).join()
gevent.get_hub().threadpool.spawn(falls).wait()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_what_falls_beside_the_requests_is_told_by_type_and_place_and_leaves_no_core(tmp_path):
    """A greenlet of its own, whose traceback gevent would print with all its words."""
    (tmp_path / "program.py").write_text(SERVING)
    done = subprocess.run([sys.executable, str(tmp_path / "program.py"), SECRET], cwd=ROOT, capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT), "SECUREMSG_DATA": str(tmp_path / "data")})
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines and {(line["event"], line["error"]) for line in lines} == {("an exception that nobody caught", "ValueError")}
    assert all(line["place"].startswith("program.py:6") for line in lines) and SECRET not in done.stderr
    assert done.stdout == "(0, 0) 0\n", "no core dump, and no other process of this user looks in"
