"""What plugins did, as systems read it: whose it was, in messages, notes and the audit log."""

import pytest

from securemsg.desk.clinics import clinic
from securemsg.desk.plugin import PluginDesk
from tests.http.house import HARBOUR
from tests.http.systems import System, arrived

HERE = "/conversations/{}"


@pytest.fixture
def leo(house):
    return arrived(house)


@pytest.fixture
def system(house) -> System:
    return System.of(house)


@pytest.fixture
def told(house, leo):
    """Leo's conversation, with a message and a note of a plugin's."""
    home = clinic(house.desk, HARBOUR)
    desk = PluginDesk(house.desk, "hours", home.id, house.desk.clock())
    desk.reply(leo.conversation, "We are closed.")
    desk.note(leo.conversation, "Told that we are closed.")
    assert house.desk.database.write(desk.write())
    return leo.conversation


def test_a_message_of_a_plugin_says_that_it_is_automatic(system, told):
    message = system.gets(HERE.format(told) + "/messages").json["items"][-1]
    assert message["author"] == {"kind": "plugin", "name": None, "role": None} and message["kind"] == "parts"
    assert (message["data"]["text"], message["data"]["plugin"], message["verified"]) == ("We are closed.", "hours", True)


def test_a_note_of_a_plugin_names_it(system, told):
    [note] = system.gets(HERE.format(told) + "/notes").json["items"]
    assert (note["text"], note["author"], note["verified"]) == ("Told that we are closed.", {"id": None, "name": "hours"}, True)


def test_the_audit_log_names_the_plugin_and_finds_what_plugins_did(system, told):
    found = system.gets("/audit-events?actor_kind=plugin").json["items"]
    assert [(event["action"], event["actor"]) for event in found] == [
        (action, {"kind": "plugin", "id": None, "name": "hours"}) for action in ("note.added", "message.sent")]
    assert all(event["verified"] for event in found)
    others = system.gets("/audit-events?actor_kind=visitor").json["items"]
    assert others and {event["actor"]["kind"] for event in others} == {"visitor"}
