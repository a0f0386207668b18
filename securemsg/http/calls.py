"""A call of the API as somebody types it into a terminal."""

import json
import shlex
from typing import Any
from urllib.parse import urlencode

_BEARERS = {"token": "sm_live_harbour-lane_…", "visitorToken": "smv_harbour-lane_…"}


def call(document: dict[str, Any], method: str, path: str, told: dict[str, Any]) -> str:
    """The call for a terminal: `curl`, with what must be there."""
    needed = [each for each in told["parameters"] if each.get("required")]
    for each in needed:
        path = path.replace(f"{{{each['name']}}}", str(each.get("example", ""))) if each["in"] == "path" else path
    query = urlencode({each["name"]: each["schema"]["examples"][0] for each in needed if each["in"] == "query"})
    url = shlex.quote(document["servers"][0]["url"] + path + ("?" + query) * bool(query))
    words = [url] if method == "get" else [f"-X {method.upper()}", url]
    heads = [f"Authorization: Bearer {_BEARERS[name]}" for each in told["security"][:1] for name in each if name in _BEARERS]
    heads += [f"{each['name']}: {each['example']}" for each in needed if each["in"] == "header"]
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        heads.append("Content-Type: application/json")
    lines = [" ".join(("curl", *words)), *(f"-H {shlex.quote(head)}" for head in heads)]
    lines += [f"-d {shlex.quote(pretty(content['example']))}"] if content else []
    return " \\\n  ".join(lines)


def pretty(value: Any) -> str:
    """JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)
