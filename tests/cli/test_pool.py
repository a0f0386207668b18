"""`securemsg pool add | list | members | route`, and `securemsg staff roles`."""

import json

import pytest

from tests.cli.conftest import is_a_sentence

HARBOUR, ANA = "harbour-lane", "ana@harbour-lane.example"


def test_a_pool_with_its_people_and_topics(securemsg):
    assert "billing is there" in securemsg("pool", "add", HARBOUR, "billing", "--label", "Bills").out
    assert "Ana Ruiz is in billing." in securemsg("pool", "members", HARBOUR, ANA, "--in", "billing").out
    assert "other goes to billing." in securemsg("pool", "route", HARBOUR, "other", "--to", "billing").out
    [row] = json.loads(securemsg("pool", "list", HARBOUR, "--json").out)
    assert row == {"id": row["id"], "name": "billing", "label": "Bills", "members": ["Ana Ruiz"], "topics": ["other"]}
    assert "Ana Ruiz is in no pool." in securemsg("pool", "members", HARBOUR, ANA).out
    assert "no pool" in securemsg("pool", "route", HARBOUR, "other").out
    [row] = json.loads(securemsg("pool", "list", HARBOUR, "--json").out)
    assert (row["members"], row["topics"]) == ([], [])
    assert "Bills" in securemsg("pool", "list", HARBOUR).out


@pytest.mark.parametrize(("words", "sentence"), [
    (("pool", "add", HARBOUR, "Bad Name"), "small letters"), (("pool", "members", HARBOUR, ANA, "--in", "x"), "no pool 'x'"),
    (("pool", "route", HARBOUR, "x", "--to", "y"), "no topic 'x'"), (("pool", "list", "sea-view"), "no clinic 'sea-view'"),
    (("staff", "roles", HARBOUR, "maren@harbour-lane.example", "--role", "doctor"), "only owner"),
    (("staff", "roles", HARBOUR, "nobody@x.example", "--role", "doctor"), "Nobody at")])
def test_what_cannot_be_is_a_sentence(securemsg, words, sentence):
    assert is_a_sentence(securemsg(*words), sentence)


def test_roles_are_given_anew(securemsg):
    said = securemsg("staff", "roles", HARBOUR, ANA, "--role", "nurse", "--role", "compliance")
    assert "Ana Ruiz: compliance, nurse" in said.out and "sign in again" in said.out
    rows = {row["email"]: row for row in json.loads(securemsg("staff", "list", HARBOUR, "--json").out)}
    assert rows[ANA]["roles"] == ["compliance", "nurse"]
