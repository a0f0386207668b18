"""`securemsg staff add | list | link | disable`."""

import json
import re

import pytest

from securemsg.settings import load
from tests.cli.conftest import is_a_sentence

HARBOUR = "harbour-lane"
NO_SUCH = "no clinic 'sea-view' here. There are: harbour-lane, hill-road."
NINA = ("add", HARBOUR, "--name", "Nina Ost", "--email", "Nina@Harbour-Lane.example", "--title", "Nurse")


def listed(securemsg) -> dict[str, dict]:
    return {row["email"]: row for row in json.loads(securemsg("staff", "list", HARBOUR, "--json").out)}


def link_in(said) -> str:
    return re.search(rf"http://localhost:8000/staff/{HARBOUR}/start#[A-Za-z0-9_-]{{43}}\b", said.out)[0]


def test_a_person_is_added_with_a_link_that_is_shown_once(securemsg):
    said = securemsg("staff", *NINA)
    secret = link_in(said).partition("#")[2]
    assert said.status == 0 and "24 hours" in said.out and said.out.count(secret) == 1
    row = listed(securemsg)["nina@harbour-lane.example"]
    assert (row["name"], row["roles"], row["state"]) == ("Nina Ost", ["staff"], "invited")
    assert secret not in "".join(securemsg("staff", "list", HARBOUR, *more).out for more in ([], ["--json"]))


def test_a_new_link_is_another_one(securemsg):
    first = link_in(securemsg("staff", *NINA))
    again = securemsg("staff", "link", HARBOUR, "NINA@harbour-lane.example ")
    assert again.status == 0 and link_in(again) != first


def test_everybody_is_listed_with_role_and_state(securemsg):
    securemsg("staff", "disable", HARBOUR, "ana@harbour-lane.example")
    people = listed(securemsg)
    maren = "maren@harbour-lane.example"
    assert people[maren] == {"id": people[maren]["id"], "name": "Maren Whitlock", "email": maren, "roles": ["owner", "staff"],
                             "state": "enrolled"}
    assert people["ana@harbour-lane.example"]["state"] == "disabled" and "eve@hill-road.example" not in people
    assert re.search("Maren Whitlock .*owner, staff ", securemsg("staff", "list", HARBOUR).out)


def test_one_person_may_have_several_roles(securemsg):
    assert securemsg("staff", *NINA, "--role", "owner", "--role", "staff").status == 0
    assert listed(securemsg)["nina@harbour-lane.example"]["roles"] == ["owner", "staff"]


def test_who_is_disabled_gets_no_link(securemsg):
    assert "Ana Ruiz has no access any more." in securemsg("staff", "disable", HARBOUR, "ana@harbour-lane.example").out
    assert is_a_sentence(securemsg("staff", "link", HARBOUR, "ana@harbour-lane.example"), "Ana Ruiz")


@pytest.mark.parametrize(("words", "sentence"), [
    (("add", HARBOUR, "--name", "x", "--email", "ana@harbour-lane.example"), "works here already"),
    (("add", HARBOUR, "--name", "x", "--email", "ANA@harbour-lane.example"), "works here already"),
    (("add", HARBOUR, "--name", "x", "--email", "nina"), "email address"),
    (("add", HARBOUR, "--name", " ", "--email", "n@o.example"), "name"),
    (("add", "sea-view", "--name", "x", "--email", "n@o.example"), NO_SUCH), (("list", "sea-view"), NO_SUCH),
    (("link", HARBOUR, "eve@hill-road.example"), "Nobody at"), (("disable", HARBOUR, "nobody"), "Nobody at")])
def test_what_does_not_fit_is_a_sentence_and_changes_nothing(securemsg, words, sentence):
    before = listed(securemsg)
    assert is_a_sentence(securemsg("staff", *words), sentence), securemsg("staff", *words)
    assert listed(securemsg) == before


def test_who_has_no_access_any_more_stands_in_the_ledger_though_nobody_serves(securemsg):
    securemsg("staff", "disable", HARBOUR, "ana@harbour-lane.example")
    ended = [json.loads(line) for line in load().ledger.read_text().splitlines()]
    assert "person" in {line["kind"].rpartition(".")[2] for line in ended}, ended
    before = len(ended)
    securemsg("staff", "link", HARBOUR, "tomas@harbour-lane.example")
    again = len(load().ledger.read_text().splitlines())
    assert again >= before
    securemsg("staff", "list", HARBOUR)
    assert len(load().ledger.read_text().splitlines()) == again, "nothing stands there twice"


def test_a_ledger_that_cannot_be_written_is_told_and_the_person_has_no_access_all_the_same(securemsg):
    load().ledger.unlink(missing_ok=True)
    load().ledger.mkdir()
    said = securemsg("staff", "disable", HARBOUR, "ana@harbour-lane.example")
    assert said.status == 0 and "no access any more" in said.out and "cannot be written" in said.err
    assert listed(securemsg)["ana@harbour-lane.example"]["state"] == "disabled"


def test_a_role_nobody_has_is_a_usage_error(securemsg):
    said = securemsg("staff", *NINA, "--role", "king")
    assert said.status == 2 and "owner" in said.err
