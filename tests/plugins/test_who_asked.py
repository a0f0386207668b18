"""What comes of a plugin's page or command: the audit log says who asked, by what, and what changed in the clinic."""

from contextlib import nullcontext
from sys import modules
from types import SimpleNamespace

import orjson
import pytest
from click.testing import CliRunner

from securemsg.app import create_app
from securemsg.cli.plugins import WithPlugins
from securemsg.desk.people import open_value
from securemsg.desk.plugin import memory
from securemsg.desk.system import tokens
from securemsg.registry import Registry
from securemsg.times import HOUR
from tests.plugins.made import made

ROOMS = """
import click
from flask import Blueprint, request

@hookimpl
def blueprints(desk):
    rooms = Blueprint("rooms", __name__)

    @rooms.put("/rooms/<room>")
    @requires("messages:write")
    def known(slug, room):
        desk.at(slug, lambda here: here.keep(None, rooms=[room] * request.json["times"], door="open"))
        return {}

    @rooms.get("/rooms")
    @requires("messages:write")
    def listed(slug):
        return desk.at(slug, lambda here: here.kept(None))

    @rooms.put("/open/<slug>")
    def anybody(slug):
        desk.at(slug, lambda here: here.keep(None, door="open"))
        return {}

    yield rooms

@hookimpl
def commands(desk):
    @click.command()
    @click.argument("slug")
    def lock(slug):
        desk.at(slug, lambda here: here.keep(None, door="locked"))

    yield lock
"""


@pytest.fixture
def rooms(clinic):
    clinic.desk.registry = Registry.of({"rooms": made("rooms", ROOMS)})
    return create_app(clinic.desk.settings, clinic.desk).test_client()


@pytest.fixture
def system(clinic):
    """A token's id, and what stands in a request with it."""
    token, row = tokens.add(clinic.desk, clinic.service, clinic.home, "Doors", ("messages:write",), HOUR, clinic.clock())
    return row.id, {"Authorization": f"Bearer {token}"}


def acts(clinic) -> list[tuple]:
    """What happened: by whom, by which token, what, and what is told of it."""
    return [(row.actor_kind, row.actor_id, row.action, detail(clinic, row)) for row in clinic.rows("audit")
            if row.action in ("tool.used", "values.kept")]


def detail(clinic, row):
    return orjson.loads(open_value(clinic.desk, row.clinic_id, "audit", "detail", row.id, row.detail))


def requests_of(clinic) -> set:
    return {row.request_id for row in clinic.rows("audit") if row.action in ("tool.used", "values.kept")}


def test_by_a_page_it_is_the_token(clinic, rooms, system):
    id, credentials = system
    answer = rooms.put("/x/rooms/rooms/blue", json={"times": 2}, headers=credentials)
    assert answer.status_code == 200
    assert acts(clinic) == [("system", id, "tool.used", {"plugin": "rooms", "tool": "PUT /x/rooms/rooms/<room>"}),
                            ("plugin:rooms", None, "values.kept", {"names": ["door", "rooms"]})]
    assert len(requests_of(clinic)) == 1 and None not in requests_of(clinic)


def test_who_only_looks_changes_nothing(clinic, rooms, system):
    assert rooms.get("/x/rooms/rooms", headers=system[1]).json == {}
    assert acts(clinic) == []


def test_by_a_page_for_anybody_it_is_the_request(clinic, rooms):
    assert rooms.put("/x/rooms/open/elm").status_code == 200
    assert acts(clinic) == [("plugin:rooms", None, "values.kept", {"names": ["door"]})] and None not in requests_of(clinic)


def test_by_a_command_it_is_the_command_line(clinic, rooms, monkeypatch):
    commands = vars(modules["securemsg.cli.plugins"])  # its name in the package is the command's
    monkeypatch.setitem(commands, "opened", lambda: nullcontext(clinic.desk))
    monkeypatch.setitem(commands, "load", lambda: SimpleNamespace(plugins=("rooms",)))
    done = CliRunner().invoke(WithPlugins("securemsg"), ["rooms", "lock", "elm"], prog_name="securemsg")
    assert done.exit_code == 0, done.output
    assert acts(clinic) == [("service", None, "tool.used", {"plugin": "rooms", "tool": "securemsg rooms lock"}),
                            ("plugin:rooms", None, "values.kept", {"names": ["door"]})]
    assert len(requests_of(clinic)) == 1 and None not in requests_of(clinic)


def test_more_than_can_be_kept_is_refused_with_a_sentence(clinic, rooms, system):
    times = memory.LARGEST // len('"blue"') + 1
    answer = rooms.put("/x/rooms/rooms/blue", json={"times": times}, headers=system[1])
    assert answer.status_code == 422
    assert answer.json["detail"] == "This is more than can be kept: rooms is larger than 32,000 bytes."
    assert acts(clinic) == []
