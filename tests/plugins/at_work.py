"""A clinic that has named a plugin, and its worker: time passes, what is due is done, mails are caught."""

from dataclasses import dataclass, field
from types import ModuleType

from securemsg.desk import plugin_settings
from securemsg.desk import visitor as visitor_desk
from securemsg.desk.deliveries import written
from securemsg.desk.deliveries.engine import Engine
from securemsg.desk.plugin import letters, todos, tools
from securemsg.desk.plugin.tools import Use
from securemsg.outbound import Failed
from tests.clinic import Practice
from tests.people import Staff, Visitor, new_key
from tests.plugins.turns import named


@dataclass
class AtWork:
    """`mails` are (to, subject, text of the first part), `posts` (url, headers, body) in the order they went out; while there is
    a `failure` no post does."""

    clinic: Practice
    plugin: str
    mails: list[tuple[tuple[str, ...], str, str]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    failure: Failed | None = None

    def __post_init__(self) -> None:
        self.clinic.desk.settings.__dict__["smtp_url"] = "smtp://localhost"

    def sets(self, **texts: str) -> None:
        """The owner's page of plugins, saved."""
        clinic = self.clinic
        plugin_settings.change(clinic.desk, clinic.service, self.plugin, texts, clinic.clock.tick())

    def works(self) -> None:
        """The worker does what is due."""
        engine = Engine(self.clinic.desk, {"mail": self._mail, "post": self._post})
        assert any(not engine.look() for _ in range(50)), "there is always more"
        assert not [row for row in self.clinic.rows("outbox") if row.fault and row.hook not in ("mail", "post")], "a hook failed"

    def after(self, **time: float) -> None:
        """So much later, with all done that came due."""
        self.clinic.later(**time)
        self.works()

    def sends(self, visitor: Visitor, kind: str, **data: object) -> dict:
        """A message of a plugin's kind, as its form sends it."""
        now = self.clinic.clock.tick()
        done = visitor_desk.send(self.clinic.desk, visitor.visit(), f"{self.plugin}.{kind}", data, new_key(), now)
        self.works()
        return done

    def uses(self, staff: Staff, tool: str, **values: object) -> None:
        """A tool's form on the conversation's page, sent."""
        form = {name: str(value) for name, value in values.items()}
        use = Use(self.plugin, tool, form, lambda schema, _: values)
        tools.run(self.clinic.desk, staff.who, staff.here(), use, new_key(), self.clinic.clock.tick())
        self.works()

    def todo(self, staff: Staff) -> list[str]:
        """What staff have to do."""
        return [each.text for each in todos.todos(self.clinic.desk, staff.who, None, self.clinic.clock())]

    def _mail(self, desk, row, letter: letters.Letter) -> None:
        self.mails.append((tuple(letter.to), letter.subject, letter.parts[0].text))

    def _post(self, desk, row, letter: letters.Letter) -> int:
        if self.failure:
            raise self.failure
        self.posts.append((letter.url, written.post_headers(row, letter, desk.clock()), letter.body))
        return 200


def at_work(clinic: Practice, name: str, module: ModuleType) -> AtWork:
    named(clinic, **{name: module})
    return AtWork(clinic, name)
