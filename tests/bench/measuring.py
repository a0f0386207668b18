"""One measurement, and rounds of them: A B C A B C, so that whatever drifts on a machine drifts for all alike."""

from dataclasses import asdict, dataclass
from statistics import median

from tests.bench.asking import Ask
from tests.bench.load import Load
from tests.bench.machine import Meter, cpu_seconds

# Others on the machine, in cores: beyond this a round is measured again, and in the end not judged.
QUIET_CORES = 0.35
_WARM_UP_SECONDS = 0.4


@dataclass(frozen=True)
class Plan:
    """How long and how often. A round that was not quiet is repeated, all in all so many times."""

    rounds: int
    seconds: float
    clients: tuple[int, ...]
    repeats: int
    quiet_cores: float = QUIET_CORES


@dataclass(frozen=True)
class Measure:
    """One server under one load. CPU is per request: of the server's whole tree, and of its database server."""

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_us: float
    database_us: float
    wrong: int
    others_cores: float


Round = dict[str, Measure]


def measure(load: Load, ask: Ask, seconds: float) -> Measure:
    server, meter = ask.server, Meter()
    before = cpu_seconds(server.pid), cpu_seconds(server.database_pid)
    got = load.do("flood", port=server.port, requests=ask.requests, seconds=seconds, expected=ask.expected)
    used = cpu_seconds(server.pid) - before[0], cpu_seconds(server.database_pid) - before[1]
    others, times = meter.others(), got["times"]
    per_request = [1e6 * each / max(1, len(times)) for each in used]
    places = (percentile(times, part) for part in (0.50, 0.95, 0.99))
    return Measure(len(times) / got["seconds"], *places, *per_request, sum(got["wrong"].values()), others)


def rounds(load: Load, asks: dict[str, Ask], plan: Plan) -> list[Round]:
    """Every `ask` in turn, again and again. Noisy rounds are in the list as well: see `quiet`."""
    for ask in asks.values():
        measure(load, ask, _WARM_UP_SECONDS)
    done: list[Round] = []
    while len(done) < plan.rounds + plan.repeats and len(quiet(done, plan)) < plan.rounds:
        done.append({name: measure(load, ask, plan.seconds) for name, ask in asks.items()})
    return done


def quiet(done: list[Round], plan: Plan) -> list[Round]:
    """The rounds in which nobody else needed much of this machine."""
    return [each for each in done if max(m.others_cores for m in each.values()) <= plan.quiet_cores]


def middle(done: list[Round], name: str) -> dict[str, float]:
    """The median of each number over the rounds."""
    rows = [asdict(each[name]) for each in done]
    return {key: median(row[key] for row in rows) for key in rows[0]}


def percentile(times: list[float], part: float) -> float:
    """In milliseconds, of sorted seconds."""
    return 1000 * times[min(len(times) - 1, int(part * len(times)))] if times else float("inf")
