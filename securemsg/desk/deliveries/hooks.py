"""One delivery to one plugin: its hook is called, and what it asked for is stored as one with "done"."""

from collections.abc import Callable
from functools import partial

from securemsg.desk import thread
from securemsg.desk.access import Who
from securemsg.desk.deliveries import telling
from securemsg.desk.deliveries.failing import Altered
from securemsg.desk.desk import Desk
from securemsg.desk.listening import PLUGIN
from securemsg.desk.once import Moved
from securemsg.desk.plugin import PluginDesk
from securemsg.errors import Unverified
from securemsg.store import Row, Tx, deliveries

SECONDS = 30.0  # that a hook may take
PAUSES = (5, 30, 120, 600, 3_600, 21_600, 43_200, 43_200, 43_200)  # between tries; after the last it is set aside: two days
_TRIES = 3
Run = Callable[[Callable[[], object], float], None]  # runs something within so many seconds


def tell(desk: Desk, row: Row, by: str, run: Run) -> bool:
    """False when the plugin changed nothing, so that "done" may wait and be written together with others. Whatever the plugin
    raises is raised, and nothing of what it asked for happens. Moved when its conversation moved again and again."""
    mine = PluginDesk(desk, row.plugin, row.clinic_id, desk.clock(), row.id)
    for _ in range(_TRIES):
        given = _values(desk, mine, row)
        if given is None:
            return False
        run(partial(desk.registry.tell, row.plugin, row.hook, desk=mine, **given), SECONDS)
        if mine.is_idle:
            return False
        try:
            desk.database.write(_as_one(mine, row, by, desk.clock()), keyed=True)
        except Moved:
            mine = mine.again()
        else:
            mine.announce()
            return True
    raise Moved


def _values(desk: Desk, mine: PluginDesk, row: Row) -> telling.Values | None:
    """Altered, on record, where the row is not as it was written: its plugin hears nothing of it."""
    try:
        return telling.values(desk, mine, row)
    except Unverified:
        who = Who(f"{PLUGIN}{row.plugin}", row.clinic_id)
        thread.report(desk, who, row.conversation_id or row.clinic_id, (("delivery", row.id),), desk.clock())
        raise Altered from None


class Lost(Exception):
    """The claim ended meanwhile: what was prepared is another's to do."""


def _as_one(mine: PluginDesk, row: Row, by: str, now: int) -> Callable[[Tx], None]:
    write = mine.write()

    def both(tx: Tx) -> None:
        if not deliveries.finish(tx, row, by, now):
            raise Lost
        if not write(tx):
            raise Moved

    return both
