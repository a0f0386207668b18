"""The table for people, the file for programs."""

import json
from pathlib import Path

from tests.bench.goals import Goal
from tests.bench.scenarios import Outcome

_COLUMNS = ("rate", "p50_ms", "p95_ms", "p99_ms", "cpu_us", "database_us")
_HEADS = ("what", "clients", "req/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs", "+ db µs", "rounds")


def table(out: Outcome) -> str:
    """What was measured (medians over the rounds), then what was promised."""
    return "\n".join([*_aligned([_HEADS, *map(_measured, out.rows)]), "", *_aligned([_GOAL_HEADS, *map(_judged, out.goals)])])


_GOAL_HEADS = ("goal", "what", "found", "limit", "verdict", "")


def _measured(row: dict) -> tuple[str, ...]:
    numbers = (f"{row[name]:,.1f}" if name.endswith("_ms") else f"{row[name]:,.0f}" for name in _COLUMNS)
    return f"{row['scenario']}: {row['server']}", str(row["clients"]), *numbers, f"{row['quiet']} of {row['of']} quiet"


def _judged(goal: Goal) -> tuple[str, ...]:
    row = goal.row()
    return goal.code, goal.what, f"{goal.value:.2f} {goal.unit}".strip(), str(row["limit"]), goal.verdict, goal.remark


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def last_line(goals: list[Goal]) -> str:
    """`N passed, N failed`; what could not be judged stands on the line above."""
    count = {verdict: sum(goal.verdict == verdict for goal in goals) for verdict in ("passed", "failed", "not judged")}
    noisy = f"{count['not judged']} not judged: others kept this machine busy meanwhile\n" if count["not judged"] else ""
    return f"{noisy}{count['passed']} passed, {count['failed']} failed"


def write(path: Path, environment: dict, out: Outcome) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"environment": environment, "measured": out.rows, "goals": [g.row() for g in out.goals], "rounds": out.rounds}
    path.write_text(json.dumps(found, indent=1))
