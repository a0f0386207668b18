"""`securemsg token add | list | revoke | rotate`, and what doctor says of tokens that end."""

import json
import re

import pytest

from tests.cli.conftest import is_a_sentence
from tests.cli.test_clinic import NO_SUCH

HARBOUR = "harbour-lane"
ADD = ("token", "add", HARBOUR, "--label", "EHR", "--scopes", "conversations:read, messages:read")
TOKEN = re.compile(rf"sm_live_{HARBOUR}_([0-9a-f]{{32}})_[A-Za-z0-9_-]{{43}}\n")


def listed(securemsg) -> list[dict]:
    return json.loads(securemsg("token", "list", HARBOUR, "--json").out)


def test_a_token_is_made_and_shown_once_alone_on_the_output(securemsg):
    said = securemsg(*ADD)
    assert said.status == 0 and TOKEN.fullmatch(said.out) and "shown only now" in said.err and said.out.strip() not in said.err
    [row] = listed(securemsg)
    assert row["id"].replace("-", "") == TOKEN.fullmatch(said.out)[1] and row["id"] in said.err
    assert (row["label"], row["state"], row["scopes"]) == ("EHR", "active", ["conversations:read", "messages:read"])
    assert row["last_used"] is None and row["expires"] > row["created"]
    everything = "".join(securemsg("token", "list", HARBOUR, *more).out for more in ([], ["--json"]))
    assert said.out.strip().rpartition("_")[2] not in everything and "hill-road" not in everything
    text = securemsg("token", "list", HARBOUR).out.splitlines()
    assert len(text) == 2 and text[0].split()[:3] == ["id", "label", "state"] and "None" not in text[1]


def test_it_is_revoked_by_its_id_however_that_is_written(securemsg):
    for form in (lambda id: id, lambda id: id.replace("-", "")):
        securemsg(*ADD)
        id = listed(securemsg)[-1]["id"]
        said = securemsg("token", "revoke", HARBOUR, form(id))
        assert said.status == 0 and "opens nothing any more" in said.out and listed(securemsg)[-1]["state"] == "revoked"
        assert is_a_sentence(securemsg("token", "revoke", HARBOUR, id), "ended before")


def test_what_is_revoked_stands_in_the_ledger_at_once(securemsg, tmp_path):
    securemsg(*ADD)
    id = listed(securemsg)[0]["id"]
    assert not (tmp_path / "data.keys" / "ledger.jsonl").exists()
    securemsg("token", "revoke", HARBOUR, id)
    assert id in (tmp_path / "data.keys" / "ledger.jsonl").read_text()


def test_it_is_rotated_with_an_overlap_that_the_list_shows(securemsg):
    securemsg(*ADD, "--expires", "30d")
    [before] = listed(securemsg)
    said = securemsg("token", "rotate", HARBOUR, before["id"], "--overlap", "2h")
    assert said.status == 0 and TOKEN.fullmatch(said.out)
    old, new = listed(securemsg)
    assert (old["state"], new["state"], old["replaced_by"]) == ("replaced", "active", new["id"])
    assert old["expires"] < before["expires"] < new["expires"] and old["expires"] in said.err
    assert is_a_sentence(securemsg("token", "rotate", HARBOUR, old["id"]), "was replaced before", new["id"])


def test_doctor_warns_of_tokens_that_end_soon_but_not_of_replaced_or_ended_ones(securemsg, monkeypatch):
    monkeypatch.setenv("SECUREMSG_BIND", "127.0.0.1:1")  # where nobody listens

    def finding() -> dict:
        return next(each for each in json.loads(securemsg("doctor", "--json").out)["checks"] if each["check"] == "tokens")

    securemsg(*ADD)
    assert finding()["state"] == "ok"
    securemsg(*ADD, "--expires", "13d")
    id = listed(securemsg)[-1]["id"]
    assert finding()["state"] == "warn" and id in finding()["sentence"] and "'EHR' of harbour-lane" in finding()["sentence"]
    securemsg("token", "revoke", HARBOUR, id)
    assert finding()["state"] == "ok"


@pytest.mark.parametrize(("words", "sentence"), [
    (("add", HARBOUR, "--label", "x", "--scopes", "everything"), "no scope"), (("add", HARBOUR, "--label", "x", "--scopes", ","),
                                                                               "without scopes"),
    (("add", HARBOUR, "--label", "", "--scopes", "audit:read"), "characters"), (("list", "sea-view"), NO_SUCH),
    (("add", "sea-view", "--label", "x", "--scopes", "audit:read"), NO_SUCH),
    (("add", HARBOUR, "--label", "x", "--scopes", "audit:read", "--expires", "400d"), "366"),
    (("revoke", HARBOUR, "0192f0a0-0000-7000-8000-000000000000"), "no token"),
    (("rotate", HARBOUR, "0192f0a0-0000-7000-8000-000000000000"), "no token")])
def test_what_does_not_fit_is_one_sentence(securemsg, words, sentence):
    assert is_a_sentence(securemsg("token", *words), sentence)


@pytest.mark.parametrize("words", [
    ("revoke", HARBOUR, "EHR"), ("add", HARBOUR, "--label", "x", "--scopes", "audit:read", "--expires", "soon")])
def test_what_is_misspelt_is_told_with_the_usage(securemsg, words):
    said = securemsg("token", *words)
    assert said.status == 2 and "Usage:" in said.err and not said.out
