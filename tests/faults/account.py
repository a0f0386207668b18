"""How often each thing went wrong, and what came of it: one row for each scenario, printed when the tests are over."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from securemsg.desk import open_desk
from securemsg.desk.audit import log as audit_log
from securemsg.settings import load
from tests.faults.crowd import Crowd
from tests.http.running import Running


def rounds(short: int) -> range:
    """How often to do it: FAULT_ROUNDS where it is set (`make faults` says 20), else a few times."""
    return range(int(os.environ.get("FAULT_ROUNDS") or short))


def few(cases: Iterable, short: int) -> list:
    """All of them in the long form, else the first."""
    return list(cases) if os.environ.get("FAULT_ROUNDS") else list(cases)[:short]


@dataclass
class Row:
    """One scenario: seconds until all was well again, one for each round, and what the crowds found."""

    recoveries: list[float] = field(default_factory=list)
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    told: dict[int, int] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        other = sorted((status, count) for status, count in self.told.items() if status not in (200, 201))
        told = ", ".join(f"{status or 'no answer'} {count}×" for status, count in other)
        times = f"{median(self.recoveries):.1f}", f"{max(self.recoveries):.1f}"
        return str(len(self.recoveries)), str(self.acknowledged), str(self.lost), str(self.doubled), *times, told or "nothing"


_ROWS: dict[str, Row] = {}
_HEADS = ("scenario", "rounds", "acknowledged", "lost", "doubled", "recovery s", "longest s", "told meanwhile")


def settled(scenario: str, service: Running, crowd: Crowd, recoveries: list[float]) -> None:
    """Enter what came of it; all that was acknowledged must be there, once, in order, verified, and the audit log whole."""
    lost, doubled = crowd.finds()
    more, audit_fault = _looked_into(service, crowd)
    row = _ROWS.setdefault(scenario, Row())
    row.recoveries += recoveries
    row.acknowledged += crowd.acknowledged
    row.lost, row.doubled = row.lost + len(lost), row.doubled + len(doubled) + more
    row.told = {status: row.told.get(status, 0) + crowd.told[status] for status in {*row.told, *crowd.told}}
    assert (lost, doubled, more, audit_fault) == ([], [], 0, "")


def _looked_into(service: Running, crowd: Crowd) -> tuple[int, str]:
    """How many conversations there are that nobody opened, and the first fault of the audit log."""
    if service.service.before:  # its files cannot be reached from here; the command is started where they are
        service.service.command("audit", "verify")
        return 0, ""
    names = {f"SECUREMSG_{name.upper()}": value for name, value in service.service.settings.items()}
    desk = open_desk(load(names))
    try:
        count = "SELECT count(*) AS n FROM conversations WHERE id > :first"
        opened = desk.database.read(lambda tx: tx.everywhere.one(count, first=crowd.first_id)).n
        return opened - len(crowd.talks), str(audit_log.verify(desk).first_fault or "")
    finally:
        desk.close()


def table() -> list[str]:
    """The rows, aligned; nothing when no scenario has run."""
    if not _ROWS:
        return []
    rows = [_HEADS, *((name, *row.cells()) for name, row in _ROWS.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
