"""plugins/README.md tells the truth: every hook with its signature and an example, every verb of the desk; the examples run."""

import re
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import securemsg
from securemsg import hooks
from securemsg.app import create_app
from securemsg.desk import visitor as visitor_desk
from securemsg.desk.plugin import PluginDesk
from securemsg.desk.plugin_clinics import PluginClinics
from securemsg.desk.system import tokens
from securemsg.given import Clinic, Delivery, Draft, Event, Task
from securemsg.registry import Registry
from securemsg.registry.marked import HOOKS, TAKES
from securemsg.times import HOUR
from tests.people import new_key
from tests.plugins.turns import Plugin

FOLDER = Path(securemsg.__file__).parent / "plugins"
README = (FOLDER / "README.md").read_text("utf-8")
PARKING, *BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)
RUN_BY_US = ("task", "finished", "is_idle", "write", "again", "announce")
CLINIC = Clinic("0192f0a0-0000-7000-8000-00000000000c", "elm", "Elm Street", "en", "Europe/Berlin", "112",
                "https://m.example/contact/elm")
NOON, NIGHT = (datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (12, 22))


def module(name: str, source: str) -> ModuleType:
    made = ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), vars(made))
    return made


@pytest.fixture
def registry():
    return Registry.of({"callback": module("callback", "\n".join(BLOCKS))}, {"SECUREMSG_CALLBACK_TELL": "https://phone.example/x"})


@pytest.fixture
def plugin(clinic, registry):
    clinic.desk.registry = registry
    return Plugin(clinic, "callback")


def ask(registry, hook, **values):
    found = registry.ask(hook, registry.values.get, **values)
    assert not registry.faults, registry.faults
    return found[0][1] if found else None


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_stands_there_with_its_signature_and_an_example(hook):
    written = f"{hook}({', '.join(TAKES[hook])})"
    _, _, rest = README.partition(f"### `{written}`\n")
    assert rest, f"there is no ### `{written}`"
    section = rest.partition("\n## ")[0].partition("\n### ")[0]
    assert f"@hookimpl\ndef {written}:\n" in section and section.index("```") > 40, "an example, and what it is about"


def test_no_hook_stands_there_that_does_not_exist():
    assert re.findall(r"### `(\w+)\(", README) == list(HOOKS)
    assert {name for name in dir(hooks) if hasattr(getattr(hooks, name), "securemsg_spec")} == set(HOOKS)


def test_the_example_has_every_hook(registry):
    assert set(registry.hooks("callback")) == set(HOOKS)


def test_every_verb_of_the_desk_stands_there_and_no_other():
    named = set(re.findall(r"\bdesk\.(\w+)", README.partition("## The desk")[2]))
    verbs = {name for name in dir(PluginDesk) if not name.startswith("_")} - set(RUN_BY_US)
    assert named == verbs


def test_the_arguments_of_each_verb_are_as_written():
    table = re.findall(r"`desk\.(\w+)\(([^`]*)\)`", README.partition("\n| Do |")[2])
    assert len(table) > 15
    for name, written in table:
        called = {"given": "parts", "id": "conversation"}
        takes = {called.get(each, each) for each in signature(getattr(PluginDesk, name)).parameters}
        assert {argument.strip("* ").partition("=")[0] for argument in written.split(",")} == takes - {"self"}, name


def test_everything_that_can_be_imported_stands_there():
    listed = set(re.findall(r"`(\w+)`", README.partition("## Everything that can be imported")[2]))
    assert listed == set(securemsg.__all__)


def test_it_goes_with_the_package():
    about = (Path(securemsg.__file__).parent.parent / "setup.cfg").read_text()
    assert "plugins/*.md" in about


def test_who_waits_is_asked_as_the_examples_say(registry):
    there = {"settings": None, "clinic": CLINIC, "locale": "en"}
    draft = Draft("text", {"text": "Please call me"}, "other", "en", first=True)
    assert ask(registry, "screen", draft=draft, now=NOON, **there).tags == {"call"}
    late = Draft("callback.request", {"phone": "+1 555 0100"}, "other", "en", first=True)
    assert ask(registry, "screen", draft=late, now=NIGHT, **there).refuse == "We call back until 17 o'clock."
    assert ask(registry, "availability", now=NOON, **there).open is True
    assert [notice.tone for notice in ask(registry, "notices", now=NIGHT, **there)] == ["closed"]
    assert ask(registry, "offers", now=NOON, **there)[0].part.kind == "callback.request"
    assert ask(registry, "safety_words", **there).matches("I cannot breathe") == "emergency"
    kept = {"phone": "+1 555 0100"}
    assert ask(registry, "tools", conversation=None, kept=kept, staff=())[0].name == "called"
    assert ask(registry, "tools", conversation=None, kept={}, staff=()) is None
    assert ask(registry, "panel", conversation=None, kept=kept).parts[0].url == "tel:+15550100"


