"""What the service says of itself: one object a line on stderr, of fields from a list, each of a form that holds nobody's words.

A line's `event` is a sentence that stands in the program. Whatever else a message may hold is dropped: its arguments, the text
of an exception, fields that are not listed. So a library that logs what it was handed tells nothing of it either.
"""

import ast
import json
import linecache
import logging
import os
import re
import socket
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TextIO

ROOT = "securemsg"
UNTOLD = "a message that may hold more than may be told"
_ERROR = r"[A-Za-z_][\w.]{0,99}( at [\w.]{1,60}:\d{1,6})?"  # a type's name, and where
FIELDS = {
    # extra field: what its text must match; numbers are told as they are
    "request_id": r"[0-9a-f-]{36}",
    "method": r"[A-Z]{3,7}",
    "route": r"/[A-Za-z0-9_.<>:/-]*|none",  # the rule, never the path
    "status": r"\d{3}",
    "duration_ms": r"\d+",
    "error": rf"{_ERROR}(; {_ERROR})*",
    "place": r"[\w.]{1,60}:\d{1,6}( < [\w.]{1,60}:\d{1,6}){0,5}",
    "clinic_id": r"[0-9a-f-]{36}",
    "anchor": r"\d{1,3} \([a-z]{1,10}\)",  # its place in the list and its kind
    "count": r"\d+",
    "plugin": r"[a-z][a-z0-9_]{0,40}",
    "hook": r"[a-z_]{1,40}",
    "sentence": r"[^\0\n\r]{1,600}",  # of Misconfigured only: what whoever runs the service must do
}
_FORMS = {name: re.compile(form) for name, form in FIELDS.items()}
_PLACES = 6
_NODE = socket.gethostname()


class Json(logging.Formatter):
    """For programs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(told(record))


class Text(logging.Formatter):
    """For people: the same, as a line."""

    def format(self, record: logging.LogRecord) -> str:
        said = told(record)
        rest = "  ".join(f"{name}={value}" for name, value in said.items() if name not in ("time", "level", "event", "node"))
        return f"{str(said['time'])[11:19]} {said['level']:<8} {said['event']}  {rest}".rstrip()


class Stderr(logging.Handler):
    """Each line is one write: nothing is left to flush, and no lock to wait for, which gevent's hub could not."""

    def createLock(self) -> None:
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):  # a line that cannot be written is lost, and nobody's answer with it
            os.write(2, f"{self.format(record)}\n".encode())


def begin(form: str, level: str) -> None:
    """Let nothing of this process reach stderr in another way. `form` is json or text, `level` one of logging's names."""
    handler = Stderr()
    handler.setFormatter(Text() if form == "text" else Json())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(ROOT).setLevel(level.upper())
    warnings.showwarning = _warned
    sys.excepthook = uncaught
    sys.unraisablehook = lambda fault: uncaught(fault.exc_type, fault.exc_value, fault.exc_traceback)
    threading.excepthook = lambda fault: uncaught(fault.exc_type, fault.exc_value, fault.exc_traceback)


def uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """An exception that nobody caught: its type and place."""
    logging.getLogger(ROOT).error("an exception that nobody caught", extra={"error": kind.__name__, "place": place(trace)})


def place(trace: TracebackType | None, most: int = _PLACES) -> str:
    """Where an exception came from, innermost first: `visitor.py:41 < app.py:1511`."""
    frames = traceback.extract_tb(trace)[-most:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


def fault(error: BaseException) -> str:
    """`ValueError at hours.py:31`: its type and the place, never its words, which may be somebody's."""
    return f"{type(error).__name__} at {place(error.__traceback__, most=1)}"


def told(record: logging.LogRecord) -> dict[str, object]:
    """What may be said of a record."""
    said: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(), "event": _event(record), "node": _NODE}
    if record.name != ROOT:
        said |= {"logger": record.name, "place": f"{record.filename}:{record.lineno}"}
    if record.exc_info and record.exc_info[0]:
        said |= {"error": record.exc_info[0].__name__, "place": place(record.exc_info[2])}
    return said | {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None and _fits(name, value)}


def _event(record: logging.LogRecord) -> str:
    """The message before anything was put into it, if it stands in the program word for word; else nothing of it."""
    written = isinstance(record.msg, str) and record.msg in _constants(record.pathname)
    return record.msg if written else UNTOLD


@lru_cache(maxsize=64)
def _constants(path: str) -> frozenset[str]:
    """Every text that stands in a source file; none where there is no source."""
    with suppress(SyntaxError, ValueError):
        nodes = ast.walk(ast.parse("".join(linecache.getlines(path))))
        return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return frozenset()


def _warned(message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None,
            line: str | None = None) -> None:
    extra = {"error": category.__name__, "place": f"{Path(filename).name}:{lineno}"}
    logging.getLogger(ROOT).warning("a library warns", extra=extra)


def _fits(name: str, value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and bool(_FORMS[name].fullmatch(value)))
