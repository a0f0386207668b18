"""`securemsg pool add | list | members | route`, and `securemsg staff roles`."""

import json

import pytest

from securemsg.cli.at_hand import show
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
    (("pool", "add", HARBOUR, "front", "--label", "\x1b]0;owned\x07Front\nharbour fake"), "can be read"),
    (("pool", "add", HARBOUR, "front", "--label", "\u200b"), "can be read"),
    (("staff", "add", HARBOUR, "--name", "Ida\x1b[1A", "--email", "ida@x.example", "--role", "nurse"), "can be seen"),
    (("pool", "add", HARBOUR, "Bad Name"), "small letters"), (("pool", "members", HARBOUR, ANA, "--in", "x"), "no pool 'x'"),
    (("pool", "route", HARBOUR, "x", "--to", "y"), "no topic 'x'"), (("pool", "list", "sea-view"), "no clinic 'sea-view'"),
    (("staff", "roles", HARBOUR, "maren@harbour-lane.example", "--role", "doctor"), "only owner"),
    (("staff", "roles", HARBOUR, "nobody@x.example", "--role", "doctor"), "Nobody at")])
def test_what_cannot_be_is_a_sentence(securemsg, words, sentence):
    assert is_a_sentence(securemsg(*words), sentence)


def test_two_pools_never_have_a_name_that_looks_the_same(securemsg):
    assert securemsg("pool", "add", HARBOUR, "front", "--label", "Front desk").status == 0
    assert is_a_sentence(securemsg("pool", "add", HARBOUR, "other", "--label", "Front\u200b desk"), "of this name already")
    assert len(json.loads(securemsg("pool", "list", HARBOUR, "--json").out)) == 1


def test_a_listing_moves_no_cursor_and_forges_no_row(capsys):
    label, members = "\x1b]0;owned\x07Front\nharbour fake", ["Ida \u202eV", "\u0645\u06cc\u200c\u0631"]
    show([{"label": label, "members": members}], as_json=False)
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["label", "members"] and row.split("  ")[0] == "\ufffd]0;owned\ufffdFront\ufffdharbour fake"
    assert row.endswith("Ida \ufffdV, \u0645\u06cc\u200c\u0631")


def test_roles_are_given_anew(securemsg):
    said = securemsg("staff", "roles", HARBOUR, ANA, "--role", "nurse", "--role", "compliance")
    assert "Ana Ruiz: compliance, nurse" in said.out and "sign in again" in said.out
    rows = {row["email"]: row for row in json.loads(securemsg("staff", "list", HARBOUR, "--json").out)}
    assert rows[ANA]["roles"] == ["compliance", "nurse"]
