"""What PostgreSQL's wall between clinics costs: a visitor's message with it and without."""

from contextlib import ExitStack
from functools import partial

from tests.bench import asking
from tests.bench.asking import Ask
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.measuring import Found, Measure, Plan, rounds
from tests.bench.outcome import Outcome
from tests.bench.servers import Server, Stage, answers, securemsg
from tests.postgresql import ROLE
from tests.service import until

_CLIENTS = 8


def walling(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Messages to one clinic, and to two in turn, where connections change between them: two servers alike but for the wall."""
    with ExitStack() as cleaning:
        servers = {}
        for name, served, role in (("walled", "served", ROLE), ("unwalled", "unwalled", "postgres")):
            url = stage.postgresql.url(stage.postgresql.create(), role)
            servers[name] = cleaning.enter_context(securemsg(
                stage.folder / name, url, stage.postgresql.process.pid, served=served, conversations=_CLIENTS))
        for server in servers.values():
            until(partial(answers, server), what=str(server.log))
        for clinics, ask in (("one clinic", asking.submit), ("two clinics", _two_clinics)):
            found = Found(rounds(load, {name: ask(server, _CLIENTS) for name, server in servers.items()}, plan), plan)
            out.keep(f"wall, {clinics}", _CLIENTS, found)
            ratio = found.judged(lambda each: _cpu(each["walled"]) / _cpu(each["unwalled"]), steady=True)
            what = f"submit to {clinics}, {_CLIENTS} clients: CPU with the wall, the database's too, of that without"
            out.goals.append(Goal("wall", what, 1.05 if clinics == "one clinic" else 1.10, **ratio))


def _two_clinics(server: Server, clients: int) -> Ask:
    assert server.prepared
    turns = zip(server.prepared.busy, server.prepared.quiet, strict=False)
    return Ask(server, [asking.say(server, token) for pair in turns for token in pair][:clients], 201)


def _cpu(measure: Measure) -> float:
    return measure.cpu_us + measure.database_us
