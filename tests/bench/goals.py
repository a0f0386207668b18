"""Goals and verdicts: a number for each quiet round, their median, and a limit it must keep."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Goal:
    """One promise. `aim` is where it shall go later; `values` has one number for each quiet round.

    Fewer values than `needed`: the machine was not quiet enough, so there is no verdict.
    """

    code: str
    what: str
    limit: float
    values: list[float] = field(repr=False)
    needed: int = 1
    at_least: bool = False
    unit: str = "×"
    aim: float | None = None

    @property
    def value(self) -> float:
        return median(self.values) if self.values else float("nan")

    @property
    def verdict(self) -> str:
        if len(self.values) < self.needed:
            return "not judged"
        return "passed" if self._keeps(self.limit) else "failed"

    @property
    def remark(self) -> str:
        """Where a passed goal still has a way to go."""
        if self.aim is None or self.verdict != "passed":
            return ""
        return f"{'and' if self._keeps(self.aim) else 'not yet'} {self._sign} {self.aim:g}"

    def row(self) -> dict[str, object]:
        facts = {"code": self.code, "what": self.what, "value": self.value, "unit": self.unit}
        return {**facts, "limit": f"{self._sign} {self.limit:g}", "aim": self.aim, "verdict": self.verdict,
                "remark": self.remark, "rounds": self.values}

    @property
    def _sign(self) -> str:
        return "≥" if self.at_least else "≤"

    def _keeps(self, limit: float) -> bool:
        return self.value >= limit if self.at_least else self.value <= limit
