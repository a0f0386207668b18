"""What a plugin's pages and commands are handed: all clinics of the service, and the plugin's desk in each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from securemsg import parts
from securemsg.desk import asking
from securemsg.desk.clinics import clinic
from securemsg.desk.desk import Desk
from securemsg.desk.once import Moved
from securemsg.desk.plugin import PluginDesk
from securemsg.store import Tx, clinics

Answer = TypeVar("Answer")
_TRIES = 3


@dataclass(frozen=True)
class PluginClinics:
    """Made for one plugin, at the start."""

    _desk: Desk
    plugin: str

    def clinics(self) -> list[parts.Clinic]:
        """All of them."""
        return [self._known(row.slug) for row in self._desk.database.read(clinics.everyone)]

    def at(self, slug: str, act: Callable[[PluginDesk], Answer]) -> Answer:
        """What `act` returns, called with the plugin's desk in that clinic; what it asked for is stored as one. It is called anew
        when a conversation moved meanwhile. Missing for an unknown clinic."""
        mine = PluginDesk(self._desk, self.plugin, clinic(self._desk, slug).id, self._desk.clock())
        for _ in range(_TRIES):
            answer = act(mine)
            if mine.is_idle or self._is_written(mine.write()):
                mine.announce()
                return answer
            mine = mine.again()
        raise Moved

    def _is_written(self, write: Callable[[Tx], bool]) -> bool:
        def whole(tx: Tx) -> None:
            if not write(tx):
                raise Moved

        try:
            self._desk.database.write(whole)
        except Moved:
            return False
        return True

    def _known(self, slug: str) -> parts.Clinic:
        return asking.known(self._desk, clinic(self._desk, slug))
