"""Look through a record that somebody wants to put back, before anything of it is trusted.

What does not fit is told in a sentence that names the field, as `messages[2].author.kind`; then nothing is imported.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError

from securemsg.desk.exporting.record import files
from securemsg.desk.exporting.shape import TAG_LIST, Claimed, Everything, Record, Said, Strict, at
from securemsg.desk.plugin.kept import MOST_TAGS, TAGS
from securemsg.desk.thread import REMOVED
from securemsg.times import HOUR

DEEPEST = 32  # levels of objects and lists; a message's parts need nine
_AHEAD = HOUR  # the clock of the computer that wrote it may be wrong
_BEYOND = 2**63  # no column holds a number from there on
_UNFIT = frozenset({"\0", *map(chr, range(0xD800, 0xE000))})  # half characters are no Unicode
_SHAPES: dict[str, type[Schema]] = {"system.claimed": Claimed, "system.closed": Strict, "system.reopened": Strict}


def faults(record: Any, now: int) -> Iterator[str]:
    """A sentence for each thing that does not fit, beginning with the field's path. Each look trusts those before it."""
    for look in (_odd, _of_shape, _of_data, _of_tags, partial(_contradictions, now=now)):
        found = list(look(record))
        yield from found
        if found:
            return


def faults_around(found: dict[str, Any]) -> Iterator[str]:
    """The same of a person's export, but for the conversations in it."""
    return _sentences(Everything().validate(found))


def _of_shape(record: Any) -> Iterator[str]:
    return _sentences(Record().validate(record)) if isinstance(record, dict) else iter(["It is no JSON object."])


def _odd(record: Any) -> Iterator[str]:
    """What JSON does not have, or has too deep."""
    waiting: list[tuple[str, Any, int]] = [("", record, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > DEEPEST:
            yield f"{_told(path)}: It is nested in more than {DEEPEST} levels."
        elif isinstance(value, dict):
            waiting += [(f"{path}.{name}", each, depth + 1) for name, each in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{number}]", each, depth + 1) for number, each in enumerate(value)]
        elif isinstance(value, int | float) and not abs(value) < _BEYOND:  # NaN is less than nothing
            yield f"{_told(path)}: It is no number that can be stored."
        elif isinstance(value, str) and not _UNFIT.isdisjoint(value):
            yield f"{_told(path)}: It holds a character that cannot be stored."


def _of_data(record: dict[str, Any]) -> Iterator[str]:
    """What is said, by its kind. Of what was removed nothing is left; what could not be verified is refused as a whole."""
    for number, each in enumerate(record["messages"]):
        path, is_removed = f"messages[{number}]", each["state"] == "removed"
        if (each["kind"] == REMOVED) != is_removed:
            yield f"{path}.state: It does not go with this kind of message."
        elif each["state"] != "unverified":
            shape = Strict if is_removed else _SHAPES.get(each["kind"], Said)
            yield from _sentences(shape().validate(each["data"] or {}), f"{path}.data")


def _of_tags(record: dict[str, Any]) -> Iterator[str]:
    for plugin, values in record["kept"].items():
        try:
            TAG_LIST.deserialize(values.get(TAGS, []))
        except ValidationError:
            yield f"{_told(f'kept.{plugin}.{TAGS}')}: It must be a list of up to {MOST_TAGS} short texts."


def _contradictions(record: dict[str, Any], now: int) -> Iterator[str]:
    """What no conversation can hold, though each field by itself could."""
    messages, ids = record["messages"], Counter(each["id"] for each in (*record["messages"], *record["notes"]))
    for number, each in enumerate(messages, 1):
        if each["seq"] != number:
            yield f"messages[{number - 1}].seq: It must be {number}: they are counted from 1 on."
    if not messages:
        yield "messages: There is none."
    yield from (f"{id}: Two messages or notes have this id." for id, number in ids.items() if number > 1)
    yield from (f"openings[{number}].upto_seq: There is no such message." for number, each in enumerate(record["openings"])
                if not 1 <= each["upto_seq"] <= len(messages))
    yield from (f"{path}: It is in the future." for path, text in _moments(record) if (at(text) or 0) > now + _AHEAD)
    if record["files"] != list(files(messages)):
        yield "files: It does not list the files that stand in the messages."


def _moments(record: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Each moment that has passed, with its path; an answer may be promised for later."""
    yield "exported_at", record["exported_at"]
    yield from ((f"conversation.{name}", record["conversation"][name]) for name in (
        "opened_at", "last_at", "closed_at", "waiting_since"))
    yield "visitor.consent.given_at", (record["visitor"]["consent"] or {}).get("given_at")
    yield from ((f"{name}[{number}].at", each["at"]) for name in ("messages", "notes", "openings")
                for number, each in enumerate(record[name]))


def _sentences(found: Any, path: str = "") -> Iterator[str]:
    """Of marshmallow's tree of errors, each with the path that leads there."""
    if isinstance(found, dict):
        for name, each in found.items():
            step = f"[{name}]" if isinstance(name, int) else f".{name}"
            yield from _sentences(each, path if name in ("_schema", "key", "value") else path + step)
    else:
        yield from (f"{_told(path)}: {sentence}" for sentence in found)


def _told(path: str) -> str:
    """A path for people: names may be anything that somebody wrote into a file."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in path.removeprefix("."))
    return clean if len(clean) <= 100 else f"{clean[:99]}…"
