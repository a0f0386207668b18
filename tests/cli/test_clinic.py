"""`securemsg clinic add | list | show | set`."""

import json

import pytest

from tests.cli.conftest import is_a_sentence

NO_SUCH = "no clinic 'sea-view' here. There are: harbour-lane, hill-road."


def shown(securemsg, slug: str) -> dict:
    return json.loads(securemsg("clinic", "show", slug, "--json").out)


def test_a_clinic_is_added_and_listed(securemsg):
    said = securemsg("clinic", "add", "sea-view", "--name", "Sea View", "--timezone", "Europe/Berlin", "--phone", "+49 30 1",
                     "--phone", "+49 30 2", "--origin", "https://sea-view.example")
    assert said.status == 0 and "/contact/sea-view" in said.out and "securemsg staff add sea-view" in said.out
    rows = json.loads(securemsg("clinic", "list", "--json").out)
    assert "sea-view" in [row["clinic"] for row in rows]
    assert {"id", "clinic", "name", "added"} == set(rows[0]) and "Sea View" in securemsg("clinic", "list").out
    card = shown(securemsg, "sea-view")
    assert (card["name"], card["timezone"], card["phones"], card["origins"]) == \
        ("Sea View", "Europe/Berlin", ["+49 30 1", "+49 30 2"], ["https://sea-view.example"])
    assert card["emergency"]["number"] == "112" and "112" in card["emergency"]["text"] and card["consent"]["text"]


def test_only_what_is_given_is_changed(securemsg):
    before = shown(securemsg, "harbour-lane")
    assert securemsg("clinic", "set", "harbour-lane", "--name", "Harbour", "--origin", "https://a.example",
                     "--origin", "https://b.example").status == 0
    after = shown(securemsg, "harbour-lane")
    assert (after["name"], after["origins"]) == ("Harbour", ["https://a.example", "https://b.example"])
    assert {name: after[name] for name in before if name not in ("name", "origins")} == \
        {name: before[name] for name in before if name not in ("name", "origins")}


def test_a_new_emergency_number_stands_in_the_sentence_too(securemsg):
    securemsg("clinic", "add", "sea-view", "--name", "Sea View")
    securemsg("clinic", "set", "sea-view", "--emergency-number", "999")
    emergency = shown(securemsg, "sea-view")["emergency"]
    assert emergency["number"] == "999" and "999" in emergency["text"] and "112" not in emergency["text"]


def test_a_clinic_says_which_language_it_writes_in_and_our_notice_follows(securemsg):
    securemsg("clinic", "add", "sea-view", "--name", "Praxis am Meer", "--language", "de-CH")
    card = shown(securemsg, "sea-view")
    assert card["locales"] == ["de-CH"] and card["consent"]["locale"] == "de-CH"
    assert "Das Team der Praxis" in card["consent"]["text"]
    assert securemsg("clinic", "set", "sea-view", "--language", "fr").status == 0
    french = shown(securemsg, "sea-view")
    assert french["locales"] == ["fr"] and french["consent"]["locale"] == "fr" and "Le personnel" in french["consent"]["text"]
    assert french["consent"]["version"] == card["consent"]["version"] == 1, "the same notice, so nobody has to agree again"


@pytest.mark.parametrize(("words", "sentence"), [
    (("add", "harbour-lane", "--name", "x"), "There is a clinic harbour-lane already."),
    *(((*what, "--language", tag), "languages that visitors can be answered in")
      for what in (("add", "sea-view", "--name", "x"), ("set", "harbour-lane"))
      for tag in ("xx", "german", "de_CH", "de-", "DE", "de-ü")),
    (("add", "Sea View", "--name", "x"), "small letters"),
    (("add", "x", "--name", "x"), "short name"), (("add", "sea-view", "--name", " "), "Please enter the clinic's name."),
    (("add", "sea-view", "--name", "x", "--timezone", "Moon/Crater"), "Moon/Crater"),
    (("add", "sea-view", "--name", "x", "--timezone", "../../etc/passwd"), "time zone"),
    (("add", "sea-view", "--name", "x", "--timezone", ""), "time zone"),
    (("add", "sea-view", "--name", "x", "--emergency-number", "help"), "emergency number"),
    (("add", "sea-view", "--name", "x", "--origin", "https://*.example"), "is not an address like"),
    (("set", "harbour-lane", "--timezone", "Moon/Crater"), "Moon/Crater"), (("set", "sea-view", "--name", "x"), NO_SUCH),
    (("show", "sea-view"), NO_SUCH)])
def test_what_does_not_fit_is_a_sentence_and_changes_nothing(securemsg, words, sentence):
    before = [securemsg("clinic", "list").out, shown(securemsg, "harbour-lane")]
    assert is_a_sentence(securemsg("clinic", *words), sentence), securemsg("clinic", *words)
    assert [securemsg("clinic", "list").out, shown(securemsg, "harbour-lane")] == before


def test_nothing_to_list_is_an_empty_list(empty):
    empty("init")
    assert json.loads(empty("clinic", "list", "--json").out) == [] and empty("clinic", "list").out == "None yet.\n"
    assert is_a_sentence(empty("clinic", "show", "sea-view"), "There is none yet")


@pytest.mark.parametrize(("words", "sentence"), [
    ((), "at least one of --name"), (("--name", ""), "--name is empty"), (("--phone", "+1", "--phone", " "), "--phone is empty"),
    (("--origin", ""), "--origin is empty"), (("--timezone", " "), "--timezone is empty")])
def test_a_change_to_nothing_is_a_slip_and_changes_nothing(securemsg, words, sentence):
    before = shown(securemsg, "harbour-lane")
    said = securemsg("clinic", "set", "harbour-lane", *words)
    assert said.status == 2 and sentence in said.err and shown(securemsg, "harbour-lane") == before


def test_a_command_nobody_knows_is_a_usage_error(securemsg):
    said = securemsg("clinic", "paint", "harbour-lane")
    assert said.status == 2 and "No such command" in said.err
    assert all(name in securemsg("--help").out for name in ("init", "serve", "demo", "clinic", "staff"))
