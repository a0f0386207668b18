"""What the audit log costs: to write and seal it beside each message, and to check all of it."""

import secrets
from contextlib import ExitStack, closing
from functools import partial
from time import perf_counter

from securemsg import settings
from securemsg.desk import Desk, open_desk
from securemsg.desk.access import Who
from securemsg.desk.audit import log as audit_log
from securemsg.desk.audit.sealing import Sealer
from securemsg.desk.desk import prepare
from securemsg.desk.journal import entry
from securemsg.store import Tx
from securemsg.store.ids import new_id
from tests.bench import asking
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter
from tests.bench.measuring import Found, Plan, rounds
from tests.bench.outcome import Outcome
from tests.bench.prepare import add_clinic
from tests.bench.servers import Stage, answers, securemsg
from tests.service import until

_CLIENTS = 8
_AT_ONCE = 500  # rows of one commit while the log is being filled


def auditing(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """A visitor's message with the audit log, and without it: two servers alike but for that, on each database."""
    for database in ("SQLite", "PostgreSQL"):
        with ExitStack() as cleaning:
            servers = {}
            for name, served in (("audited", "served"), ("unaudited", "unaudited")):
                postgresql = stage.postgresql
                place = (postgresql.url(postgresql.create()), postgresql.process.pid) if database == "PostgreSQL" else ()
                folder = stage.folder / f"{name}-{database}"
                servers[name] = cleaning.enter_context(securemsg(folder, *place, served=served, conversations=_CLIENTS))
            for server in servers.values():
                until(partial(answers, server), what=str(server.log))
            asks = {name: asking.submit(server, _CLIENTS) for name, server in servers.items()}
            found = Found(rounds(load, asks, plan), plan)
        out.keep(f"audit on {database}", _CLIENTS, found)
        rate = found.judged(lambda each: each["audited"].rate / each["unaudited"].rate)
        what = f"submit on {database}, {_CLIENTS} clients: rate with the audit log of that without"
        out.goals.append(Goal("audit", what, 0.85, **rate, at_least=True))


def verifying(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """`securemsg audit verify` on a log of many rows, sealed under a checkpoint for every 250 of them."""
    for database in ("SQLite", "PostgreSQL"):
        url = stage.postgresql.url(stage.postgresql.create()) if database == "PostgreSQL" else ""
        folder = stage.folder / f"verifying-{database}"
        chosen = settings.load({"SECUREMSG_DATA": str(folder / "data"), "SECUREMSG_DATABASE_URL": url})
        prepare(chosen)
        with closing(open_desk(chosen)) as desk:
            _fill(desk, 60_000 if plan.long else 10_000)
            meter, speeds = Meter(), []
            for _ in range(plan.rounds):
                begun = perf_counter()
                report = audit_log.verify(desk)
                speeds.append(report.rows / (perf_counter() - begun))
                assert report.intact and not report.clinics[0].unsealed
        out.rounds[f"verifying, {database}"] = speeds
        noisy = meter.others() > plan.quiet_cores
        goal = Goal("audit", f"rows verified in a second on {database}", 60_000, speeds, at_least=True, unit="", noisy=noisy)
        out.goals.append(goal)


def _fill(desk: Desk, rows: int) -> None:
    """Rows as those of visitors' messages, all sealed."""
    who = Who("visitor", add_clinic(desk, "busy").id, new_id(), session_sha256=secrets.token_bytes(32))
    for _ in range(0, rows, _AT_ONCE):
        made = [entry(desk, who, "message.sent", "conversation", new_id(), desk.clock()) for _ in range(_AT_ONCE)]

        def write(tx: Tx, made=made) -> None:
            for each in made:
                each.write(tx)

        desk.database.write(write)
    sealer = Sealer(desk)
    while sealer.look():
        pass
    sealer.close()
