"""`python -m tests.bench [--quick] [scenario …]`: measure, print one table, write bench.json, say what passed."""

import argparse
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.bench import report
from tests.bench.load import Load
from tests.bench.machine import environment
from tests.bench.measuring import QUIET_CORES, Plan
from tests.bench.scenarios import SCENARIOS, Outcome
from tests.bench.servers import stage
from tests.service import ROOT

_FULL = {"rounds": 5, "seconds": 2.5, "clients": (1, 8, 32), "repeats": 4}
_QUICK = {"rounds": 2, "seconds": 0.7, "clients": (1, 8, 32), "repeats": 1}
_NOTES = """\
CPU is per request, user and system, of a server's whole process tree; "+ db" is the PostgreSQL server beside it.
Floors: hello = bare Flask; ORM = bare Flask, Flask-SQLAlchemy, one insert and its commit. Same gunicorn, same gevent.
SQLite: write-ahead log, synchronous=FULL; PostgreSQL: fsync and synchronous_commit on; for floors and service alike.
The service's limits are multiplied for this run (a visitor a second would be refused); strategy and hits are its own.
A ratio is the median of the ratios of each round; a round in which others took more than {cores} cores is not judged.
"""


def main(words: list[str]) -> int:
    """0 when every goal was kept, 1 when one failed, 2 when one could not be judged."""
    chosen = _arguments(words)
    begun = perf_counter()
    plan = Plan(**(_QUICK if chosen.quick else _FULL), quiet_cores=chosen.quiet)
    _allow_many_streams()
    out = Outcome()
    with tempfile.TemporaryDirectory(prefix="securemsg-bench-") as name, stage(Path(name)) as servers, Load() as load:
        facts = environment(Path(name)) | {"plan": vars(plan)}
        for scenario in chosen.scenarios or SCENARIOS:
            print(f"[{perf_counter() - begun:3.0f} s] {scenario}", file=sys.stderr, flush=True)
            SCENARIOS[scenario](servers, load, plan, out)
    report.write(chosen.output, facts | {"seconds": perf_counter() - begun}, out)
    print(_NOTES.format(cores=plan.quiet_cores), report.table(out), f"All numbers: {chosen.output}", sep="\n")
    print(report.last_line(out.goals))
    verdicts = {goal.verdict for goal in out.goals}
    return 1 if "failed" in verdicts else 2 if "not judged" in verdicts else 0


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="under a minute, less sure of itself")
    parser.add_argument("--quiet", type=float, default=QUIET_CORES, help="cores that others may use in a round that counts")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench.json")
    return parser.parse_args(words)


def _allow_many_streams() -> None:
    """Each open stream is a file on both sides; our children inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
