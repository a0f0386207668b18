"""What a plugin asks for in one turn, in its order: counted as it is asked for, written as one afterwards."""

from collections import Counter
from collections.abc import Callable

from securemsg.desk import reading
from securemsg.desk.plugin.steps import Step, Steps
from securemsg.desk.plugin.turn import Reference, Turn
from securemsg.errors import Limited
from securemsg.live import Signal
from securemsg.store import Row, Tx, plugins
from securemsg.times import HOUR

MOST_EFFECTS, MOST_MESSAGES = 200, 20  # in one turn
MOST_IN_AN_HOUR = 20  # messages that plugins send by themselves, in one conversation
_LOOKED_BACK = 200  # messages: among them are all that can be of this hour
Wish = Callable[[Steps], Step]


class Collected:
    """The wishes of one turn. Limited for one that goes on and on: nothing of it is done then."""

    def __init__(self, turn: Turn):
        self.turn = turn
        self._wishes: list[Wish] = []
        self._changed: dict[str, int] = {}  # conversation → its newest message, 0 where there is no new one
        self._messages: Counter[str] = Counter()

    def add(self, wish: Wish, conversation: Reference | None = None) -> Row | None:
        """One thing more, in a conversation of this clinic or in none: the conversation's row."""
        row = None if conversation is None else self.turn.own(conversation)
        if row is not None:
            self._changed.setdefault(row.id, 0)
        if len(self._wishes) >= MOST_EFFECTS:
            raise Limited(f"A plugin can do at most {MOST_EFFECTS} things at once.")
        self._wishes.append(wish)
        return row

    def count_message(self, row: Row) -> None:
        """One message more there. A person may use tools as often as they like; plugins by themselves stop at some number."""
        turn = self.turn
        self._messages[row.id] += 1
        if self._messages.total() > MOST_MESSAGES:
            raise Limited(f"A plugin can send at most {MOST_MESSAGES} messages at once.")
        sent = 0 if turn.by else turn.desk.database.read(lambda tx: plugins.automatic(
            tx, row.clinic_id, row.id, row.last_seq - _LOOKED_BACK, turn.now - HOUR))
        if sent + self._messages[row.id] > MOST_IN_AN_HOUR:
            raise Limited(f"A conversation takes at most {MOST_IN_AN_HOUR} automatic messages an hour.", retry_after_seconds=3600)

    @property
    def is_empty(self) -> bool:
        return not self._wishes

    def write(self) -> Callable[[Tx], bool]:
        """All of it. The answer is False where somebody was quicker: then nothing of it may stay."""
        steps = Steps(self.turn)
        made = [wish(steps) for wish in self._wishes]
        self._changed |= steps.told
        return lambda tx: all(step(tx) for step in made)

    def announce(self) -> None:
        """Wake whoever looks at these conversations; only staff see what is no message."""
        turn = self.turn
        for id, seq in self._changed.items():
            if seq:
                reading.tell(turn.desk, turn.clinic_id, id, "message", seq)
            else:
                turn.desk.live.publish(("clinic", turn.clinic_id), Signal("changed", id))
