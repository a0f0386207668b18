"""The servers that are measured: each under the same gunicorn, on its own port, stopped by its pid."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from securemsg import serving
from tests.bench.prepare import Prepared, fill
from tests.postgresql import PostgreSQL
from tests.service import ROOT, Service, free_port, until

# As the service is served, but without what it does beside the requests.
_FLOOR = (
    f"--worker-class={serving.worker_class}",
    f"--workers={serving.workers}",
    f"--worker-connections={serving.worker_connections}",
    f"--keep-alive={serving.keepalive}",
    "--log-level=warning",
    "--no-control-socket",
)
CONVERSATIONS = 1000  # at the busy clinic; each has a stream in the scenario of streams


@dataclass
class Server:
    """A running gunicorn; `database_pid` is the PostgreSQL that works for it, `prepared` what it was filled with."""

    port: int
    pid: int
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
            "hello": _floor("hello"),
            "ORM on SQLite": _floor("store", f"sqlite:///{folder}/floor.db"),
            "securemsg on SQLite": _securemsg(folder / "sqlite"),
            "ORM on PostgreSQL": _floor("store", urls[0], pid),
            "securemsg on PostgreSQL": _securemsg(folder / "postgresql", urls[1], pid),
        }
        yield Stage(folder, postgresql, {name: cleaning.enter_context(each) for name, each in starting.items()})


@contextmanager
def _floor(app: str, database_url: str = "", database_pid: int | None = None) -> Iterator[Server]:
    port = free_port()
    with _gunicorn(f"tests.bench.floors:{app}()", port, {"FLOOR_URL": database_url}, *_FLOOR) as pid:
        yield Server(port, pid, database_pid)


@contextmanager
def _securemsg(folder: Path, database_url: str = "", database_pid: int | None = None) -> Iterator[Server]:
    """The service with larger limits (see `served`), filled with conversations before it starts."""
    folder.mkdir()
    service = Service(folder, database_url)  # for its settings; its own command would serve with the real limits
    prepared = fill(service.environ, CONVERSATIONS)
    with _gunicorn("tests.bench.served:serve()", service.port, service.environ, "-c", serving.__file__) as pid:
        yield Server(service.port, pid, database_pid, prepared)


@contextmanager
def _gunicorn(app: str, port: int, environ: dict[str, str], *options: str) -> Iterator[int]:
    """Serve `app` until the block ends; the pid of the process above the worker."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SECUREMSG_")}
    words = [sys.executable, "-m", "gunicorn", *options, f"--bind=127.0.0.1:{port}", app]
    process = subprocess.Popen(words, cwd=ROOT, env=ours | environ, start_new_session=True)
    try:
        until(lambda: _answers(process, port), what=app)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it answers at all: gunicorn listens before its worker is there."""
    assert process.poll() is None, "a server ended by itself"
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError), closing(connection):
        connection.request("GET", "/")
        return bool(connection.getresponse().status)
    return False
