"""What the service holds while nobody asks: open streams, and itself from its start on."""

from time import perf_counter
from typing import Any

from tests.bench import asking
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter, pss_mb
from tests.bench.measuring import Plan, percentile
from tests.bench.outcome import Outcome
from tests.bench.servers import CONVERSATIONS, Server, Stage
from tests.service import Service

_STAFF = 10  # who has the inbox open


def streams(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Every visitor of a busy clinic has a stream open, and so has its staff; one of them writes."""
    for name, server in stage.services.items():
        meter, kb_each = Meter(), _open_all(server, load)
        says = [asking.say(server, token) for token in asking.tokens(server)]
        got = load.do("say", port=server.port, requests=says, messages=200 if plan.long else 40)
        load.do("leave")
        got |= {"kb_each": kb_each, "noisy": meter.others() > plan.quiet_cores}
        out.rounds[f"streams, {name}"] = got
        out.goals += _of_streams(name, got)


def _open_all(server: Server, load: Load) -> float:
    """Open every stream; what each of the later half costs, when all that is needed once is there, in kB."""
    visitors = [asking.visitor_stream(server, token) for token in asking.tokens(server)]
    half = len(visitors) // 2
    load.do("open", port=server.port, who="staff", requests=[asking.staff_stream(server)] * _STAFF)
    load.do("open", port=server.port, who="visitor", requests=visitors[:half])
    before = pss_mb(server.pid)
    load.do("open", port=server.port, who="visitor", requests=visitors[half:])
    return 1024 * (pss_mb(server.pid) - before) / (len(visitors) - half)


def _of_streams(name: str, got: dict[str, Any]) -> list[Goal]:
    wrong = got["lost"] + got["strange"]
    goals = [
        Goal("P8", f"{name}: lost or doubled on {CONVERSATIONS:,} streams", 0, [wrong], unit=""),
        Goal("P7", f"{name}: memory of an open stream", 25, [got["kb_each"]], unit="kB"),
    ]
    for who, times in got["times"].items():
        what = f"{name}: sent → {who}'s stream, p99 (p50 {percentile(times, 0.5):.1f} ms)"
        goals.append(Goal("P8", what, 100, [percentile(times, 0.99)], unit="ms", noisy=got["noisy"]))
    return goals


def starting(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """`securemsg serve` as it is shipped, with its own limits: how soon it is ready, what it holds idle."""
    urls = {"SQLite": "", "PostgreSQL": stage.postgresql.url(stage.postgresql.create())}
    for database in urls if plan.long else ["SQLite"]:
        folder = stage.folder / f"start-{database}"
        folder.mkdir()
        service, meter = Service(folder, urls[database]), Meter()
        service.command("init")
        starts = [_start(service) for _ in range(plan.rounds if plan.long else 1)]
        seconds, memory = ([start[part] for start in starts] for part in ("seconds", "pss_mb"))
        noisy = meter.others() > plan.quiet_cores
        out.rounds[f"starting, {database}"] = starts
        out.goals += [
            Goal("P12", f"start to ready on {database}", 2.0, seconds, unit="s", noisy=noisy),
            Goal("P12", f"idle memory on {database} (PSS)", 90, memory, unit="MB"),
        ]


def _start(service: Service) -> dict[str, float]:
    begun = perf_counter()
    with service.start():
        took = perf_counter() - begun
        assert service.process
        return {"seconds": took, "pss_mb": pss_mb(service.process.pid)}
