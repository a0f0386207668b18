"""A record as one HTML page that needs nothing else: no script, no address, one style that its own policy names by its hash.

Texts take their direction from their own letters, names and numbers stand apart from it, so that right-to-left writing is right.
"""

import hashlib
from base64 import b64encode
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

_HAPPENED = {"system.claimed": "Taken by {who}", "system.closed": "Closed by {who}", "system.reopened": "Opened again by {who}"}
_TOLD = {"removed": "What this message said was removed.", "unverified": "This message could not be verified."}


def html(record: dict[str, Any]) -> str:
    """The transcript of a record, as export.record gives it."""
    style, template = _parts()
    sha256 = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(record=record, entries=_entries(record), moment=_moment(record), zone=record["clinic"]["timezone"],
                           css=Markup(style), policy=f"default-src 'none'; style-src 'sha256-{sha256}'")


@cache
def _parts() -> tuple[str, Template]:
    """The style, and the page that it stands in."""
    environment = Environment(loader=PackageLoader("securemsg"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)
    style = (files("securemsg") / "templates" / "transcript.css").read_text("utf-8")
    return style, environment.get_template("transcript.html")


def _moment(record: dict[str, Any]):
    zone = ZoneInfo(record["clinic"]["timezone"])

    def told(at: str | None) -> str:
        """`2026-03-02 13:00:05 +01:00`: in the clinic's zone, and which that is just then, so that nobody has to guess."""
        if at is None:
            return ""
        here = datetime.fromisoformat(at).astimezone(zone)
        return f"{here:%Y-%m-%d %H:%M:%S} {here.isoformat()[-6:]}"

    return told


def _entries(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Messages and notes in order of time, each with who it is from, what it says, and who opened it first."""
    lines = [_line(record, message) for message in record["messages"]]
    notes = [{"kind": "note", "seq": "", "at": note["at"], "by": _name(record, note["author"]) or note["author"], "read": None,
              "text": note["text"] if note["text"] is not None else "This note could not be verified.", "id": note["id"]}
             for note in record["notes"]]
    return sorted(lines + notes, key=lambda line: line["at"] or "")


def _line(record: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    data, kind, who = message["data"] or {}, message["author"]["kind"], _name(record, message["author"]["id"])
    unnamed = {"visitor": record["visitor"]["name"] or "Visitor", "plugin": "Automatic message"}
    by = unnamed.get(kind, who or record["clinic"]["name"])
    text = _TOLD.get(message["state"]) or data.get("text")
    if text is None and message["kind"] in _HAPPENED:
        text = _HAPPENED[message["kind"]].format(who="the visitor" if data.get("by") == "visitor" else data.get("name") or by)
    return {"kind": "happened" if message["kind"] in _HAPPENED else kind, "seq": message["seq"], "at": message["at"], "by": by,
            "text": text or message["kind"], "id": message["id"], "read": _read(record, message)}


def _read(record: dict[str, Any], message: dict[str, Any]) -> str | None:
    """When the other side opened it first."""
    other = {"visitor": "staff", "staff": "visitor", "plugin": "visitor"}.get(message["author"]["kind"])
    return min((each["at"] for each in record["openings"] if each["by"] == other and each["upto_seq"] >= message["seq"]),
               default=None)


def _name(record: dict[str, Any], id: str | None) -> str | None:
    person = record["people"].get(id)
    return person and ", ".join(filter(None, (person["name"], person["title"])))
