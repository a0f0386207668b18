"""The log is sealed: numbers without a gap, a tree, a signature; by one leader at a time."""

from collections.abc import Iterator

import pytest

from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.sealing import Sealer


@pytest.fixture
def sealer(clinic) -> Iterator[Sealer]:
    """The leader; it has sealed what there was."""
    one = Sealer(clinic.desk)
    seal(one)
    yield one
    one.close()


def seal(sealer: Sealer) -> None:
    while sealer.look():
        pass


def by_number(clinic, table: str = "audit") -> list:
    return sorted(clinic.rows(table), key=lambda row: row.number)


def test_rows_and_events_are_numbered_without_a_gap_and_signed_for(clinic, visitor, staff, sealer):
    for text in ("one", "two", "three"):
        visitor.says(text)
        staff.opens(visitor)
    seal(sealer)
    rows, events = by_number(clinic), by_number(clinic, "events")
    for numbered in (rows, events):
        assert [row.number for row in numbered] == [*range(1, len(numbered) + 1)]
    frontier = Frontier()
    for row in rows:
        frontier.add(row.leaf)
    checkpoint = newest(clinic)
    note = checkpoints.read(checkpoint.note)
    public = checkpoints.public_key(clinic.desk.keys.active(SERVICE, "checkpoint").secret)
    assert (checkpoint.size, checkpoint.root) == (len(rows), frontier.root()) == (note.checkpoint.size, note.checkpoint.root)
    assert note.signed_by([public]) and not note.signed_by([bytes(32)])
    assert note.checkpoint.origin == f"localhost:8000/audit/elm/{clinic.home.id}"
    visitor.says("four")
    seal(sealer)
    assert newest(clinic).size == len(rows) + 1 == by_number(clinic)[-1].number


def newest(clinic):
    return max(clinic.rows("audit_checkpoints"), key=lambda row: row.size)
