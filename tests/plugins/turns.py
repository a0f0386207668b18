"""A plugin at work for a clinic, as the service runs it: the desk is handed to it, and what it asked for is written as one.

    Plugin(clinic).does(lambda desk: desk.reply(visitor.conversation, "We are closed."))
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from marshmallow import Schema, fields

from securemsg import hookimpl
from securemsg.answers import Kind, Setting
from securemsg.desk import plugin_settings
from securemsg.desk.access import Who
from securemsg.desk.once import Moved
from securemsg.desk.plugin import PluginDesk
from securemsg.registry import Registry
from securemsg.store import Tx
from securemsg.times import DAY

if TYPE_CHECKING:
    from tests.clinic import Practice


class Answer(Schema):
    """What a choice is answered with."""

    answer = fields.String(required=True)


@dataclass
class Plugin:
    """One of that name in that clinic; `by` whoever used its tool."""

    clinic: "Practice"
    name: str = "hours"
    by: Who | None = None

    def desk(self) -> PluginDesk:
        """As a hook is handed it."""
        return PluginDesk(self.clinic.desk, self.name, self.clinic.home.id, self.clinic.clock.tick(), by=self.by)

    def does(self, hook: Callable[[PluginDesk], object], tries: int = 3) -> object:
        """Run it, and write what it asked for; anew when somebody was quicker. What the hook returned."""
        desk = self.desk()
        for _ in range(tries):
            answer = hook(desk)
            try:
                self.writes(desk)
                return answer
            except Moved:
                desk = desk.again()
        raise Moved

    def writes(self, desk: PluginDesk) -> None:
        write = desk.write()

        def whole(tx: Tx) -> None:
            if not write(tx):
                raise Moved

        self.clinic.desk.database.write(whole)
        desk.announce()


def named(clinic: "Practice", **modules: ModuleType) -> None:
    """These plugins are named in the clinic's service."""
    clinic.desk.registry = Registry.of(modules)


def with_kind(kind: str, plugin: str = "hours") -> ModuleType:
    """A plugin that has a kind of message of its own."""
    module = ModuleType(plugin)
    summary = "{answer}".format_map
    vars(module).update(kinds=hookimpl(lambda: [Kind(kind, "An answer", Answer, summary)]), personal_data=hookimpl(lambda: []))
    return module


def at_work(clinic: "Practice", owner: Who, conversation: str, word: str) -> None:
    """Every place where something of a plugin's is sealed has that word in it: a setting, values, a task, a to-do, letters."""
    module = ModuleType("hours")
    vars(module).update(settings=hookimpl(lambda: [Setting("text", "", "A text")]), personal_data=hookimpl(lambda: []))
    named(clinic, hours=module)
    plugin_settings.change(clinic.desk, owner, "hours", {"text": f"{word} setting"}, clinic.clock.tick())
    later = clinic.clock() + DAY

    def much(desk: PluginDesk) -> None:
        desk.reply(conversation, f"{word} automatic"), desk.note(conversation, f"{word} noted")
        desk.keep(conversation, value=f"{word} value"), desk.keep(None, value=f"{word} value")
        desk.tag(conversation, f"{word} tag"), desk.take(conversation, f"{word} slot")
        desk.assign(conversation, f"{word} to-do")
        desk.schedule(conversation, later, "ask", text=f"{word} task")
        desk.mail(desk.visitor(conversation), f"{word} subject", f"{word} mail", about=conversation)
        desk.mail(f"{word}@example.org", f"{word} subject", f"{word} mail")
        desk.post(f"https://{word}.example", f"{word} body", about=conversation)

    Plugin(clinic).does(much)
