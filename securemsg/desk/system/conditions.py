"""What a caller knows of a conversation must still be so: by its version (If-Match) or by the last message seen."""

from collections.abc import Callable
from dataclasses import dataclass

from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.system import facts
from securemsg.errors import Stale
from securemsg.store import Row, Tx, conversations


@dataclass(frozen=True, slots=True)
class Expected:
    """`versions` are those of If-Match, one of which must be the present one (None: not asked); `seen` the last message seen."""

    versions: frozenset[int] | None = None
    seen: int | None = None


def check(home: Clinic, who: Who, row: Row, expected: Expected) -> None:
    """Stale, with what `who` may know of the present state, when the conversation is another one by now."""
    if expected.versions is not None and row.version not in expected.versions:
        raise Stale(members={"current": facts.told(who, facts.of(home, row))})


def held(before: Row, write: Callable[[Tx], bool]) -> Callable[[Tx], bool]:
    """`write`, unless the conversation's version changed since `before` was read; then False, and all is looked at anew."""
    def fn(tx: Tx) -> bool:
        return conversations.hold(tx, before) and write(tx)

    return fn
