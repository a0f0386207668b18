"""Goals and verdicts: a number for each quiet round, their median, and a limit it must keep."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Goal:
    """One promise. `aim` is where it shall go later; `values` has a number for each round that counts, `seen`
    for every round.

    Fewer values than `needed`: the machine was not quiet enough, so there is no verdict. Nor is there one
    when an absolute limit was missed on a `noisy` machine; one that was kept all the same is kept.
    """

    code: str
    what: str
    limit: float
    values: list[float] = field(repr=False)
    needed: int = 1
    at_least: bool = False
    unit: str = "×"
    aim: float | None = None
    seen: list[float] = field(default_factory=list, repr=False)
    noisy: bool = False

    @property
    def value(self) -> float:
        """The median; of all rounds where too few count, so that a reader gets an idea."""
        return median(self.values if len(self.values) >= self.needed else self.seen or self.values)

    @property
    def verdict(self) -> str:
        if len(self.values) < self.needed or (self.noisy and not self._keeps(self.limit)):
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
        judged = {
            "aim": self.aim,
            "verdict": self.verdict,
            "remark": self.remark,
            "rounds": self.values,
            "seen": self.seen,
        }
        return {**facts, "limit": f"{self._sign} {self.limit:g}", **judged}

    @property
    def _sign(self) -> str:
        return "≥" if self.at_least else "≤"

    def _keeps(self, limit: float) -> bool:
        return self.value >= limit if self.at_least else self.value <= limit
