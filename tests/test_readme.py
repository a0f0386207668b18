"""The README tells the truth: its tables are the code's, its commands exist, its files are there."""

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

from securemsg.app import create_app
from tests.readme import README, filled

ROOT = README.parent
PROGRAMS = Path(sys.executable).parent


def test_the_tables_are_those_of_the_code():
    text = README.read_text("utf-8")
    assert filled(text) == text, "run `python -m tests.readme`"


def test_each_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README.read_text("utf-8")))
    assert named >= {"run", "test"}
    assert named <= targets


def test_each_file_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_each_path_it_lists_is_served(desk):
    routes = {re.sub(r"<[^>]+>", "<>", rule.rule) for rule in create_app(desk.settings, desk).url_map.iter_rules()}
    calls = README.read_text("utf-8").partition("### For visitors' clients")[2]
    named = {re.sub(r"<[^>]+>", "<>", path) for path in re.findall(r"`[A-Z, ]+ (/[^`]*)`", calls)}
    assert len(named) > 8
    assert named <= routes


def test_its_program_verifies_a_receipt_and_nothing_else(clinic, visitor, tmp_path):
    """Run as a reader would: only the receipt, the published keys and the text."""
    visitor.says("Is the flu jab free?")
    receipt = visitor.receipts[0]
    keys = create_app(clinic.desk.settings, clinic.desk).test_client().get("/receipt-keys.json").json
    assert said(tmp_path, receipt, keys, "Is the flu jab free?") == f"Message 1 was received at {receipt['received_at']}.\n"
    assert not said(tmp_path, receipt, keys, "Is the flu jab dear?")
    assert not said(tmp_path, receipt | {"seq": 2}, keys, "Is the flu jab free?")
    assert not said(tmp_path, receipt | {"received_at": "2026-01-01T00:00:00.000000Z"}, keys, "Is the flu jab free?")


def said(folder, receipt: dict, keys: dict, text: str) -> str:
    """What the README's program prints; nothing when it ends with an error."""
    program = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.S)[1]
    for name, content in (("a.receipt", json.dumps(receipt)), ("a.keys", json.dumps(keys)), ("a.text", text)):
        (folder / name).write_text(content)
    words = [sys.executable, "-c", program, *(str(folder / name) for name in ("a.receipt", "a.keys", "a.text"))]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def test_its_walk_through_the_api_is_one(make_service):
    """Each line run as it stands, by a shell with curl, against a service of its own."""
    service = make_service().start("demo")
    make_token, walk = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8").partition("## The API")[2], flags=re.S)[:2]
    env = service.environ | {"CLINIC": "harbour-lane", "URL": service.url, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    token = said_by_shell(make_token, env, service.folder)[0]
    conversation = opened(service.url)
    lines = said_by_shell(walk, env | {"TOKEN": token, "ID": conversation}, service.folder)
    listed, read, replied, tag, closed, happened = (line for line in lines if line.strip())
    assert [item["id"] for item in json.loads(listed)["items"]] == [conversation]
    assert [item["data"]["text"] for item in json.loads(read)["items"]] == ["Is the flu jab free?"]
    assert json.loads(replied)["seq"] == 2
    assert '"2-named"' in tag
    assert json.loads(closed)["state"] == "closed"
    assert json.loads(happened)["items"][0]["number"] == 1


def opened(url: str) -> str:
    """The id of a conversation that a visitor has begun."""
    consent = asked(f"{url}/clinics/harbour-lane.json")["consent"]["sha256"]
    body = {"category": "other", "about": "me", "consent": consent, "kind": "text", "data": {"text": "Is the flu jab free?"}}
    return asked(f"{url}/v1/clinics/harbour-lane/conversations", body)["conversation"]["id"]


def asked(url: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_urlsafe(16)}
    with urlopen(Request(url, data, headers), timeout=10) as answer:
        return json.load(answer)


def said_by_shell(lines: str, env: dict[str, str], folder: Path) -> list[str]:
    """What a shell prints that stops at the first line that fails."""
    options = {"capture_output": True, "text": True, "timeout": 60}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], env=env, cwd=folder, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
