"""A call of the API that a plugin answers: by somebody who may, in its time, once for each key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.plugin import PluginDesk
from securemsg.desk.plugin.memory import TooLarge
from securemsg.errors import Refused, Unavailable
from securemsg.registry import guard
from securemsg.store import Tx

SECONDS = 2.0  # that it may take


@dataclass(frozen=True, slots=True)
class Asked:
    """`how` is the method and the address; `values` are what it is called with beside the desk."""

    plugin: str
    how: str
    run: Callable[..., Any]
    values: Mapping[str, Any] = field(repr=False)


def look(desk: Desk, who: Who, asked: Asked, now: int) -> Any:
    """The answer; what the plugin asks its desk for is not done."""
    return _answer(asked, PluginDesk(desk, asked.plugin, who.clinic_id, now, who.request_id or ""))


def act(desk: Desk, who: Who, asked: Asked, key: str, body: bytes, now: int) -> dict:
    """The answer; what the plugin asked for is done with it, and who asked is on record."""
    turns: list[PluginDesk] = []

    def calling(attempt: int) -> Prepared:
        used = entry(desk, who, "tool.used", "plugin", None, now, event=False, detail={"plugin": asked.plugin, "tool": asked.how})
        turn = PluginDesk(desk, asked.plugin, who.clinic_id, now, who.request_id or "")
        answer = _answer(asked, turn) or {}
        turns.append(turn)
        write = turn.write()

        def both(tx: Tx) -> bool:
            used.write(tx)
            return write(tx)

        return answer, both

    route = f"{asked.how} {who.kind} {who.session_id} {asked.values.get('id', '')}"
    done = once(desk, Key(key, who.clinic_id, route, body), now, calling)
    for turn in turns[-1:]:
        turn.announce()
    return done


def _answer(asked: Asked, turn: PluginDesk) -> Any:
    try:
        return guard.within(SECONDS, lambda: asked.run(desk=turn, **asked.values))
    except TooLarge as error:
        raise Refused(f"This is more than can be kept: {error}") from error
    except (guard.Overdue, SystemExit, KeyboardInterrupt) as error:
        raise Unavailable(retry_after_seconds=5) from error