def tells(plugin, hook, **values):
    """The plugin is told, and what it asked for is written."""
    registry = plugin.clinic.desk.registry
    plugin.does(lambda desk: registry.tell("callback", hook, desk=desk, **values))


def asks_to_be_called(clinic):
    """Somebody whose request is a message of the plugin's kind; and what the plugin is handed of it."""
    visitor = clinic.visitor()
    visitor.opens("Hello?")
    data = {"phone": "+1 555 0100", "about": "My knee"}
    sent = visitor_desk.send(clinic.desk, visitor.visit(), "callback.request", data, new_key(), clinic.clock.tick())
    return visitor, sent["message"]["id"]


def test_what_happens_after_the_commit_is_as_the_examples_say(clinic, plugin, staff):
    leo, id = asks_to_be_called(clinic)
    desk = plugin.desk()
    assert desk.message(id).text == "Please call +1 555 0100. My knee"
    tells(plugin, "message_received", message=desk.message(id), at=clinic.clock())
    assert "When shall we call?" in leo.reads()[-1]
    assert desk.kept(leo.conversation) == {"phone": "+1 555 0100"}
    reminder, to_do = sorted(clinic.rows("tasks"), key=lambda row: row.for_staff)
    assert (reminder.name, to_do.name, to_do.done_at) == ("remind", "call", None)
    here = desk.conversation(leo.conversation)
    tells(plugin, "task_due", task=Task(reminder.id, here, "remind", {}), at=clinic.clock())
    assert plugin.desk().conversation(leo.conversation).urgent
    (tool,) = ask(clinic.desk.registry, "tools", conversation=here, kept=desk.kept(leo.conversation), staff=desk.staff())
    plugin.does(lambda desk: tool.run(conversation=here, desk=desk, now=clinic.clock(), spoke=True))
    assert plugin.desk().kept(leo.conversation) == {} and all(row.done_at for row in clinic.rows("tasks") if row.for_staff)
    tells(plugin, "conversation_closed", conversation=here, at=clinic.clock())
    staff.replies("I called you.", to=leo)
    answer = next(message for message in plugin.desk().read(leo.conversation) if message.author_kind == "staff")
    tells(plugin, "reply_sent", message=answer, at=clinic.clock())
    assert all(row.done_at for row in clinic.rows("tasks"))


def test_other_systems_are_told_as_the_examples_say(clinic, plugin):
    leo, _ = asks_to_be_called(clinic)
    before = len(posts(clinic))
    event = Event("0192f0a0-0000-7000-8000-00000000000e", clinic.home.id, "conversation.opened", clinic.clock(), leo.conversation)
    tells(plugin, "happened", event=event)
    tells(plugin, "conversation_erased", conversation=leo.conversation, at=clinic.clock())
    assert len(posts(clinic)) == before + 2
    tells(plugin, "delivered", delivery=Delivery("x", "telephone", "given_up", 9), at=clinic.clock())
    tells(plugin, "new_browser", person=clinic.hires().person.id, at=clinic.clock())


def posts(clinic):
    return [row for row in clinic.rows("outbox") if row.target.startswith("telephone") or row.lane.startswith("post")]


def test_its_command_and_its_page_answer(clinic, plugin, registry):
    leo, id = asks_to_be_called(clinic)
    tells(plugin, "message_received", message=plugin.desk().message(id), at=clinic.clock())
    ((_, (until,)),) = registry.declared("commands", lambda name: {"desk": PluginClinics(clinic.desk, name)})
    assert CliRunner().invoke(until).output == "elm: 17\n"
    app = create_app(clinic.desk.settings, clinic.desk)
    path = f"/x/callback/waiting/{leo.conversation}"
    assert app.test_client().get(path).status_code == 401
    token, _ = tokens.add(clinic.desk, clinic.service, clinic.home, "Phone", ("conversations:read",), HOUR, clinic.clock())
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json) == (200, {"phone_known": True})
