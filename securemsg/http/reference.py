"""The API's document as its readers see it: operations by tag, with their fields in a table and a call to copy."""

import re
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from securemsg.http.calls import call, pretty
from securemsg.http.problems import PROBLEM_JSON

_KINDS = {"uuid": "UUID", "date-time": "time"}


class Row(NamedTuple):
    """A field of a table: where it is, its name, what kind of value, whether it must be there, what it means."""

    place: str
    name: str
    kind: str
    required: bool
    text: Markup


def groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The tags that have operations, in the document's order, each with its operations as the page draws them."""
    drawn = [_operation(document, method, path, told) for path, methods in document["paths"].items()
             for method, told in methods.items()]
    by_tag = {tag["name"]: [each for each in drawn if each["tag"] == tag["name"]] for tag in document["tags"]}
    return [{"tag": tag["name"], "text": tag["description"], "operations": by_tag[tag["name"]]}
            for tag in document["tags"] if by_tag[tag["name"]]]


def coded(text: str) -> Markup:
    """Words in which `code` stands between backticks."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _operation(document: dict[str, Any], method: str, path: str, told: dict[str, Any]) -> dict[str, Any]:
    good = [_answer(document, status, answer) for status, answer in told["responses"].items() if status < "300"]
    schemes = [name for each in told["security"] for name in each]
    return {
        "id": told["operationId"], "tag": told["tags"][0], "method": method.upper(), "path": path, "summary": told["summary"],
        "paragraphs": [coded(text) for text in told["description"].split("\n\n") if text], "schemes": schemes,
        "scopes": [scope for each in told["security"] for some in each.values() for scope in some],
        "parameters": [_parameter(each) for each in told["parameters"]], "body": _body(document, told), "answers": good,
        "call": call(document, method, path, told), "problems": _problems(document, told)}


def _parameter(told: dict[str, Any]) -> Row:
    return Row(told["in"], told["name"], _kind(told["schema"]), told.get("required", False), coded(told.get("description", "")))


def _body(document: dict[str, Any], told: dict[str, Any]) -> list[Row]:
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    return _rows(document, content["schema"]) if content else []


def _answer(document: dict[str, Any], status: str, answer: dict[str, Any]) -> dict[str, Any]:
    """One good answer: what it is, an example, its fields; and of a stream its events, as they come over the wire."""
    content = answer.get("content", {})
    plain, streamed = content.get("application/json"), content.get("text/event-stream")
    events = [] if not streamed else [
        {"name": name, "text": coded(one["summary"]), "wire": "".join(f"{key}: {value}\n" for key, value in one["value"].items())}
        for name, one in streamed["examples"].items()]
    return {"status": status, "text": coded(answer["description"]), "example": pretty(plain["example"]) if plain else "",
            "rows": _rows(document, plain["schema"]) if plain else [], "events": events}


def _problems(document: dict[str, Any], told: dict[str, Any]) -> list[dict[str, Any]]:
    """What can go wrong, by status: its type, which is also the name of its page, and its title."""
    contents = [_resolved(document, answer).get("content", {}) for answer in told["responses"].values()]
    return [{"status": example["value"]["status"], "type": name, "title": example["value"]["title"]}
            for content in contents for name, example in content.get(PROBLEM_JSON, {}).get("examples", {}).items()]


def _rows(document: dict[str, Any], schema: dict[str, Any], prefix: str = "") -> list[Row]:
    """The fields of a shape, those within them below, named `outer.inner` and `list[].inner`."""
    schema = _resolved(document, schema)
    rows = []
    for name, told in schema.get("properties", {}).items():
        inner = _resolved(document, told)
        needed = name in schema.get("required", ())
        rows.append(Row("body", prefix + name, _kind(inner), needed, coded(inner.get("description", ""))))
        within = _resolved(document, inner["items"]) if "items" in inner else inner
        rows += _rows(document, within, f"{prefix}{name}{'[]' * ('items' in inner)}.")
    return rows


def _resolved(document: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for; of a shape that may be null, the shape."""
    choices = [each for each in told.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return _resolved(document, choices[0]) | {"nullable": True}
    found: Any = document
    for part in told["$ref"].split("/")[1:] if "$ref" in told else ():
        found = found[part]
    return {**found, **told} if "$ref" in told else told


def _kind(schema: dict[str, Any]) -> str:
    """A value's kind in words: `text`, `UUID or null`, `“open” or “closed”`."""
    if values := [f"“{value}”" for value in schema.get("enum", ()) if isinstance(value, str)]:
        return " or ".join(values)
    types = schema.get("type", "object")
    types = [types] if isinstance(types, str) else [each for each in types if each != "null"]
    named = {"string": "text", "array": "list", "integer": "number", "boolean": "true or false"}
    words = [_KINDS.get(schema.get("format", ""), named.get(each, each)) for each in types]
    return " or ".join([*words, *(["null"] if schema.get("nullable") or "null" in schema.get("type", ()) else [])])

