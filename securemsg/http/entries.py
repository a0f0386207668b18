"""A transcript as staff see it: messages of every kind in their order, what was chosen marked, and notes in between."""

from typing import Any

from securemsg.desk.listening import PLUGIN
from securemsg.desk.reading import Note, Shown
from securemsg.desk.thread import Message
from securemsg.http import drawing, languages, pages
from securemsg.http.here import desk
from securemsg.words import say

_CLINIC = ("staff", "plugin")  # who speaks for it
_NOTICE = {"sent": say("Was shown the safety notice, and sent this all the same."),
           "called": say("Was shown the safety notice, and opened the number to call before sending this.")}


def entries(shown: Shown, names: dict, me: str) -> list[dict]:
    """Messages stand in the order of their numbers, whatever a clock said; notes where their time falls between them."""
    lines = [_line(message, entry, shown)
             for message, entry in zip(shown.messages, pages.entries(shown.messages, names, me), strict=True)]
    mark_chosen(shown.messages, lines)
    last = shown.conversation.created_at
    placed: list[tuple[Any, dict]] = [(note.at, _note(note, names, me)) for note in shown.notes]
    for line in lines:  # one not verified has no time
        line["at"] = line["at"] or last
        last = max(last, line["at"])
        placed.append((last, line))
    return [line for _, line in sorted(placed, key=lambda each: each[0])]


def mark_chosen(messages: list[Message], lines: list[dict]) -> None:
    """The option that the visitor chose, in the newest question of that kind before the answer."""
    asked: dict[str, dict] = {}
    for message, line in zip(messages, lines, strict=True):
        asked |= {part["kind"]: part for part in line["parts"] or () if part["type"] == "choice"}
        if message.author_kind == "visitor" and message.kind in asked:
            answer = (message.data or {}).get("answer")
            for option in asked.pop(message.kind)["options"]:
                option["chosen"] = option["value"] == answer


def title(plugin: str) -> str:
    """What people call a plugin: `out_of_office` is `Out of office`."""
    return plugin.replace("_", " ").replace("-", " ").capitalize()


def _line(message: Message, line: dict, shown: Shown) -> dict:
    if line["author_kind"] in _CLINIC and line["seq"] <= shown.seen_by_visitor:
        line["seen_at"] = shown.seen_at
    data, kind = message.data or {}, desk().registry.kinds.get(message.kind)
    said = data if message.kind == "parts" else {}  # a visitor's data have names as the plugin's schema gives them
    return line | {"parts": drawing.drawn(said), "plugin": title(said["plugin"]) if said.get("plugin") else None,
                   "label": languages.told(kind[1].label) if kind else None,
                   "notice": languages.told(_NOTICE.get(str(data.get("safety_notice")), ""))}


def _note(note: Note, names: dict, me: str) -> dict:
    author, plugin = names.get(note.author_id), note.author_id.removeprefix(PLUGIN)
    return {"id": note.id, "seq": 0, "type": "note", "author_kind": "staff" if plugin == note.author_id else "plugin",
            "author": author and author.name, "role": author and author.title, "mine": note.author_id == me, "at": note.at,
            "text": note.text, "verified": note.text is not None, "seen_at": None, "kind": "note", "parts": None, "notice": "",
            "plugin": None if plugin == note.author_id else title(plugin), "label": None}
