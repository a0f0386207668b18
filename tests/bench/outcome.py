"""What a run has found so far."""

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.goals import Goal
from tests.bench.measuring import Found


@dataclass
class Outcome:
    """Rows of the table, goals, and every round as it was."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    rounds: dict[str, object] = field(default_factory=dict)
    wrong: int = 0

    def keep(self, scenario: str, clients: int, found: Found) -> None:
        """Put rounds into the table, the quiet ones if there are any."""
        done = found.rounds
        facts = {"scenario": scenario, "clients": clients, "quiet": len(found.quiet), "of": len(done)}
        self.rows += [{**facts, "server": name, **found.middle(name)} for name in done[0]]
        as_it_was = [{name: asdict(measure) for name, measure in each.items()} for each in done]
        self.rounds[f"{scenario}, {clients}"] = as_it_was
        self.wrong += sum(measure.wrong for each in done for measure in each.values())
