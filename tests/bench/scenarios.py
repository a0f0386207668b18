"""What is measured, and what is promised about it: see `Goal` for how a promise is judged."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from time import perf_counter

from tests.bench import asking
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter, pss_mb
from tests.bench.measuring import Plan, Round, measure, middle, percentile, quiet, rounds
from tests.bench.servers import Stage
from tests.service import Service

_DATABASES = ("SQLite", "PostgreSQL")
_ENDURING_CLIENTS = 64
_STAFF = 10  # who has the inbox open


@dataclass
class Outcome:
    """Rows of the table, goals, and every round as it was."""

    rows: list[dict] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    rounds: dict[str, object] = field(default_factory=dict)

    def keep(self, scenario: str, clients: int, done: list[Round], plan: Plan) -> None:
        """Put rounds into the table, the quiet ones if there are any."""
        good = quiet(done, plan)
        facts = {"scenario": scenario, "clients": clients, "quiet": len(good), "of": len(done)}
        self.rows += [{**facts, "server": name, **middle(good or done, name)} for name in done[0]]
        self.rounds[f"{scenario}, {clients}"] = [{name: asdict(m) for name, m in each.items()} for each in done]


def submit(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """A visitor's message with all its duties, against one row stored by the ORM and against Flask's hello."""
    kinds = {"hello": asking.hello, "ORM": asking.floor, "securemsg": asking.submit}
    for clients in plan.clients:
        asks = {name: kinds[name.split()[0]](server, clients) for name, server in stage.servers.items()}
        done = rounds(load, asks, plan)
        out.keep("submit", clients, done, plan)
        for database in _DATABASES:
            out.goals += _of_submit(quiet(done, plan), plan, database, clients)


def _of_submit(good: list[Round], plan: Plan, database: str, clients: int) -> list[Goal]:
    where, needed = f"on {database}, {clients} client{'s' * (clients > 1)}", plan.rounds
    ours, orm = f"securemsg on {database}", f"ORM on {database}"
    cpu = [each[ours].cpu_us / each[orm].cpu_us for each in good]
    rate = [each[ours].rate / each[orm].rate for each in good]
    hello = [each[ours].cpu_us / each["hello"].cpu_us for each in good]
    goals = [
        Goal("P1", f"submit {where}: CPU of one ORM insert", 1.0, cpu, needed, aim=0.75),
        Goal("P1", f"submit {where}: rate of one ORM insert", 1.2, rate, needed, at_least=True),
        Goal("P2", f"submit {where}: CPU of hello", 4.0, hello, needed),
    ]
    if database == "SQLite" and clients > 1:
        tail = [each[ours].p99_ms / each[ours].p50_ms for each in good]
        goals.append(Goal("P5", f"submit {where}: p99 of p50", 8.0, tail, needed))
    return goals


def reading(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """The two requests that come most often: a visitor's "anything new?", and the staff's list.

    Live Helper Chat took 3 ms and 16 ms of CPU for them where hello took 0.4: the limits are P4's parts of that.
    """
    asks = {"hello": asking.hello(stage.servers["hello"], 8)}
    for name, server in stage.services.items():
        asks |= {f"poll, {name}": asking.poll(server, 8), f"inbox, {name}": asking.inbox(server, 8)}
    done = rounds(load, asks, plan)
    out.keep("read", 8, done, plan)
    for name in asks:
        if name != "hello":
            of_hello = [each[name].cpu_us / each["hello"].cpu_us for each in quiet(done, plan)]
            limit = 3.0 if name.startswith("poll") else 6.0
            out.goals.append(Goal("P4", f"{name}: CPU of hello", limit, of_hello, plan.rounds))


def endurance(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Many writers for a while on SQLite: nobody is refused, nothing is locked."""
    seconds = 60 if plan.rounds >= 5 else 3
    ask = asking.submit(stage.servers["securemsg on SQLite"], _ENDURING_CLIENTS)
    found = measure(load, ask, seconds)
    out.keep("endurance", _ENDURING_CLIENTS, [{"securemsg on SQLite": found}], plan)
    what = f"{_ENDURING_CLIENTS} clients for {seconds} s on SQLite: answers that are not 201"
    out.goals.append(Goal("P5", what, 0, [found.wrong], unit=""))


def streams(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Every visitor of a busy clinic has a stream open, and so has its staff; one of them writes."""
    for name, server in stage.services.items():
        tokens, before, meter = server.prepared.busy, pss_mb(server.pid), Meter()
        visitors = [asking.visitor_stream(server, token) for token in tokens]
        open = load.do("open", port=server.port, visitors=visitors, staff=[asking.staff_stream(server)] * _STAFF)["open"]
        each_kb = 1024 * (pss_mb(server.pid) - before) / open
        says = [asking.say(server, token) for token in tokens]
        got = load.do("say", port=server.port, requests=says, messages=200 if plan.rounds >= 5 else 50)
        load.do("leave")
        others = meter.others()
        out.goals += _of_streams(name, got, each_kb, others <= plan.quiet_cores)
        out.rounds[f"streams, {name}"] = {**got, "open": open, "kb_each": each_kb, "others_cores": others}


def _of_streams(name: str, got: dict, each_kb: float, quiet: bool) -> list[Goal]:
    p99 = {who: [percentile(times, 0.99)] if quiet else [] for who, times in got["times"].items()}
    p50 = {who: percentile(times, 0.5) for who, times in got["times"].items()}
    return [
        *(
            Goal("P8", f"{name}: sent → {who}'s stream, p99 (p50 {p50[who]:.1f} ms)", 100, p99[who], unit="ms")
            for who in ("visitor", "staff")
        ),
        Goal("P8", f"{name}: lost or doubled on 1,010 open streams", 0, [got["lost"] + got["strange"]], unit=""),
        Goal("P7", f"{name}: memory of an open stream", 25, [each_kb], unit="kB"),
    ]


def starting(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """`securemsg serve` as it is shipped, with its own limits: how soon it is ready, how much it holds when idle."""
    for database, url in (("SQLite", ""), ("PostgreSQL", stage.postgresql.url(stage.postgresql.create()))):
        folder = stage.folder / f"start-{database}"
        folder.mkdir()
        service = Service(folder, url)
        service.command("init")
        starts = [_one_start(service, plan) for _ in range(plan.rounds)]
        seconds = [took for took, _, quiet in starts if quiet]
        out.goals += [
            Goal("P12", f"start to ready on {database}", 2.0, seconds, unit="s"),
            Goal("P12", f"idle memory on {database} (PSS)", 90, [memory for _, memory, _ in starts], unit="MB"),
        ]


def _one_start(service: Service, plan: Plan) -> tuple[float, float, bool]:
    meter, begun = Meter(), perf_counter()
    with service.start():
        took = perf_counter() - begun
        return took, pss_mb(service.process.pid), meter.others() <= plan.quiet_cores


SCENARIOS: dict[str, Callable[[Stage, Load, Plan, Outcome], None]] = {
    "submit": submit,
    "reading": reading,
    "endurance": endurance,
    "streams": streams,
    "starting": starting,
}
