"""Every act that is written to the audit log has its kind, and as FHIR it is what another system's validator accepts."""

import ast
import json
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

import securemsg
from securemsg.desk.audit import fhir
from securemsg.desk.audit.actions import ACTIONS, kind
from securemsg.http import oversight_words, trail
from securemsg.times import rfc3339
from tests.clinic import NOON
from tests.service import ROOT

CODE = Path(securemsg.__file__).parent
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
WRITERS = {"entry", "read_entry", "_entry", "_written", "Act", "_message", "_read"}
PERSON, CONVERSATION = "0192f0a0-0000-7000-8000-000000000001", "0192f0a0-0000-7000-8000-000000000002"
VALIDATE = """
const { Fhir } = require('fhir'); const fhir = new Fhir();
const found = JSON.parse(require('fs').readFileSync(0)).map(each => fhir.validate(each, { errorOnUnexpected: true }));
process.stdout.write(JSON.stringify(found));
"""


def written() -> Iterator[str]:
    """The acts that the code hands to whoever writes the log."""
    for path in (each for folder in ("desk", "http", "cli") for each in (CODE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in WRITERS:
                named = (each for arg in node.args for each in ((arg.body, arg.orelse) if isinstance(arg, ast.IfExp) else (arg,)))
                yield from (each.value for each in named if isinstance(each, ast.Constant) and isinstance(each.value, str)
                            and ACTION.fullmatch(each.value))


def event(action: str = "conversation.read", **facts) -> dict:
    told = {"id": "0192f0a0-0000-7000-8000-00000000000e", "number": 1, "at": NOON, "action": action, "outcome": "ok",
            "actor": {"kind": "staff", "id": PERSON, "name": "Ana Ruiz"}, "node": "desk-1", "request_id": "r-1",
            "object": {"kind": "conversation", "id": CONVERSATION}, "address": "192.0.2.0/24", "detail": None,
            "objects": [{"kind": "messages", "id": "1-2"}], "verified": True}
    return told | facts


def made(action: str = "conversation.read", **facts) -> dict:
    return fhir.audit_event(event(action, **facts), "https://clinic.example")


def faults(*resources: dict) -> list[str]:
    """What npm's `fhir` says against each."""
    node = shutil.which("node") or str(ROOT / ".venv" / "node" / "bin" / "node")
    done = subprocess.run([node, "-e", VALIDATE], input=json.dumps(resources), capture_output=True, text=True,
                          cwd=ROOT / "widget", timeout=60)
    assert done.returncode == 0, done.stderr
    return [f"{each.get('id')}: {message['location']}: {message['message']}"
            for each, result in zip(resources, json.loads(done.stdout), strict=True) for message in result["messages"]
            if message["severity"] in ("error", "fatal")]


def test_every_act_that_the_code_writes_has_its_kind():
    found = set(written())
    assert len(found) > 60 and found - ACTIONS.keys() == set()


def test_every_act_stands_in_the_log_in_plain_words():
    assert ACTIONS.keys() - oversight_words._SAID.keys() - trail._ACTS.keys() == set()


def test_the_validator_of_another_hand_accepts_every_act():
    every = [made(action, id=f"a{number}", **facts) for number, (action, facts) in enumerate(
        (action, facts) for action in (*ACTIONS, "from.a_newer_version") for facts in (
            {}, {"outcome": "refused", "actor": {"kind": "visitor", "id": None, "name": None}, "address": None},
            {"outcome": "failed", "actor": {"kind": "service", "id": None, "name": None}, "verified": False, "objects": [],
             "object": {"kind": "clinic", "id": None}},
            {"actor": {"kind": "system", "id": PERSON, "name": "EHR"}, "detail": {"query": "chest pain", "purpose": "BTG"}}))]
    bundle = fhir.bundle([event(), event("message.sent")], "https://clinic.example", "https://x.example", "https://x.example/2")
    assert faults(*every, bundle) == []


def test_the_validator_would_find_what_is_wrong():
    assert len(faults(made() | {"action": "X"}, made() | {"surprise": 1}, {**made(), "agent": []})) >= 3


@pytest.mark.parametrize(("action", "crud", "client"), [
    ("conversation.read", "R", "110152"), ("message.sent", "C", "110153"), ("conversation.closed", "U", "110153"),
    ("conversation.erased", "D", "110153"), ("conversations.searched", "E", "110153")])
def test_roles_swap_between_reads_and_the_rest(action, crud, client):
    found = made(action)
    codes = [each["type"]["coding"][0]["code"] for each in found["agent"]]
    assert (found["action"], codes[0], codes[1]) == (crud, client, {"110152": "110153", "110153": "110152"}[client])
    assert found["agent"][2]["who"]["identifier"] == {"system": "urn:securemsg:person", "value": PERSON}
    assert [each["requestor"] for each in found["agent"]] == [False, False, True]
    assert found["recorded"] == rfc3339(NOON) and found["source"]["site"] == "desk-1"


def test_whose_data_it_was_and_what_for():
    found = made("glass.broken", detail={"purpose": "ETREAT", "reason": "She collapsed."})
    assert found["purposeOfEvent"][0]["coding"][0]["code"] == "ETREAT" and "collapsed" not in json.dumps(found)
    assert found["entity"][0]["what"]["identifier"] == {"system": "urn:securemsg:visitor", "value": CONVERSATION}
    assert made(object={"kind": "clinic", "id": PERSON}, objects=[])["purposeOfEvent"][0]["coding"][0]["code"] == "HOPERAT"


def test_what_was_searched_for_stands_there_only_where_it_was_told():
    entities = made("conversations.searched", detail={"query": "chest pain"})["entity"]
    [query] = [each["query"] for each in entities if "query" in each]
    assert b64decode(query) == b"chest pain"
    assert all("query" not in each for each in made("conversations.searched", detail={"found": 3})["entity"])


def test_what_did_not_go_well_says_so():
    assert [made(outcome=outcome)["outcome"] for outcome in ("ok", "refused", "failed")] == ["0", "4", "8"]
    assert "altered" in made(verified=False)["outcomeDesc"] and kind("x.y").crud == "E"
