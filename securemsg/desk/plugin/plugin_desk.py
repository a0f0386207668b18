"""The desk as a plugin is handed it: what it can look at, and what it can do.

Looking is at once, and on record where words are opened. What is to be done is collected while the plugin runs, and written
afterwards in one transaction (`write`): a plugin that fails half-way has done nothing. Conversations are named by their id, or
as the plugin was handed them; Missing for those of another clinic, or erased.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from securemsg import given, parts
from securemsg.desk import handed, people, plugin_settings
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.plugin import facts, letters, message, said, tasks, underway, wishes
from securemsg.desk.plugin.collected import Collected
from securemsg.desk.plugin.facts import Member
from securemsg.desk.plugin.letters import RETRY_SECONDS, To
from securemsg.desk.plugin.memory import Memory
from securemsg.desk.plugin.message import Message
from securemsg.desk.plugin.turn import Reference, Turn, id_of, microseconds
from securemsg.parts import Part
from securemsg.store import Tx, plugins

Moment = int | datetime  # microseconds since 1970 UTC, or a time with a zone


class PluginDesk:
    """One turn of one plugin in one clinic. `cause` is the delivery it is called for, `by` the person of staff who pressed the
    button of its tool."""

    def __init__(self, desk: Desk, plugin: str, clinic_id: str, now: int, cause: str = "", by: Who | None = None):
        self._turn = Turn(desk, plugin, clinic_id, now, by, cause)
        self._collected = Collected(self._turn)
        self._memory = Memory(self._collected)

    # What can be looked at
    @property
    def clinic(self) -> given.Clinic:
        """The clinic it works for."""
        return handed.clinic(self._turn.desk, self._turn.home)

    @property
    def actor(self) -> str | None:
        """The id of the person who used the tool; None where nobody did."""
        return self._turn.by.id if self._turn.by else None

    @property
    def now(self) -> int:
        """When the plugin was called, in microseconds since 1970 UTC; what it is told of may have happened long before."""
        return self._turn.now

    @property
    def can_mail(self) -> bool:
        """Whether the service has a mail server: without one no mail ever arrives."""
        return bool(self._turn.desk.settings.smtp_url)

    def setting(self, name: str) -> Any:
        """What the clinic, or else the service, has set for this plugin."""
        return plugin_settings.of(self._turn.desk, self._turn.clinic_id, self._turn.plugin)[name]

    def conversation(self, id: Reference) -> given.Conversation:
        """Its facts as they are now."""
        return facts.conversation(self._turn, self._turn.own(id))

    def staff(self) -> list[Member]:
        """Who works there: ids, names, titles and roles."""
        return facts.staff(self._turn)

    def message(self, id: str) -> Message:
        """One message; its words are opened, on record, when they are first asked for."""
        return message.one(self._turn, id)

    def read(self, conversation: Reference) -> list[Message]:
        """Its newest messages, at most 200, opened and on record."""
        return message.newest(self._turn, self._turn.own(conversation))

    def contact(self, conversation: Reference) -> tuple[str, str] | None:
        """How the visitor can be reached: ("email" or "phone", the address or number). On record."""
        return letters.contact(self._turn, self._turn.own(conversation))

    def kept(self, conversation: Reference | None) -> dict[str, Any]:
        """What this plugin keeps there, or (None) in the clinic, with what it has just asked to keep."""
        return self._memory.kept(conversation)

    def taken(self, name: str) -> str | None:
        """The id of the conversation that has taken this name, or None: it is free."""
        return self._memory.holder(name)

    def seen_upto(self, conversation: Reference) -> int:
        """The number of the last message that the visitor has opened; 0 before the first."""
        return facts.seen_upto(self._turn, self._turn.own(conversation))

    def events(self, after: int, most: int = 100) -> list[given.Event]:
        """What happened in the clinic, numbered above `after`, as ids only."""
        return facts.events(self._turn, after, most)

    def unreachable(self, url: str) -> str | None:
        """Why `post` can never reach such an address, as a sentence; None where it may."""
        from securemsg.outbound import post  # TLS is wanted here alone

        return post.unreachable(url, self._turn.desk.settings.outbound_private)

    # What can be done in a conversation
    def reply(self, conversation: Reference, *given: Part | str, alert: bool | None = None,
              answers: Message | None = None) -> None:
        """Say something to the visitor: an automatic message. It answers nobody, unless a tool was used: the visitor goes on
        waiting. `alert`: they are to hear of it elsewhere too (None: if a tool was used). `answers`: a visitor's message of a
        kind of this plugin; nobody waits any more when that was all they asked. Limited after 20 in an hour, or in one turn.
        """
        wishes.reply(self._collected, conversation, said.checked(given), alert, answers)

    def note(self, conversation: Reference, text: str) -> None:
        """An internal note: it can never reach the visitor."""
        wishes.note(self._collected, conversation, text)

    def tag(self, conversation: Reference, *words: str) -> None:
        """Words for staff beside the conversation, each once; at most 20 of 40 characters."""
        self._memory.tag(conversation, words)

    def urgent(self, conversation: Reference) -> None:
        """First in the inbox."""
        self._collected.add(lambda steps: steps.urgent(id_of(conversation)), conversation)

    def promise(self, conversation: Reference, at: Moment | None) -> None:
        """By when an answer is promised (None: it is not any more): staff see it, and `Conversation.promised_at` says it."""
        wishes.promise(self._collected, conversation, None if at is None else microseconds(at))

    def reopen(self, conversation: Reference) -> None:
        """A closed conversation waits for staff again."""
        self._collected.add(lambda steps: steps.reopened(id_of(conversation)), conversation)

    def keep(self, conversation: Reference | None, /, **values: Any) -> None:
        """Keep values under their names, as JSON: sealed, and erased with the conversation; of the clinic where there is none. A
        value of None takes one away."""
        self._memory.keep(conversation, values)

    def schedule(self, conversation: Reference, at: Moment, name: str, /, *, once: bool = False, **data: Any) -> None:
        """Be told by `task_due` at a time, with this data. `once`: in place of what was scheduled there under this name."""
        wishes.schedule(self._collected, conversation, microseconds(at), name, data, once)

    def cancel(self, conversation: Reference, name: str) -> None:
        """Be told of nothing that was scheduled there under this name."""
        wishes.end(self._collected, conversation, name, for_staff=False)

    def assign(self, conversation: Reference, text: str, *, due: Moment | None = None, urgent: bool = False, name: str = "",
               to: str | None = None) -> None:
        """Something for staff to do: it stands there, and under "To do", until somebody has done it. With a name: in place of
        what stands there under it. `to` is the id of the person who shall do it; anybody, for None or one who left."""
        due_at = None if due is None else microseconds(due)
        wishes.assign(self._collected, conversation, text, due_at, urgent, name, to)

    def done(self, conversation: Reference, name: str) -> None:
        """What staff were to do under this name is not wanted any more."""
        wishes.end(self._collected, conversation, name, for_staff=True)

    def take(self, conversation: Reference, name: str) -> bool:
        """Have something for a conversation that can be had once in the clinic, as "2026-12-01T10:00 Dr Wu". False when another
        conversation has it: two who take it at the same time never both have it."""
        return self._memory.take(conversation, name)

    def give(self, conversation: Reference, name: str) -> None:
        """Let it go, if this conversation has it."""
        self._memory.give(conversation, name)

    # What can be sent
    def visitor(self, conversation: Reference) -> To:
        """For `mail`: the visitor. One who gave a phone number gets none, and `delivered` says given_up."""
        return letters.visitor(self._turn.own(conversation).id)

    def people(self, *ids: str, role: str | None = None) -> To:
        """For `mail`: these people of the clinic, or all of a role; each gets a mail of their own."""
        everyone = people.everyone(self._turn.desk, self._turn.clinic_id).values()
        return letters.persons(each.id for each in everyone if not each.disabled_at and (each.id in ids or role in each.roles))

    def way_back(self, conversation: Reference) -> str:
        """For a mail to the visitor: a path, for a Link, by which they come back on any device; it works once, for 30 days, with
        a code that they get another way."""
        return wishes.way_back(self._collected, conversation)

    def mail(self, to: To | str, subject: str, *given: Part | str, files: tuple[parts.File, ...] = (),
             about: Reference | None = None) -> list[str]:
        """Send a mail to an address, `desk.visitor(…)` or `desk.people(…)`, after the commit: the ids of its deliveries. `about`
        is the conversation with which it is erased."""
        to = letters.address(to) if isinstance(to, str) else to
        content = letters.mail(to, subject, said.checked(given), said.checked(files) if files else ())
        return wishes.mail(self._collected, to, content, about)

    def post(self, url: str, body: str, headers: dict[str, str] | None = None, name: str = "", *, secrets: tuple[str, ...] = (),
             retry_seconds: tuple[int, ...] = RETRY_SECONDS, about: Reference | None = None) -> str:
        """POST to another system, after the commit: the id of the delivery. `name` is the endpoint's, as staff see it. With
        `secrets` it is signed when it goes out, as Standard Webhooks say. ValueError or TypeError for a header or a secret that
        could never be sent."""
        content = letters.post(url, body, headers or {}, secrets, retry_seconds)
        return wishes.post(self._collected, name, content, about)

    def withdraw(self, name: str) -> None:
        """No post that waits for the endpoint of that name goes out any more."""
        underway.withdraw(self._collected, name)

    def readdress(self, name: str, url: str, secrets: tuple[str, ...] = ()) -> None:
        """Posts that wait for the endpoint of that name go out to this address, signed by these secrets. ValueError for a secret
        that could never be used."""
        underway.readdress(self._collected, name, {"url": url, "secrets": letters.checked(secrets)})

    # For who runs the plugin
    def task(self, id: str) -> given.Task | None:
        """What has come due, or None when it was cancelled."""
        found = tasks.find(self._turn, id)
        return found and given.Task(id, facts.conversation(self._turn, found[0]), found[1], found[2])

    def finished(self, id: str) -> None:
        """The plugin was told of that task."""
        turn = self._turn
        self._collected.add(lambda steps: lambda tx: plugins.end_task(tx, turn.clinic_id, id, turn.now) or True)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to write."""
        return self._collected.is_empty

    def write(self) -> Callable[[Tx], bool]:
        """Everything that was asked for, as one write. False: a conversation moved, or a name was taken by somebody quicker; then
        the transaction is to be rolled back and the plugin to be run anew, with the desk that `again` gives."""
        return self._collected.write()

    def again(self) -> "PluginDesk":
        """The same desk with nothing asked for yet."""
        turn = self._turn
        return PluginDesk(turn.desk, turn.plugin, turn.clinic_id, turn.now, turn.cause, turn.by)

    def announce(self) -> None:
        """After the commit: wake whoever looks at the conversations."""
        self._collected.announce()
