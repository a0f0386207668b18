"""Once a day: what is old enough goes, what was erased is shredded, and epochs go that no backup needs any more.

A clock that is years ahead would make everything old enough. So nothing is done in the first hour, nor by a process that, as it
began, found nothing recorded for a month: then somebody looks, and says `securemsg retention run --after-a-pause`. Nor after a
restore that no whole ledger went with: it may have forgotten what is held. Then `--after-a-restore` is what somebody says.
"""

import logging
from collections.abc import Callable, Iterator
from itertools import islice

from securemsg import logs
from securemsg.desk import keys
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import after_restore, retention
from securemsg.desk.erasing.retention import Due, Report
from securemsg.errors import Conflict, Refused
from securemsg.store import state
from securemsg.times import DAY, HOUR, rfc3339

PAUSE = 31 * DAY
_AT_ONCE = 10  # conversations, about a third of a second: replies that are due are sent in between
_log = logging.getLogger("securemsg")


class Nightly:
    """This process's part: any process may do it, and what one has erased another does not find."""

    def __init__(self, desk: Desk, now: Callable[[], int]):
        self._desk, self._now = desk, now
        self._due, self._is_strange = 0, False
        self._steps: Iterator[Due] = iter(())

    def look(self) -> bool:
        """Do a part of it when it is due: whether more is to be done at once. `now` is a clock that does not jump."""
        now = self._now()
        if not self._due:
            self._begin(now)
        if now < self._due or self._is_strange:
            return False
        try:
            return self._part(now)
        except Exception as error:
            self._due, self._steps = now + HOUR, self._everything()
            _log.error("the night's work ended early, and begins anew in an hour; what was erased opens still in old copies",
                       extra={"error": logs.fault(error)})
            return False

    def _part(self, now: int) -> bool:
        if len(list(islice(self._steps, _AT_ONCE))) == _AT_ONCE:
            return True
        shred(self._desk, now)
        self._due, self._steps = now + DAY, self._everything()
        return False

    def _begin(self, now: int) -> None:
        self._due, self._steps, self._is_strange = now + HOUR, self._everything(), bool(paused_since(self._desk, now))
        if self._is_strange:
            _log.error("nothing was recorded for a month: is the clock right? Nothing is erased until the next start")

    def _everything(self) -> Iterator[Due]:
        if after_restore.waiting_since(self._desk):
            _log.error("after a restore nobody has said that all is held again: nothing is erased because it is old until then."
                       " See `securemsg retention run --after-a-restore`")
            return
        for home in retention.every_clinic(self._desk):
            try:
                yield from retention.steps(self._desk, home, self._now(), Report(home.slug))
            except Exception as error:  # the other clinics' turn comes all the same
                _log.error("what is old enough in a clinic was not all erased; the next night tries again",
                           extra={"clinic_id": home.id, "error": logs.fault(error)})


def shred(desk: Desk, now: int) -> None:
    """Make unreadable in every copy what was erased since the last time; while a command changes keys, the next day does."""
    try:
        keys.shred(desk, now)
        keys.destroy_retired(desk, now)
    except Conflict:
        _log.warning("shredding waits for a command that changes keys")


def paused_since(desk: Desk, now: int) -> int | None:
    """When the newest thing was recorded, if that is a month ago or more; else None."""
    newest = desk.database.read(state.newest_row_at)
    return newest if newest and now - newest > PAUSE else None


def refuse_after_a_pause(desk: Desk, now: int) -> None:
    """Refused with what speaks against this clock."""
    if newest := paused_since(desk, now):
        raise Refused(f"This computer's clock says {rfc3339(now)}, and the newest thing recorded here is of {rfc3339(newest)}. If"
                      " the clock is right and the service was off so long, say --after-a-pause. Nothing was erased.")
