"""How long the drill takes: an archive put back and everything in it opened."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import perf_counter

from securemsg import settings
from securemsg.crypto import backup_keys
from securemsg.desk import Desk, open_desk, visitor, visits
from securemsg.desk.archive import backup
from securemsg.desk.archive import drill as drills
from securemsg.settings import Settings
from tests.bench.goals import Goal
from tests.bench.load import Load
from tests.bench.machine import Meter
from tests.bench.measuring import Plan
from tests.bench.outcome import Outcome
from tests.bench.prepare import TEXT, fill
from tests.bench.servers import Stage

_EACH = 5  # messages of a conversation
_THREADS = 16


def drill(stage: Stage, load: Load, plan: Plan, out: Outcome) -> None:
    """Conversations of five messages each, backed up once and drilled several times; counted for 100,000 messages."""
    public, private = backup_keys.new_texts()
    folder = stage.folder / "drill"
    environ = {"SECUREMSG_DATA": str(folder / "data"), "SECUREMSG_BACKUP_KEY": public}
    messages = _write(environ, 4000 if plan.long else 400)
    chosen, key = settings.load(environ), backup_keys.private(private, "The key")
    _back_up(chosen, folder / "archive")
    meter, seconds = Meter(), []
    for _ in range(plan.rounds if plan.long else 1):
        begun = perf_counter()
        with open(folder / "archive", "rb") as archive:
            result = drills.drill(chosen, archive, key, lambda done, of: None)
        seconds.append((perf_counter() - begun) * 100_000 / messages)
        assert result["result"] == "ok", result["fault"]
    out.rounds["drill"] = seconds
    what = f"drill for 100,000 messages (of {messages:,})"
    noisy = meter.others() > plan.quiet_cores
    out.goals.append(Goal("drill", what, 60, seconds, unit="s", noisy=noisy))


def _write(environ: dict[str, str], conversations: int) -> int:
    """How many messages there are now."""
    tokens = fill(environ, conversations).busy
    with closing(open_desk(settings.load(environ))) as desk, ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda token: _say(desk, token), tokens))
        return desk.database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS messages FROM messages")).messages


def _say(desk: Desk, token: str) -> None:
    for _ in range(_EACH - 1):
        visit = visits.visit(desk, token, desk.clock())
        visitor.send(desk, visit, "text", {"text": TEXT}, secrets.token_urlsafe(16), desk.clock())


def _back_up(chosen: Settings, path: Path) -> None:
    with closing(open_desk(chosen)) as desk, open(path, "wb") as file:
        backup.back_up(desk, file, desk.clock(), lambda done, of: None)
