"""One measurement, and rounds of them: A B C A B C, so that what drifts on a machine drifts for all alike."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.bench.asking import Ask
from tests.bench.load import Load
from tests.bench.machine import Meter, cpu_seconds

# What others on the machine may take, in cores: beyond it a round is measured again, in the end not judged.
QUIET_CORES = 0.35
# Ratios of CPU within one round keep to about a fifth even beside a busy neighbour; times and rates do not.
STEADY_CORES = 1.0
_WARM_UP_SECONDS = 0.3


@dataclass(frozen=True)
class Plan:
    """How long and how often. A round that was not quiet is repeated, all in all so many times."""

    rounds: int
    seconds: float
    clients: tuple[int, ...]
    repeats: int
    long: bool
    quiet_cores: float = QUIET_CORES


@dataclass(frozen=True)
class Measure:
    """One server under one load. CPU is per request: of the server's whole tree, and of its database."""

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_us: float
    database_us: float
    wrong: int
    others_cores: float

    @property
    def tail(self) -> float:
        """How much longer the slowest hundredth waits than most do."""
        return self.p99_ms / self.p50_ms


Round = dict[str, Measure]


def measure(load: Load, ask: Ask, seconds: float) -> Measure:
    server, meter = ask.server, Meter()
    before = cpu_seconds(server.pid), cpu_seconds(server.database_pid)
    got = load.do("flood", port=server.port, requests=ask.requests, seconds=seconds, expected=ask.expected)
    used = cpu_seconds(server.pid) - before[0], cpu_seconds(server.database_pid) - before[1]
    others, times = meter.others(), got["times"]
    p50, p95, p99 = (percentile(times, part) for part in (0.50, 0.95, 0.99))
    cpu, database = (1e6 * each / max(1, len(times)) for each in used)
    return Measure(
        len(times) / got["seconds"], p50, p95, p99, cpu, database, sum(got["wrong"].values()), others
    )


def rounds(load: Load, asks: dict[str, Ask], plan: Plan) -> list[Round]:
    """Every `ask` in turn, again and again. Noisy rounds are in the list as well."""
    for ask in asks.values():
        measure(load, ask, _WARM_UP_SECONDS)
    done: list[Round] = []
    while len(done) < plan.rounds + plan.repeats and len(Found(done, plan).quiet) < plan.rounds:
        done.append({name: measure(load, ask, plan.seconds) for name, ask in asks.items()})
    return done


@dataclass(frozen=True)
class Found:
    """Rounds, and which of them count."""

    rounds: list[Round]
    plan: Plan

    @property
    def quiet(self) -> list[Round]:
        """Nobody else needed much of this machine: good for times and rates."""
        return [each for each in self.rounds if _others(each) <= self.plan.quiet_cores]

    def judged(self, number: Callable[[Round], float], steady: bool = False) -> dict[str, Any]:
        """What a Goal needs to know: the number of each round that counts, and of every round."""
        cores = max(STEADY_CORES, self.plan.quiet_cores) if steady else self.plan.quiet_cores
        values = [number(each) for each in self.rounds if _others(each) <= cores]
        return {"values": values, "seen": [number(each) for each in self.rounds], "needed": self.plan.rounds}

    def cpu(self, ours: str, floor: str) -> dict[str, Any]:
        """CPU per request of one server as a multiple of another's, as a Goal needs it."""
        return self.judged(lambda each: each[ours].cpu_us / each[floor].cpu_us, steady=True)

    def middle(self, name: str) -> dict[str, float]:
        """The median of each number over the quiet rounds, over all if none was quiet."""
        rows = [asdict(each[name]) for each in self.quiet or self.rounds]
        return {key: median(row[key] for row in rows) for key in rows[0]}


def _others(each: Round) -> float:
    return max(measure.others_cores for measure in each.values())


def percentile(times: list[float], part: float) -> float:
    """In milliseconds, of sorted seconds."""
    return 1000 * times[min(len(times) - 1, int(part * len(times)))] if times else float("inf")
