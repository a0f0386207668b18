"""What plugins make of a message before it is stored: refused with a sentence, put first, tagged, answered at once.

It stands in the message's path, so it is values only: each plugin has 50 ms, and one that fails holds up no message.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from securemsg import given, parts
from securemsg.crypto.keyring import ConversationKeys
from securemsg.desk import thread
from securemsg.desk.access import Who
from securemsg.desk.asking import ask, there
from securemsg.desk.clinics import Category, Clinic
from securemsg.desk.defaults import language_of
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.kinds import failed
from securemsg.desk.plugin import kept
from securemsg.desk.thread import Draft
from securemsg.errors import Refused
from securemsg.store import Row, Tx

Write = Callable[[Tx], bool]


@dataclass(frozen=True, slots=True)
class Screened:
    """`urgent` is the plugin that puts the conversation first ("": none does), `tags` are by plugin, `answer` parts as JSON."""

    urgent: str = ""
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    answer: tuple[dict[str, Any], ...] = ()

    @property
    def urgency(self) -> str | None:
        """What the conversation's becomes; None: it stays."""
        return "urgent" if self.urgent else None


PASSED = Screened()


def screened(desk: Desk, clinic: Clinic, draft: Draft, category: Category, language: str, now: int, *,
             first: bool = False) -> Screened:
    """What they say of it, all their answers in their order. Refused with the first sentence of those who refuse it, unless
    one finds it urgent: that is delivered in any case."""
    if not desk.registry.listeners("screen"):
        return PASSED
    code = language_of(language) or "en"

    def own(plugin: str) -> dict[str, Any]:  # what one does to its copy reaches neither the next one nor what is stored
        return {"draft": given.Draft(draft.kind, _copied(draft.data), category.name, code, first)}

    found: list[tuple[str, Any]] = ask(desk, "screen", clinic, now, own, locale=code, now=there(clinic, now))
    urgent = next((plugin for plugin, said in found if said.urgent), "")
    refusal = next((said.refuse for _, said in found if said.refuse), None)
    if refusal and not urgent:
        raise Refused(refusal)
    answer = tuple(parts.as_data(parts.in_language(part, code)) for _, said in found for part in said.answer)
    return Screened(urgent, {plugin: said.tags for plugin, said in found if said.tags}, answer)


def _copied(data: Mapping[str, Any]) -> dict[str, Any]:
    """Nobody can change a text, and most messages are nothing else."""
    return {name: value if isinstance(value, str) else deepcopy(value) for name, value in data.items()}


def beside(desk: Desk, conversation: Row, found: Screened, now: int, write: Write, keys: ConversationKeys | None = None) -> Write:
    """`write`, and with it who put the conversation first, where nobody had, and the tags. `keys` of one that begins just now."""
    steps = [write, *_first(desk, conversation, found, now), *_tagged(desk, conversation, found, now, keys)]
    return write if len(steps) == 1 else lambda tx: all(step(tx) for step in steps)


def _first(desk: Desk, conversation: Row, found: Screened, now: int) -> Iterator[Write]:
    if found.urgent and conversation.urgency != "urgent":
        row = entry(desk, Who(f"plugin:{found.urgent}", conversation.clinic_id), "conversation.urgent", "conversation",
                    conversation.id, now, conversation_id=conversation.id)
        yield row.after(lambda tx: True)


def _tagged(desk: Desk, conversation: Row, found: Screened, now: int, keys: ConversationKeys | None) -> Iterator[Write]:
    for plugin, words in found.tags.items():
        who = Who(f"plugin:{plugin}", conversation.clinic_id)
        before = {} if keys else kept.of(desk, who, conversation, plugin, now)
        try:
            yield kept.tagging(keys or thread.keys_of(desk, conversation), conversation, plugin,
                               before.get(kept.TAGS, kept.NOTHING), sorted(words))
        except ValueError as error:  # too long or too many: the plugin's fault, not the visitor's
            failed(desk, plugin, "screen", error)
