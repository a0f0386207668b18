"""What a visitor chose, as they read it: the message says what stood on the option, not the value that programs take."""

from collections.abc import Mapping
from typing import Any

from securemsg.desk import thread
from securemsg.desk.desk import Desk
from securemsg.store import Row


def label(desk: Desk, conversation: Row, kind: str, data: Mapping[str, Any]) -> str | None:
    """The label of the option with that `answer`, in the newest question of that kind; None where none was asked so."""
    answer = data.get("answer")
    if not isinstance(answer, str):
        return None
    found = thread.page(desk, conversation, max(0, conversation.last_seq - thread.PAGE))
    asked = (part for message in reversed(found) for part in _choices(message, kind))
    options = next(asked, {"options": ()})["options"]
    return next((each["label"] for each in options if each["value"] == answer), None)


def _choices(message: thread.Message, kind: str) -> list[dict[str, Any]]:
    """The questions of that kind in what a plugin said."""
    said = (message.data or {}).get("parts", ()) if message.author_kind == "plugin" and message.kind == "parts" else ()
    return [part for part in said if (part["type"], part.get("kind")) == ("choice", kind)]
