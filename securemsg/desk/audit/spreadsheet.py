"""The audit log as CSV (RFC 4180), safe to open in a spreadsheet: no cell begins a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from securemsg.times import rfc3339

COLUMNS = ("number", "at", "actor_kind", "actor", "actor_id", "action", "outcome", "object_kind", "object_id", "address", "node",
           "verified")
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection


def table(events: Iterable[dict[str, Any]]) -> str:
    """Events as desk/system/trail.py tells them, a line each below the names of the columns."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    lines.writerows([cell(value) for value in _line(event)] for event in events)
    return written.getvalue()


def cell(value: object) -> str:
    """The value as text; with an apostrophe before it where a spreadsheet would calculate it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def _line(event: dict[str, Any]) -> tuple[object, ...]:
    actor, about = event["actor"], event["object"]
    return (event["number"], rfc3339(event["at"]), actor["kind"], actor["name"], actor["id"], event["action"], event["outcome"],
            about["kind"], about["id"], event["address"], event["node"], "yes" if event["verified"] else "no")
