"""The table for people, the file for programs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.goals import Goal
from tests.bench.outcome import Outcome

_COLUMNS = ("rate", "p50_ms", "p95_ms", "p99_ms", "cpu_us", "database_us")
_HEADS = ("what", "clients", "req/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs", "+ db µs", "rounds")
_GOAL_HEADS = ("goal", "what", "found", "limit", "verdict", "")


def table(out: Outcome) -> str:
    """What was measured (medians over the rounds), then what was promised."""
    measured = _aligned([_HEADS, *map(_measured, out.rows)])
    return "\n".join([*measured, "", *_aligned([_GOAL_HEADS, *map(_judged, out.goals)])])


def _measured(row: dict[str, Any]) -> tuple[str, ...]:
    numbers = (f"{row[name]:,.1f}" if name.endswith("_ms") else f"{row[name]:,.0f}" for name in _COLUMNS)
    what, rounds = f"{row['scenario']}: {row['server']}", f"{row['quiet']} of {row['of']} quiet"
    return what, str(row["clients"]), *numbers, rounds


def _judged(goal: Goal) -> tuple[str, ...]:
    about = "about " if goal.verdict == "not judged" else ""
    found = f"{about}{goal.value:.2f} {goal.unit}".strip()
    return goal.code, goal.what, found, str(goal.row()["limit"]), goal.verdict, goal.remark


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return ["  ".join(cells).rstrip() for cells in padded]


def last_line(goals: list[Goal]) -> str:
    """`N passed, N failed`; what could not be judged stands on the line above."""
    count = Counter(goal.verdict for goal in goals)
    words = f"{count['passed']} passed, {count['failed']} failed"
    if unsure := count["not judged"]:
        words = f"{unsure} not judged: others kept this machine busy meanwhile\n{words}"
    return words


def write(path: Path, environment: dict[str, object], out: Outcome) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    goals = [goal.row() for goal in out.goals]
    found = {"environment": environment, "measured": out.rows, "goals": goals, "rounds": out.rounds}
    path.write_text(json.dumps(found, indent=1))
