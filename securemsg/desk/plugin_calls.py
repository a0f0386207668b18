"""A call of the API that a plugin answers: by somebody who may, in its time, once for each key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from securemsg.desk import asking, kinds, reading
from securemsg.desk.access import Who
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.plugin import PluginDesk
from securemsg.desk.plugin.memory import TooLarge
from securemsg.desk.plugin.tools import FAILED
from securemsg.errors import Error, Refused, Unavailable
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
    """The answer, once who asked is on record; what the plugin asks its desk for is not done."""
    answer = _answer(desk, who, asked, PluginDesk(desk, asked.plugin, who.clinic_id, now, who.request_id or ""), now)
    reading.on_record(desk, _used(desk, who, asked, now))
    return answer


def act(desk: Desk, who: Who, asked: Asked, key: str, body: bytes, now: int) -> dict:
    """The answer; what the plugin asked for is done with it, and who asked is on record."""
    turns: list[PluginDesk] = []

    def calling(attempt: int) -> Prepared:
        used = _used(desk, who, asked, now)
        turn = PluginDesk(desk, asked.plugin, who.clinic_id, now, who.request_id or "")
        answer = _answer(desk, who, asked, turn, now) or {}
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


def _used(desk: Desk, who: Who, asked: Asked, now: int) -> Entry:
    return entry(desk, who, "tool.used", "plugin", None, now, event=False, detail={"plugin": asked.plugin, "tool": asked.how})


def _answer(desk: Desk, who: Who, asked: Asked, turn: PluginDesk, now: int) -> Any:
    """What it says on purpose reaches who asked; what else it raises is written down, and is its own fault."""
    try:
        return guard.within(SECONDS, lambda: asked.run(desk=turn, **asked.values))
    except TooLarge as error:
        raise Refused(f"This is more than can be kept: {error}") from error
    except Error:
        raise
    except guard.FAILURES as error:
        kinds.failed(desk, asked.plugin, f"resources:{asked.how}", error)
        asking.write_down(desk, who.clinic_id, now)
        raise Unavailable(FAILED, retry_after_seconds=5) from error
