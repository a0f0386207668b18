"""What plugins bring to a conversation's page: what staff can do there besides, boxes, tags; and doing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from marshmallow import RAISE, Schema, ValidationError

from securemsg.answers import Panel, Tool
from securemsg.desk import acts, asking, kinds, reach, sending
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Wish
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Prepared, once
from securemsg.desk.plugin import facts, kept
from securemsg.desk.plugin.plugin_desk import PluginDesk
from securemsg.desk.plugin.turn import Turn
from securemsg.desk.plugin_schemas import schema
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict, Error, Refused, Unavailable
from securemsg.given import Conversation
from securemsg.registry import guard
from securemsg.store import Row, Tx
from securemsg.words import Said, say

SECONDS = 2.0  # that a tool may take: staff wait for it, and so does everybody else
_ACTS = {"reply": acts.REPLY, "close": acts.CLOSE}
_GONE = say("This cannot be done here any more.")
FAILED = say("This did not work, and nothing was changed. Please tell the clinic's owner.")
_CHOOSE = say("Please choose one.")
_UNFIT = say("This text holds a character that cannot be stored.")
Read = Callable[[type[Schema], Mapping[str, str]], dict[str, Any]]  # a form as its schema takes it


@dataclass(frozen=True, slots=True)
class Beside:
    """`tools` and `panels` by the plugins that bring them; `tags` of all of them."""

    tools: tuple[tuple[str, Tool], ...] = ()
    panels: tuple[tuple[str, Panel], ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody uses a tool: what was filled in, how that is read, and the last message that this person has seen."""

    plugin: str
    tool: str
    form: Mapping[str, str]
    read: Read
    seen: int | None = None


def beside(desk: Desk, who: Who, conversation: Row, now: int) -> Beside:
    """What stands beside a conversation that is open before this person. It says no word of the visitor's."""
    if not desk.registry.names:
        return Beside()
    held = kept.everything(desk, who, conversation, now)
    tags = dict.fromkeys(tag for stored in held.values() for tag in stored.get(kept.TAGS, kept.NOTHING).value or ())
    panels = tuple((plugin, panel) for plugin, panel in _asked(desk, "panel", conversation, held, now))
    return Beside(_usable(desk, who, conversation, held, now), panels, tuple(tags))


def run(desk: Desk, who: Who, id: str, use: Use, key: str, now: int) -> None:
    """Use a tool, once for each key: what the plugin asks for is done as one, or nothing is. Conflict where it makes no sense any
    more, Refused with sentences for the fields (`data.<name>`), or with what the plugin says."""
    require(who, "read")
    before = reach.own(desk, who, id)
    found = _find(desk, who, before, use, now)
    if found and found.act in _ACTS:
        sending.release(desk, who, id, now)
    turns: list[PluginDesk] = []
    body = orjson.dumps([use.plugin, use.tool, dict(use.form)], option=orjson.OPT_SORT_KEYS)
    once(desk, acts.key_of(who, id, "tool", key, body), now, lambda attempt: _using(desk, who, id, use, turns, now))
    if turns:
        turns[-1].announce()


def _using(desk: Desk, who: Who, id: str, use: Use, turns: list[PluginDesk], now: int) -> Prepared:
    before = reach.own(desk, who, id)
    tool = _find(desk, who, before, use, now)
    if tool is None:
        raise Conflict(_GONE)
    require(who, tool.act)
    if tool.act in _ACTS:
        acts.refuse_untimely(desk, Wish(who, id, _ACTS[tool.act], Draft("plugin", "parts", {}), use.seen), before)
    used = entry(desk, who, "tool.used", "conversation", id, now, conversation_id=id, event=False,
                 detail={"plugin": use.plugin, "tool": use.tool})
    turn = PluginDesk(desk, use.plugin, who.clinic_id, now, by=who)
    _call(desk, tool, use, turn, before, now)
    turns.append(turn)
    write = turn.write()

    def both(tx: Tx) -> bool:
        used.write(tx)
        return write(tx)

    return {}, both


def _call(desk: Desk, tool: Tool, use: Use, turn: PluginDesk, before: Row, now: int) -> None:
    """Run it in its time. What it says on purpose reaches staff; what else it raises is written down, and is its own fault."""
    conversation, given = turn.conversation(before.id), _filled_in(tool, use)
    try:
        guard.within(SECONDS, lambda: tool.run(conversation=conversation, desk=turn, now=now, **given))
    except Error:
        raise
    except guard.FAILURES as error:
        kinds.failed(desk, use.plugin, f"tools:{use.tool}", error)
        asking.write_down(desk, before.clinic_id, now)
        raise Unavailable(FAILED) from error


def _filled_in(tool: Tool, use: Use) -> dict[str, Any]:
    if tool.schema is None:
        return {}
    if any("\0" in text for text in use.form.values()):
        raise Refused(_UNFIT)
    try:
        given: dict[str, Any] = schema(tool.schema).load(use.read(tool.schema, use.form), unknown=RAISE)
    except ValidationError as error:
        raise Refused(errors={f"data.{name}": _flat(texts) for name, texts in error.normalized_messages().items()}) from error
    if strange := [name for name, choices in tool.choices.items() if given.get(name) not in (None, *choices)]:
        raise Refused(errors={f"data.{name}": [_CHOOSE] for name in strange})
    return given


def _flat(texts: Any) -> list[str]:
    """Sentences, also marshmallow's own, that are told in the language of whoever reads them."""
    if isinstance(texts, dict):
        return [text for inner in texts.values() for text in _flat(inner)]
    return [text if isinstance(text, Said) else say(str(text)) for text in (texts if isinstance(texts, list) else [texts])]


def _find(desk: Desk, who: Who, conversation: Row, use: Use, now: int) -> Tool | None:
    held = kept.everything(desk, who, conversation, now)
    usable = _usable(desk, who, conversation, held, now)
    return next((tool for plugin, tool in usable if (plugin, tool.name) == (use.plugin, use.tool)), None)


def _usable(desk: Desk, who: Who, conversation: Row, held: Mapping, now: int) -> tuple[tuple[str, Tool], ...]:
    """The tools that make sense now, and that this person may use."""
    offered = [(plugin, tool) for plugin, tools in _asked(desk, "tools", conversation, held, now) for tool in tools]
    return tuple((plugin, tool) for plugin, tool in offered
                 if who.may(tool.act) and not (conversation.closed_at and tool.act in _ACTS))


def _asked(desk: Desk, hook: str, conversation: Row, held: Mapping, now: int) -> list[tuple[str, Any]]:
    turn = Turn(desk, "", conversation.clinic_id, now)
    seen: Conversation = facts.conversation(turn, conversation)
    given = {"conversation": seen} | ({"staff": facts.staff(turn, conversation)} if hook == "tools" else {})
    return asking.ask(desk, hook, turn.home, now, lambda plugin: {"kept": kept.values(held.get(plugin, {}))}, **given)
