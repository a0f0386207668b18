"""The cases that both sides are held to; `python -m tests.safety.cases` reads the lists anew and writes them into the file.

`{"groups": [{"name", "text" (a list as people write it; null: those that come with the plugin), "lists" (as read: what the widget
gets), "cases": [[card or null, text], …]}]}`. All sentences are made up for these tests.
"""

import json
from dataclasses import asdict
from pathlib import Path

from securemsg.safety import SafetyCard, SafetyList, SafetyWords, safety_list

FILE = Path(__file__).parent.parent / "data" / "safety_cases.json"
COME_ALONG = Path(__file__).parent.parent.parent / "securemsg" / "plugins" / "triage_words"
CARDS = {"crisis": SafetyCard("Call 112.", (), "Send"), "emergency": SafetyCard("Call 112.", (), "Send")}


def groups() -> list[dict]:
    return json.loads(FILE.read_text("utf-8"))["groups"]


def as_read(group: dict) -> tuple[SafetyList, ...]:
    """The lists of a group, read from their text."""
    if group["text"] is not None:
        return (safety_list(group["name"], group["text"]),)
    return come_along()


def come_along() -> tuple[SafetyList, ...]:
    return tuple(safety_list(file.stem, file.read_text("utf-8")) for file in sorted(COME_ALONG.glob("*.txt")))


def words_of(*lists: SafetyList) -> SafetyWords:
    return SafetyWords("Safety notice", lists, CARDS)


def in_the_file(lists: tuple[SafetyList, ...]) -> list[dict]:
    """Lists as JSON has them."""
    return json.loads(json.dumps([asdict(each) for each in lists]))


def written(groups: list[dict]) -> str:
    """The file's text, a case a line."""
    return '{"groups": [\n' + ",\n".join(map(_group, groups)) + "\n]}\n"


def _group(group: dict) -> str:
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in group["cases"])
    rest = {**group, "lists": in_the_file(as_read(group)), "cases": "…"}
    return json.dumps(rest, ensure_ascii=False).replace('"…"', f"[\n{cases}]")


if __name__ == "__main__":
    FILE.write_text(written(groups()), "utf-8")
