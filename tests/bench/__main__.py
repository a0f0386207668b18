"""`python -m tests.bench [--quick] [scenario …]`: measure, print one table, write bench.json."""

import argparse
import resource
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from tests.bench import report
from tests.bench.archives import drill
from tests.bench.auditing import auditing, verifying
from tests.bench.browsing import browsing
from tests.bench.goals import Goal
from tests.bench.keeping import keeping
from tests.bench.load import Load
from tests.bench.machine import environment
from tests.bench.measuring import QUIET_CORES, STEADY_CORES, Plan
from tests.bench.outcome import Outcome
from tests.bench.presence import starting, streams
from tests.bench.searching import searching
from tests.bench.servers import stage
from tests.bench.traffic import duties, endurance, plugins, reading, submit
from tests.bench.walling import walling
from tests.service import ROOT

SCENARIOS = {each.__name__: each for each in (
    submit, reading, duties, plugins, endurance, streams, starting, searching, drill, keeping, auditing, verifying, walling,
    browsing)}
_FULL = Plan(rounds=5, seconds=2.5, clients=(1, 8, 32), repeats=3, long=True)
_QUICK = Plan(rounds=2, seconds=0.6, clients=(1, 8), repeats=0, long=False)
_NOTES = """\
CPU is per request, user and system, of a server's whole process tree; "+ db" is PostgreSQL's beside it.
Floors, by the same gunicorn with gevent: hello = bare Flask; ORM = bare Flask, Flask-SQLAlchemy, one row
inserted and committed. Both and the service are as durable: SQLite with a write-ahead log and
synchronous=FULL, PostgreSQL with fsync and synchronous_commit.
The service's limits are multiplied for this run (a message a second would be refused); strategy and number
of hits are its own.
A ratio is the median of the ratios of each round. Rounds in which others took more of this machine than
{quiet} cores (for ratios of CPU, which are steadier: {steady}) are not judged.
"""


def main(words: list[str]) -> int:
    """0 when every goal was kept, 1 when one failed, 2 when one could not be judged."""
    chosen = _arguments(words)
    begun = perf_counter()
    plan = replace(_QUICK if chosen.quick else _FULL, quiet_cores=chosen.quiet)
    _allow_many_streams()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever stops us stops our servers as well
    out = Outcome()
    with tempfile.TemporaryDirectory(prefix="securemsg-bench-") as name:
        folder = Path(name)
        facts = environment(folder) | {"plan": vars(plan)}
        with stage(folder) as servers, Load() as load:
            for scenario in chosen.scenarios or SCENARIOS:
                print(f"[{perf_counter() - begun:3.0f} s] {scenario}", file=sys.stderr, flush=True)
                SCENARIOS[scenario](servers, load, plan, out)
    out.goals.append(Goal("all", "answers that were not as they should be", 0, [out.wrong], unit=""))
    report.write(chosen.output, facts | {"seconds": perf_counter() - begun}, out)
    print(_NOTES.format(quiet=plan.quiet_cores, steady=STEADY_CORES))
    print(report.table(out), f"All numbers: {chosen.output}", report.last_line(out.goals), sep="\n")
    verdicts = {goal.verdict for goal in out.goals}
    return 1 if "failed" in verdicts else 2 if "not judged" in verdicts else 0


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="under a minute, less sure of itself")
    parser.add_argument("--quiet", type=float, default=QUIET_CORES, help="cores that others may use")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench.json")
    return parser.parse_args(words)


def _allow_many_streams() -> None:
    """Each open stream is a file on both sides; our children inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
