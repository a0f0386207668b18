"""The servers that are measured: each under the same gunicorn, on its own port, stopped by its pid."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from securemsg import serving
from tests.bench.prepare import Prepared, fill
from tests.postgresql import PostgreSQL
from tests.service import ROOT, Service, free_port, lives, until

# As the service is served, without what it does beside the requests.
_FLOOR = (
    "--worker-class=gevent",
    f"--workers={serving.workers}",
    f"--worker-connections={serving.worker_connections}",
    f"--keep-alive={serving.keepalive}",
    "--log-level=warning",
    "--no-control-socket",
)
CONVERSATIONS = 1000  # at the busy clinic; each has a stream in the scenario of streams


@dataclass
class Server:
    """A running gunicorn; `database_pid` is the PostgreSQL that works for it, `prepared` what it holds."""

    port: int
    pid: int
    log: Path
    database_pid: int | None = None
    prepared: Prepared | None = field(default=None, repr=False)


@dataclass
class Stage:
    """All that a run measures. The servers stay up throughout, and are idle while another one is measured."""

    folder: Path
    postgresql: PostgreSQL
    servers: dict[str, Server]

    @property
    def services(self) -> dict[str, Server]:
        """Ours, without the floors."""
        return {name: server for name, server in self.servers.items() if server.prepared}


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Start every server of a run; stop them all when the block ends."""
    with ExitStack() as cleaning:
        postgresql = PostgreSQL(durable=True)
        cleaning.callback(postgresql.stop)
        postgresql.start()
        urls, pid = [postgresql.url(postgresql.create()) for _ in range(2)], postgresql.process.pid
        starting = {
            "hello": _floor("hello", folder / "hello"),
            "ORM on SQLite": _floor("store", folder / "floor-sqlite", f"sqlite:///{folder}/floor.db"),
            "securemsg on SQLite": securemsg(folder / "sqlite"),
            "ORM on PostgreSQL": _floor("store", folder / "floor-postgresql", urls[0], pid),
            "securemsg on PostgreSQL": securemsg(folder / "postgresql", urls[1], pid),
        }
        servers = {name: cleaning.enter_context(each) for name, each in starting.items()}
        for server in servers.values():  # only now, so that they start beside each other
            until(partial(answers, server), what=str(server.log))
        yield Stage(folder, postgresql, servers)


@contextmanager
def _floor(app: str, folder: Path, url: str = "", database_pid: int | None = None) -> Iterator[Server]:
    folder.mkdir()
    port, environ = free_port(), {"FLOOR_URL": url}
    with _gunicorn(f"tests.bench.floors:{app}()", folder, port, environ, *_FLOOR) as server:
        server.database_pid = database_pid
        yield server


@contextmanager
def securemsg(
    folder: Path, url: str = "", database_pid: int | None = None, served: str = "served", conversations: int = CONVERSATIONS
) -> Iterator[Server]:
    """The service with larger limits (see `served`), filled with conversations before it starts."""
    folder.mkdir()
    service = Service(folder, url)  # for its settings; what it starts has the real limits
    prepared = fill(service.environ, conversations)
    options = "-c", str(serving.__file__)
    with _gunicorn(f"tests.bench.{served}:serve()", folder, service.port, service.environ, *options) as server:
        server.database_pid, server.prepared = database_pid, prepared
        yield server


@contextmanager
def _gunicorn(app: str, folder: Path, port: int, environ: dict[str, str], *options: str) -> Iterator[Server]:
    """Serve `app` until the block ends. Its pid is that of the process above the worker."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")}
    words = [sys.executable, "-m", "gunicorn", *options, f"--bind=127.0.0.1:{port}", app]
    path = folder / "server.log"
    with open(path, "wb") as log:
        out: dict[str, Any] = {"stdout": log, "stderr": log}
        process = subprocess.Popen(words, cwd=ROOT, env=ours | environ, start_new_session=True, **out)
    try:
        yield Server(port, process.pid, path)
    finally:
        process.terminate()
        process.wait(20)


def answers(server: Server) -> bool:
    """Whether it answers at all: gunicorn listens before its worker is there."""
    assert lives(server.pid), f"a server ended by itself:\n{server.log.read_text()[-2000:]}"
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    with suppress(OSError), closing(connection):
        connection.request("GET", "/")
        return bool(connection.getresponse().status)
    return False
