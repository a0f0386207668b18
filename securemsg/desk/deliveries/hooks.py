"""One delivery to one plugin: its hook is called, and what it asked for is stored as one with "done"."""

from collections.abc import Callable
from functools import partial

from securemsg.desk.deliveries import telling
from securemsg.desk.desk import Desk
from securemsg.desk.once import Moved
from securemsg.desk.plugin import PluginDesk
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
        given = telling.values(desk, mine, row)
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
