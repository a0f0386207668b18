"""Posts that a plugin has sent and that still wait: taken back, or sent elsewhere, when their receiver is another or none.

On record with each of them. One that is on its way at this moment may still arrive as it was.
"""

from contextlib import suppress
from typing import Any

from securemsg.desk.plugin import letters
from securemsg.desk.plugin.collected import Collected
from securemsg.desk.plugin.steps import Step, Steps
from securemsg.desk.plugin.turn import Turn
from securemsg.errors import Missing, Unverified
from securemsg.store import Row
from securemsg.store import letters as stored


def withdraw(collected: Collected, name: str) -> None:
    """What waits for the endpoint of that name never goes out."""
    turn = collected.turn

    def wish(steps: Steps) -> Step:
        rows = _waiting(turn, name)
        return _on_record(turn, "post.withdrawn", rows, lambda tx: stored.withdraw(tx, rows, turn.now))

    collected.add(wish)


def readdress(collected: Collected, name: str, changes: dict[str, Any]) -> None:
    """What waits for it goes out with these changes: another `url`, other `secrets`."""
    turn = collected.turn

    def wish(steps: Steps) -> Step:
        sealed = [(row, content) for row in _waiting(turn, name) if (content := _changed(turn, row, changes))]
        return _on_record(turn, "post.readdressed", [row for row, _ in sealed], lambda tx: stored.reseal(tx, sealed))

    collected.add(wish)


def _waiting(turn: Turn, name: str) -> list[Row]:
    return turn.desk.database.read(lambda tx: stored.waiting(tx, turn.clinic_id, turn.plugin, letters.target(name)))


def _changed(turn: Turn, row: Row, changes: dict[str, Any]) -> bytes | None:
    """It sealed anew; None for one that was altered, or whose conversation is erased: it goes nowhere in any case."""
    with suppress(Unverified, Missing):
        content = letters.unsealed(turn.desk, row) | changes
        about = turn.own(row.conversation_id) if row.conversation_id else None
        return letters.sealed(turn.desk, about, turn.clinic_id, row.id, turn.plugin, row.target, content)
    return None


def _on_record(turn: Turn, action: str, rows: list[Row], change: Step) -> Step:
    written = turn.entry(action, None, objects=tuple(("delivery", row.id) for row in rows))
    return written.after(change) if rows else lambda tx: True
