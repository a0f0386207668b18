"""`securemsg plugins`, a plugin's own commands, and what a clinic sets for its plugins."""

import json

import pytest

from tests.cli.conftest import is_a_sentence
from tests.plugins.made import HEAD, installed

FERN = """
import click

@hookimpl
def settings():
    yield Setting("greeting", "Hello.", "What visitors read first.", read=_short)
    yield Setting("key", "old-default", "Its key.", secret=True)
    yield Setting("url", "", "Where it is told.", per="service")
def _short(text):
    if len(text) > 20:
        raise ValueError("it must have 20 characters or fewer")
    return text
@hookimpl
def personal_data():
    yield PersonalData("names of ferns", "since visitors like them")
    yield PersonalData("how many", "for statistics", to="a botanist")
@hookimpl
def kinds():
    yield Kind("fern.leaf", "A leaf", Schema, lambda data: "leaf")
@hookimpl
def commands(desk):
    @click.command("greet")
    @click.argument("slug")
    def greet(slug):
        \"\"\"What visitors of a clinic read first.\"\"\"
        click.echo(desk.at(slug, lambda here: here.setting("greeting")))
    yield greet
    @click.command("count")
    def count():
        \"\"\"How many clinics there are.\"\"\"
        click.echo(len(desk.clinics()))
    yield count
"""


@pytest.fixture
def fern(securemsg, tmp_path, monkeypatch):
    """The commands with that plugin named, and another that is installed only."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    installed(folder, HEAD, fern=FERN)
    installed(folder, nettle="")
    monkeypatch.setenv("SECUREMSG_PLUGINS", "fern")
    monkeypatch.setenv("SECUREMSG_FERN_URL", "https://ferns.example")
    return securemsg


def test_the_inventory_is_complete_for_programs_and_for_people(fern):
    told = json.loads(fern("plugins", "--json").out)
    (plugin,) = told["plugins"]
    assert (plugin["name"], plugin["package"], plugin["version"]) == ("fern", "of-fern", "1.0")
    assert set(plugin["hooks"]) == {"settings", "personal_data", "kinds", "commands"}
    assert [setting["name"] for setting in plugin["settings"]] == ["SECUREMSG_FERN_GREETING", "SECUREMSG_FERN_KEY",
                                                                  "SECUREMSG_FERN_URL"]
    assert plugin["kinds"] == [{"name": "fern.leaf", "label": "A leaf"}]
    assert plugin["personal_data"][1] == {"what": "how many", "why": "for statistics", "to": "a botanist"}
    assert "nettle" in told["not_named"] and "fern" not in told["not_named"]
    said = fern("plugins").out
    for words in ("fern (of-fern 1.0)", "Setting, each clinic's: SECUREMSG_FERN_GREETING. What visitors read first.",
                  "Setting, the service's: SECUREMSG_FERN_URL.", "Personal data, stays here: names of ferns.",
                  "Personal data, sent to a botanist: how many.", "Kind of message: fern.leaf, A leaf", "nettle"):
        assert words in said
    assert "old-default" not in said + json.dumps(told), "the default of a secret is one as well"


def test_without_any_it_says_so(securemsg):
    said = securemsg("plugins")
    assert said.status == 0 and said.out.startswith("SECUREMSG_PLUGINS names none.")
    assert json.loads(securemsg("plugins", "--json").out)["plugins"] == []


def test_a_plugins_command_runs_and_is_listed(fern):
    assert fern("fern", "greet", "harbour-lane").out == "Hello.\n"
    assert fern("fern", "count").out == "2\n"
    assert "greet" in fern("fern", "--help").out and "fern" in fern("--help").out
    assert is_a_sentence(fern("fern", "greet", "nowhere"), "no such clinic")
    assert fern("nettle", "x").status == 2, "it is not named"


def test_a_clinic_sets_a_plugin_and_takes_it_back(fern):
    both = ("--plugin", "fern.greeting=Welcome = here", "--plugin", "fern.key=hush")
    assert fern("clinic", "set", "harbour-lane", *both).status == 0
    assert fern("fern", "greet", "harbour-lane").out == "Welcome = here\n"
    assert fern("fern", "greet", "hill-road").out == "Hello.\n"
    shown = json.loads(fern("clinic", "show", "harbour-lane").out)
    assert shown["plugins"] == {"fern": {"greeting": "Welcome = here", "key": "(set)"}}
    fern("clinic", "set", "harbour-lane", "--name", "Harbour", "--plugin", "fern.greeting=")
    assert json.loads(fern("clinic", "show", "harbour-lane").out)["plugins"] == {"fern": {"key": "(set)"}}
    assert fern("fern", "greet", "harbour-lane").out == "Hello.\n"


@pytest.mark.parametrize(("given", "words"), [
    ("fern.greeting=" + "x" * 21, "fern.greeting: It must have 20 characters or fewer."),
    ("fern.leaves=x", "fern.leaves: There is no such setting of a clinic."),
    ("fern.url=x", "fern.url: There is no such setting of a clinic."), ("nettle.x=y", "There is no such plugin here.")])
def test_what_cannot_be_set_is_told_by_name(fern, given, words):
    assert is_a_sentence(fern("clinic", "set", "harbour-lane", "--plugin", given), *words.split())


@pytest.mark.parametrize("given", ["fern.greeting", "greeting=x", ".greeting=x", "fern.=x"])
def test_what_is_no_setting_is_a_slip(fern, given):
    said = fern("clinic", "set", "harbour-lane", "--plugin", given)
    assert said.status == 2 and "--plugin takes PLUGIN.NAME=TEXT" in said.err


@pytest.mark.parametrize("command", [("serve",), ("plugins",), ("clinic", "list"), ("doctor",)])
def test_a_plugin_that_is_wrong_is_named_by_every_command_that_needs_it(securemsg, monkeypatch, command):
    monkeypatch.setenv("SECUREMSG_PLUGINS", "nowhere")
    said = securemsg(*command)
    assert said.status == 1 and "SECUREMSG_PLUGINS names nowhere, and no plugin of that name is installed" in said.out + said.err


def test_the_doctor_names_those_that_load(fern):
    assert "These plugins are loaded: fern." in fern("doctor").out


def test_a_plugin_whose_commands_nobody_could_run_does_not_serve(securemsg, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    installed(tmp_path, audit="@hookimpl\ndef commands(desk): return []")
    monkeypatch.setenv("SECUREMSG_PLUGINS", "audit")
    assert is_a_sentence(securemsg("serve"), "The", "plugin", "audit", "needs", "another", "name.")
