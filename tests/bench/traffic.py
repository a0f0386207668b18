"""What is asked of the service, request by request."""

from tests.bench import asking
from tests.bench.duties import Duties
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter
from tests.bench.measuring import STEADY_CORES, Found, Plan, measure, rounds
from tests.bench.outcome import Outcome
from tests.bench.servers import Stage

DATABASES = ("SQLite", "PostgreSQL")
_ENDURING_CLIENTS = 64


def submit(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """A visitor's message with all its duties, against one row stored by the ORM and against hello."""
    kinds = {"hello": asking.hello, "ORM": asking.floor, "securemsg": asking.submit}
    for clients in plan.clients:
        asks = {name: kinds[name.split()[0]](server, clients) for name, server in stage.servers.items()}
        found = Found(rounds(load, asks, plan), plan)
        out.keep("submit", clients, found)
        for database in DATABASES:
            where = f"on {database}, {clients} client{'s' * (clients > 1)}"
            out.goals += _of_submit(found, f"securemsg on {database}", f"ORM on {database}", where)
        if clients > 1:
            tail = found.judged(lambda each: each["securemsg on SQLite"].tail)
            out.goals.append(Goal("P5", f"submit on SQLite, {clients} clients: p99 of p50", 8.0, **tail))


def _of_submit(found: Found, ours: str, orm: str, where: str) -> list[Goal]:
    rate = found.judged(lambda each: each[ours].rate / each[orm].rate)
    return [
        Goal("P1", f"submit {where}: CPU of one ORM insert", 1.0, **found.cpu(ours, orm), aim=0.75),
        Goal("P1", f"submit {where}: rate of one ORM insert", 1.2, **rate, at_least=True),
        Goal("P2", f"submit {where}: CPU of hello", 4.0, **found.cpu(ours, "hello")),
    ]


def reading(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """The two requests that come most often: a visitor's "anything new?", and the staff's list.

    Live Helper Chat took 3 and 16 ms of CPU for them where hello took 0.4; the limits are P4's part of that.
    """
    asks = {"hello": asking.hello(stage.servers["hello"], 8)}
    for name, server in stage.services.items():
        asks |= {f"poll, {name}": asking.poll(server, 8), f"inbox, {name}": asking.inbox(server, 8)}
    found = Found(rounds(load, asks, plan), plan)
    out.keep("read", 8, found)
    for name in list(asks)[1:]:
        limit = 3.0 if name.startswith("poll") else 6.0
        out.goals.append(Goal("P4", f"{name}: CPU of hello", limit, **found.cpu(name, "hello")))


def duties(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """What limits, an audit row and headers add to a request that stores one row and does nothing else."""
    ask, done = asking.hello(stage.servers["hello"], 8), []
    with Duties(stage.folder / "duties") as process:
        process.round()  # warms up
        while len(done) < plan.rounds + plan.repeats and sum(each["steady"] for each in done) < plan.rounds:
            meter, floor, each = Meter(), measure(load, ask, plan.seconds), process.round()
            done.append(each | {"hello": floor.cpu_us, "steady": meter.others() <= STEADY_CORES})
    out.rounds["duties"] = done
    added = [(each["duties"] - each["bare"]) / each["hello"] for each in done]
    steady = [number for number, each in zip(added, done, strict=True) if each["steady"]]
    what = "limits, audit and headers: CPU they add to a request, of hello"
    out.goals.append(Goal("P11", what, 0.5, steady, plan.rounds, seen=added))


def plugins(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """What six plugins that are asked about a message and told of it add to its request; how fast one that does nothing hears."""
    done = []
    with Duties(stage.folder / "plugins", "tests.bench.plugged") as process:
        process.round()  # warms up
        while len(done) < plan.rounds + plan.repeats and sum(each["steady"] for each in done) < plan.rounds:
            meter, each = Meter(), process.round()
            done.append(each | {"steady": meter.others() <= STEADY_CORES})
    out.rounds["plugins"] = done
    for name, which in (("six", "that do nothing"), ("bundled", "that come with the service")):
        added = [each[name] / each["none"] for each in done]
        steady = [number for number, each in zip(added, done, strict=True) if each["steady"]]
        what = f"a message with six plugins listening {which}: CPU of its request without any"
        out.goals.append(Goal("plugins", what, 1.25, steady, plan.rounds, seen=added))
    rates = [each["deliveries"] for each in done]
    noisy = not all(each["steady"] for each in done)
    out.goals.append(Goal("plugins", "deliveries a second to a plugin that does nothing, on SQLite", 500, rates, at_least=True,
                          unit="/s", noisy=noisy))


def endurance(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Many writers for a while on SQLite: nobody is refused, nothing is locked."""
    seconds = 60 if plan.long else 2
    ask = asking.submit(stage.servers["securemsg on SQLite"], _ENDURING_CLIENTS)
    found = measure(load, ask, seconds)
    out.keep("endurance", _ENDURING_CLIENTS, Found([{"securemsg on SQLite": found}], plan))
    what = f"{_ENDURING_CLIENTS} clients for {seconds} s on SQLite: answers that are not 201"
    out.goals.append(Goal("P5", what, 0, [found.wrong], unit=""))
