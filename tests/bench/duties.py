"""What the duties of every request cost: a process that answers one request bare, and again with limits, audit and headers.

Both store one row in one durable commit, so that the audit row goes along in the same transaction, as it does with a
message. There is no network in it and nothing beside it, the worker's sealing included: the difference is the duties'.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Self

from flask import Flask
from werkzeug.test import EnvironBuilder

from securemsg.app import create_app
from securemsg.desk import Desk, open_desk
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.desk.journal import entry
from securemsg.http.limits import spend
from securemsg.settings import load
from securemsg.store import Tx, idempotency
from securemsg.store.ids import new_id
from tests.bench.prepare import fill
from tests.bench.served import enlarge_limits

_REQUESTS = 100  # of each kind in a round: ten times ten in turn
_SESSION = new_id()


class Duties:
    """The process, as the bench speaks to it."""

    def __init__(self, folder: Path, program: str = "tests.bench.duties"):
        words = [sys.executable, "-m", program, str(folder)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self.process:  # waits; the end of its input is the end of its work
            pass

    def round(self) -> dict[str, float]:
        """CPU of a request in µs, `bare` and with `duties`; of another program whatever that one measures."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def main(folder: str) -> None:
    environ = {"SECUREMSG_DATA": f"{folder}/data"}
    enlarge_limits()
    fill(environ, 1)
    desk = open_desk(load(environ))
    asks = {"bare": _asking(_bare(desk)), "duties": _asking(_with_duties(desk))}
    for _ in sys.stdin:
        used = dict.fromkeys(asks, 0.0)
        for _ in range(10):
            for name, ask in asks.items():
                used[name] += _cpu_seconds(ask, _REQUESTS // 10)
        print(json.dumps({name: 1e6 * seconds / _REQUESTS for name, seconds in used.items()}), flush=True)
    desk.close()


def _cpu_seconds(ask: Callable[[], None], times: int) -> float:
    """Of all threads: what is written is written by one of its own."""
    begun = process_time()
    for _ in range(times):
        ask()
    return process_time() - begun


def _asking(app: Flask) -> Callable[[], None]:
    """Ask as a server does, without one."""
    request = EnvironBuilder("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_environ()

    def ask() -> None:
        assert b"".join(app.wsgi_app(request.copy(), lambda status, headers, error=None: lambda data: None)) == b"Hello"

    return ask


def _bare(desk: Desk) -> Flask:
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: _stored(desk))
    return app


def _with_duties(desk: Desk) -> Flask:
    """Counted for a session and an address, recorded, dressed as every answer."""
    app, home = create_app(desk.settings, desk), clinic(desk, "quiet")
    who = Who("visitor", home.id, _SESSION, _SESSION, b"")

    def stored() -> str:
        spend("message", home, _SESSION)
        return _stored(desk, entry(desk, who, "message.sent", "conversation", _SESSION, desk.clock(), event=False).write)

    app.view_functions["health.home"] = stored
    return app


def _stored(desk: Desk, *beside: Callable[[Tx], object]) -> str:
    """One small row, and `beside` in the same transaction."""
    scope = secrets.token_bytes(32)

    def write(tx: Tx) -> None:
        idempotency.claim(tx, _SESSION, scope, scope, scope, 0)
        for each in beside:
            each(tx)

    desk.database.write(write)
    return "Hello"


if __name__ == "__main__":
    main(sys.argv[1])
