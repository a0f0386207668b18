"""Messages of a plugin's kind: whatever their data are, they have a text for whoever does not know the kind."""

import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from securemsg import logs
from securemsg.answers import Kind
from securemsg.desk import asking
from securemsg.desk.desk import Desk
from securemsg.registry import guard
from securemsg.registry.asking import BUDGET_SECONDS, Fault
from securemsg.words import in_language

TEXT = "text"  # the kind that needs no plugin


def with_text(desk: Desk, clinic_id: str, kind: str, data: dict[str, Any], language: str, now: int) -> dict[str, Any]:
    """The data as it is stored: with the kind's summary, in the visitor's language, as its `text`. A summary that fails is
    written down, and what was sent stands instead, a line for each field: no message is lost by it."""
    if kind == TEXT:
        return data
    plugin, known = desk.registry.kinds[kind]
    try:
        return {**data, "text": guard.within(BUDGET_SECONDS, _summary, known, data, language)}
    except guard.FAILURES as error:  # whatever it is, it is the plugin's
        failed(desk, plugin, "kinds", error)
        asking.write_down(desk, clinic_id, now)
        return {**data, "text": _lines(data) or str(known.label)}


def is_quiet(desk: Desk, kind: str) -> bool:
    """Whether a message of that kind asks for no answer."""
    return kind != TEXT and desk.registry.kinds[kind][1].quiet


def failed(desk: Desk, plugin: str, hook: str, error: BaseException) -> None:
    """Note that a plugin failed, to be written down: what was raised, and where."""
    desk.registry.faults.append(Fault(plugin, hook, logs.fault(error), time.time()))


def _summary(kind: Kind, data: Mapping[str, Any], language: str) -> str:
    said = kind.summary(deepcopy(dict(data)))
    if not isinstance(said, str) or not said.strip() or "\0" in said:
        raise TypeError("a summary is a text")
    text = in_language(said, language)
    text.encode()  # no half characters: they could not be stored
    return str(text)


def _lines(data: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in data.items())
