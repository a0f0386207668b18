"""What PostgreSQL's wall between clinics costs: a visitor's message with it and without, and a look at a full inbox."""

from contextlib import ExitStack, closing
from functools import partial

from securemsg import settings
from securemsg.desk import open_desk
from securemsg.desk.clinics import clinic
from securemsg.times import MINUTE
from tests.bench import asking
from tests.bench.asking import Ask
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.many import fill
from tests.bench.measuring import Found, Measure, Plan, rounds
from tests.bench.outcome import Outcome
from tests.bench.prepare import TEXT
from tests.bench.servers import Server, Stage, answers, securemsg
from tests.service import until

_SENDERS, _READERS = 8, 4


def walling(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Messages to one clinic, and to two in turn, where connections change between them; and the inbox of a clinic with many
    conversations, whose plans must not change: two servers alike but for the wall.

    A message takes 14 to 17 % more instructions in PostgreSQL's process, whichever way the policies are written: that is what
    preparing their expressions anew for each of its nine looks takes, and ones that say no more than `true` cost nothing. It is
    3 to 4 % of all its CPU, since two thirds of that are the service's own. Where a connection changes between clinics there is a
    round trip beside, 0.1 ms of CPU; a pipeline would save it and take twice as much. The leader's work for all clinics makes up
    to 16 of them a second, which weigh more where fewer messages come. Beside a busy neighbour ratios differ by a fifth, which
    says nothing about a twentieth: only quiet rounds are judged."""
    with ExitStack() as cleaning:
        servers = {}
        for name, served in (("walled", "served"), ("unwalled", "unwalled")):
            url = stage.postgresql.url(stage.postgresql.create())
            folder = stage.folder / name
            servers[name] = cleaning.enter_context(securemsg(
                folder, url, stage.postgresql.process.pid, served=served, conversations=_SENDERS))
            _fill({"SECUREMSG_DATA": str(folder / "data"), "SECUREMSG_DATABASE_URL": url}, 10_000 if plan.long else 2_000)
        for server in servers.values():
            until(partial(answers, server), what=str(server.log))
        for what, clients, ask, limit in (("submit to one clinic", _SENDERS, asking.submit, 1.05),
                                          ("submit to two clinics", _SENDERS, _two_clinics, 1.10),
                                          ("inbox of a full clinic", _READERS, asking.inbox, 1.10)):
            found = Found(rounds(load, {name: ask(server, clients) for name, server in servers.items()}, plan), plan)
            out.keep(f"wall, {what}", clients, found)
            ratio = found.judged(lambda each: _cpu(each["walled"]) / _cpu(each["unwalled"]))
            whose = f"{what}, {clients} clients: CPU with the wall, the database's too, of that without"
            out.goals.append(Goal("wall", whose, limit, **ratio))


def _fill(environ: dict[str, str], conversations: int) -> None:
    """The quiet clinic has so many more, one in ten of them open and waiting for the visitor, and PostgreSQL knows it."""
    with closing(open_desk(settings.load(environ))) as desk:
        home = clinic(desk, "quiet")
        fill(desk, home, conversations, 1, [TEXT])
        desk.database.write(lambda tx: tx.run(
            "UPDATE conversations SET waiting_on = 'visitor', waiting_since = NULL, closed_at ="
            " CASE WHEN last_at / :minute % 10 > 0 THEN last_at END WHERE clinic_id = :clinic_id AND name IS NOT NULL",
            clinic_id=home.id, minute=MINUTE))
        desk.database.write(lambda tx: tx.run("ANALYZE"))


def _two_clinics(server: Server, clients: int) -> Ask:
    assert server.prepared
    turns = zip(server.prepared.busy, server.prepared.quiet, strict=False)
    return Ask(server, [asking.say(server, token) for pair in turns for token in pair][:clients], 201)


def _cpu(measure: Measure) -> float:
    return measure.cpu_us + measure.database_us
