"""What a plugin's pages and commands are handed: all clinics of the service, and the plugin's desk in each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from securemsg import given
from securemsg.desk import handed
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Moved
from securemsg.desk.plugin import PluginDesk
from securemsg.desk.plugin.memory import TooLarge
from securemsg.errors import Refused
from securemsg.store import Tx, clinics

Answer = TypeVar("Answer")
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """`who` calls a page or a command (None: anybody may, nobody is known), `how` is that page or command, and `request_id`
    stands beside everything that comes of it."""

    who: Who | None = None
    how: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class PluginClinics:
    """Made for one plugin, at the start. `caller` tells who calls it just now."""

    _desk: Desk
    plugin: str
    caller: Callable[[], Caller] = Caller

    def clinics(self) -> list[given.Clinic]:
        """All of them."""
        return [self._known(row.slug) for row in self._desk.database.read(clinics.everyone)]

    def at(self, slug: str, act: Callable[[PluginDesk], Answer]) -> Answer:
        """What `act` returns, called with the plugin's desk in that clinic; what it asked for is stored as one, with who called.
        It is called anew when a conversation moved meanwhile. Missing for an unknown clinic, Refused for what is too large."""
        by, id = self.caller(), clinic(self._desk, slug).id
        mine = PluginDesk(self._desk, self.plugin, id, self._desk.clock(), by.request_id)
        for _ in range(_TRIES):
            try:
                answer = act(mine)
            except TooLarge as error:
                raise Refused(f"This is more than can be kept: {error}") from error
            if mine.is_idle or self._is_written(self._used(by, id, mine.now), mine.write()):
                mine.announce()
                return answer
            mine = mine.again()
        raise Moved

    def _used(self, by: Caller, clinic_id: str, now: int) -> Callable[[Tx], None]:
        """The audit row of the caller's own act; what the plugin does for it stands beside it, with the same request."""
        if by.who is None:
            return lambda tx: None
        who = replace(by.who, clinic_id=clinic_id, request_id=by.request_id)
        return entry(self._desk, who, "tool.used", "plugin", None, now, event=False,
                     detail={"plugin": self.plugin, "tool": by.how}).write

    def _is_written(self, used: Callable[[Tx], None], write: Callable[[Tx], bool]) -> bool:
        def whole(tx: Tx) -> None:
            used(tx)
            if not write(tx):
                raise Moved

        try:
            self._desk.database.write(whole)
        except Moved:
            return False
        return True

    def _known(self, slug: str) -> given.Clinic:
        return handed.clinic(self._desk, clinic(self._desk, slug))
