"""What one thread goes through: the hooks of a plugin, or letters. A claim at a time; each delivery for itself."""

import time
from dataclasses import dataclass, field

from securemsg.desk.deliveries import failing, hooks, letters
from securemsg.desk.deliveries.hooks import Lost
from securemsg.desk.deliveries.letters import Send
from securemsg.desk.deliveries.timed import Timed, TooLong
from securemsg.desk.desk import Desk
from securemsg.metrics import Counter
from securemsg.store import Row, Tx, deliveries
from securemsg.store.deliveries import Claim
from securemsg.store.ids import new_id
from securemsg.times import SECOND

DELIVERIES = Counter("securemsg_deliveries_total", "What plugins were told and what they sent, by how it went.", "plugin",
                     "outcome")
_AT_ONCE = 100  # rows of a claim
_TURN_SECONDS = 10.0  # then what was not begun goes back
_LEASE = deliveries.LEASE_SECONDS * SECOND


@dataclass
class Lane:
    """Hooks of one plugin, in a thread that `timed` watches. `stopped`: it ends after what it is at; `abandoned`: whatever it
    still does counts no more."""

    desk: Desk
    name: str
    target: tuple[str, str, str] | None = None
    timed: Timed = field(default_factory=Timed)
    stopped: bool = False
    abandoned: bool = False
    _by: str = ""
    _leased_at: int = 0
    _at: Row | None = None
    _left: list[Row] = field(default_factory=list)
    _quiet: list[Row] = field(default_factory=list)  # done, and not written down yet

    letters = False

    def look(self) -> bool:
        """Whether there was anything to do: then there may be more."""
        self._give_back()  # what is left of a turn that the database's absence cut short
        now = self.desk.clock()
        if not self.desk.database.read(lambda tx: deliveries.is_due(tx, self.name, self.letters, now)):
            return False
        return any([self._turn(fresh=True, limit=_AT_ONCE), self._turn(fresh=False, limit=1)])

    def abandon(self) -> None:
        """From another thread: the one that goes through it never comes back. What it is at failed; what it did is written
        down; what it did not begin is anybody's. Whatever it writes later finds its claim ended."""
        self.stopped = self.abandoned = True
        if self._at:
            failing.failed(self.desk, self._at, self._by, TooLong(), hooks.PAUSES)
            DELIVERIES.add(self._at.plugin, "failed")
        self._give_back()

    def renew(self) -> None:
        """From another thread: what this one is still at, a mail that a slow server thinks about, becomes nobody else's."""
        now, by = self.desk.clock(), self._by
        if self._at and not self.abandoned and now - self._leased_at > _LEASE // 3:
            self.desk.database.write(lambda tx: deliveries.renew(tx, self.name, by, now))
            self._leased_at = now

    def _turn(self, fresh: bool, limit: int) -> bool:
        if self.stopped:
            return False
        self._claim(fresh, limit)
        found, until = bool(self._left), time.monotonic() + _TURN_SECONDS
        try:
            while self._left and not self.stopped and self._is_ours and time.monotonic() < until:
                self._at = self._left.pop(0)
                if not self._delivered(self._at):
                    break
        finally:
            self._at = self._at if self.abandoned else None
        if not self.abandoned:
            self._give_back()
        return found

    def _claim(self, fresh: bool, limit: int) -> None:
        database, now = self.desk.database, self.desk.clock()
        wanted = Claim(self.name, new_id(), now, limit, fresh, self.letters, self.target)
        self._by, self._leased_at = wanted.by, now
        self._left = database.write(lambda tx: deliveries.claim(tx, wanted, database.skip_locked))

    @property
    def _is_ours(self) -> bool:
        """A machine that was suspended meanwhile begins nothing that may be another's by now."""
        return self.desk.clock() < self._leased_at + _LEASE

    def _delivered(self, row: Row) -> bool:
        """False when the others of this turn would fare no better now."""
        try:
            if row.attempts > len(hooks.PAUSES) + 1:  # each try that failed is written down: this one's never came to that
                raise failing.Ended
            if not hooks.tell(self.desk, row, self._by, self.timed.run):
                self._quiet.append(row)
            DELIVERIES.add(row.plugin, "delivered")
        except Lost:
            return True
        except BaseException as error:  # whatever it is, it is the plugin's: one that asks for the end of its thread ends nothing
            if self.abandoned:
                return False
            failing.failed(self.desk, row, self._by, error, hooks.PAUSES)  # raises by itself while the database is away
            DELIVERIES.add(row.plugin, "failed")
        return True

    def _give_back(self) -> None:
        by, quiet, left, now = self._by, self._quiet, self._left, self.desk.clock()

        def write(tx: Tx) -> None:
            deliveries.finish_all(tx, quiet, by, now)
            deliveries.put_back(tx, left, by)

        if quiet or left:
            self.desk.database.write(write)
        self._quiet, self._left = [], []


@dataclass
class LetterLane(Lane):
    """Mails, or the posts to one target. While the other side does not answer at all, it is left alone for a while."""

    send: Send = letters.to_mail
    _silent: int = 0
    _until: float = 0.0

    letters = True

    @property
    def rests(self) -> bool:
        return time.monotonic() < self._until

    def look(self) -> bool:
        return not self.rests and super().look()

    def _delivered(self, row: Row) -> bool:
        try:
            answered, outcome = letters.send(self.desk, row, self._by, self.send)
        except Lost:
            return True
        DELIVERIES.add(row.plugin, outcome)
        self._silent = 0 if answered else self._silent + 1
        self._until = time.monotonic() + min(60.0, 5.0 * self._silent)
        return answered
